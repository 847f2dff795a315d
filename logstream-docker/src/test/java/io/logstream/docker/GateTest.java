package io.logstream.docker;

import static io.logstream.docker.Gate.Verdict.BACK;
import static io.logstream.docker.Gate.Verdict.NEW;
import static io.logstream.docker.Gate.Verdict.NEW_BEHIND_GAP;
import static io.logstream.docker.Gate.Verdict.OLD;
import static io.logstream.docker.Gate.Verdict.TOO_LATE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which entries are new, in a log that is read again from anywhere. */
class GateTest {
    private static final int OUT = 0;
    private static final int ERR = 1;
    private static final int PART = 10;

    private record Entry(int channel, long time, String text) {}

    private static Gate.Verdict judge(Gate gate, int channel, long time, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return gate.judge(channel, time, bytes, 0, bytes.length);
    }

    private static Gate gate(Place place, Gate.Window window) {
        return new Gate(place, window, false, PART);
    }

    private static Place behind(Entry... entries) {
        Place place = new Place(1);
        for (Entry entry : entries) {
            place.pass(entry.channel, entry.time, !entry.text.endsWith("\n") && entry.text.length() >= PART);
        }
        return place;
    }

    @Test
    void everythingIsNew_fromTheBeginning() {
        Gate gate = gate(new Place(1), Gate.Window.WHOLE);
        assertThat(gate.isSettled()).isTrue();
        assertThat(judge(gate, OUT, 100, "a\n")).isEqualTo(NEW);
        assertThat(judge(gate, ERR, 90, "b\n")).isEqualTo(NEW);
        assertThat(judge(gate, OUT, 101, "c\n")).isEqualTo(NEW);
    }

    @Test
    void whatCameBefore_isOld_andTheRestNew() {
        Place place = behind(new Entry(OUT, 100, "a\n"), new Entry(ERR, 90, "b\n"));
        Gate gate = gate(place, Gate.Window.TAIL);
        assertThat(judge(gate, OUT, 50, "x\n")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 100, "a\n")).isEqualTo(OLD);
        assertThat(judge(gate, ERR, 80, "y\n")).isEqualTo(OLD);
        assertThat(gate.isSettled()).isFalse();
        assertThat(judge(gate, ERR, 90, "b\n")).isEqualTo(OLD);
        assertThat(gate.isSettled()).isTrue();
        assertThat(judge(gate, ERR, 95, "c\n")).isEqualTo(NEW);
        assertThat(judge(gate, OUT, 101, "d\n")).isEqualTo(NEW);
    }

    @Test
    void nothingIsTaken_whereTheTailBeginsBehindThePlace() {
        Entry known = new Entry(OUT, 101, "a\n");
        assertThat(judge(gate(behind(known), Gate.Window.TAIL), OUT, 201, "b\n"))
                .isEqualTo(TOO_LATE);
        assertThat(judge(gate(behind(known), Gate.Window.TAIL), ERR, 201, "b\n"))
                .isEqualTo(TOO_LATE);
        assertThat(judge(gate(behind(known), Gate.Window.TAIL), OUT, 101, "a\n"))
                .as("it may begin between two entries with this time")
                .isEqualTo(TOO_LATE);
    }

    @Test
    void gapIsTold_whereThePlaceIsGone() {
        Gate gate = gate(behind(new Entry(OUT, 101, "a\n")), Gate.Window.SINCE);
        assertThat(judge(gate, ERR, 201, "b\n")).isEqualTo(NEW_BEHIND_GAP);
        assertThat(judge(gate, OUT, 202, "c\n")).isEqualTo(NEW);
    }

    @Test
    void partsOfALine_areCounted() {
        Place place = behind(new Entry(OUT, 100, "0123456789"), new Entry(OUT, 100, "0123456789"));
        Gate gate = gate(place, Gate.Window.TAIL);
        assertThat(judge(gate, OUT, 50, "x\n")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 100, "0123456789")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 100, "0123456789")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 100, "0123456789")).isEqualTo(NEW);
        assertThat(judge(gate, OUT, 100, "end\n")).isEqualTo(NEW);
        assertThat(judge(gate, OUT, 101, "y\n")).isEqualTo(NEW);
    }

    @Test
    void restOfALongLine_isNew_thoughItsTimeIsOld() {
        Place place = behind(new Entry(ERR, 50, "0123456789"), new Entry(OUT, 100, "a\n"));
        Gate gate = gate(place, Gate.Window.TAIL);
        assertThat(judge(gate, OUT, 99, "x\n")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 100, "a\n")).isEqualTo(OLD);
        assertThat(judge(gate, ERR, 50, "rest\n")).isEqualTo(NEW);
    }

    @Test
    void repetition_isOld_butEqualTimesOfACoarseClockAreNot() {
        Gate fine = gate(new Place(1), Gate.Window.WHOLE);
        assertThat(judge(fine, OUT, 1001, "same\n")).isEqualTo(NEW);
        assertThat(judge(fine, OUT, 1001, "same\n")).isEqualTo(OLD);
        assertThat(judge(fine, OUT, 1001, "other\n")).isEqualTo(NEW);
        Gate coarse = gate(new Place(1), Gate.Window.WHOLE);
        assertThat(judge(coarse, OUT, 1000, "same\n")).isEqualTo(NEW);
        assertThat(judge(coarse, OUT, 1000, "same\n")).isEqualTo(NEW);
    }

    @Test
    void daemonThatGoesBack_isReadAgain_andAClockSetBackIsBelieved() {
        Place place = behind(new Entry(OUT, 101, "a\n"));
        Gate gate = gate(place, Gate.Window.SINCE);
        assertThat(judge(gate, OUT, 101, "a\n")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 102, "b\n")).isEqualTo(NEW);
        assertThat(judge(gate, OUT, 51, "c\n")).isEqualTo(BACK);
        Gate again = new Gate(place, Gate.Window.SINCE, true, PART);
        assertThat(judge(again, OUT, 101, "a\n")).isEqualTo(OLD);
        assertThat(judge(again, OUT, 102, "b\n")).isEqualTo(OLD);
        assertThat(judge(again, OUT, 51, "c\n")).isEqualTo(NEW);
        assertThat(judge(again, OUT, 52, "d\n")).isEqualTo(NEW);
    }

    @Test
    void nothingEarlierIsTaken_sinceATime() {
        Gate gate = gate(Place.since(1, Instant.ofEpochSecond(0, 100)), Gate.Window.SINCE);
        assertThat(judge(gate, OUT, 99, "a\n")).isEqualTo(OLD);
        assertThat(judge(gate, OUT, 100, "b\n")).isEqualTo(NEW);
        assertThat(judge(gate, ERR, 99, "c\n")).isEqualTo(OLD);
        assertThat(judge(gate, ERR, 101, "d\n")).isEqualTo(NEW);
    }

    /** Logs at random, read from anywhere, stopped anywhere, with repetitions: each entry comes once, in the file's order. */
    @Test
    void everyEntryComesOnce_howeverTheLogIsReadAgain() {
        for (int seed = 0; seed < 5000; seed++) {
            Random random = new Random(seed);
            List<Entry> log = log(random);
            Place place = new Place(1);
            List<Entry> got = new ArrayList<>();
            int tail = 0;
            while (got.size() < log.size()) {
                int before = got.size();
                read(log, place, tail, random, got);
                tail = got.size() > before ? random.nextInt(5) : tail == 0 ? 8 : tail * 4;
            }
            int same = 0;
            while (same < log.size() && got.get(same).equals(log.get(same))) {
                same++;
            }
            assertThat(got.subList(same, Math.min(got.size(), same + 3)))
                    .as("seed %d, from entry %d on", seed, same)
                    .isEqualTo(log.subList(same, Math.min(log.size(), same + 3)));
        }
    }

    /** Reads a part of the log, as it may have been written by then, and perhaps goes back within it. */
    private static void read(List<Entry> log, Place place, int tail, Random random, List<Entry> got) {
        boolean begins = place.anchor < 0;
        int end = random.nextInt(4) == 0 ? log.size() : got.size() + random.nextInt(log.size() - got.size() + 1);
        boolean whole = begins || tail > 3 * log.size() || random.nextInt(10) == 0;
        int from = whole ? 0 : Math.max(0, end - tail);
        Gate gate = gate(place, whole ? Gate.Window.WHOLE : Gate.Window.TAIL);
        int stop = from + random.nextInt(Math.max(1, 2 * (end - from)));
        for (int i = from; i < Math.min(end, stop); i++) {
            if (i > from && random.nextInt(50) == 0) {
                i = back(log, from, i, random);
            }
            Entry entry = log.get(i);
            Gate.Verdict verdict = judge(gate, entry.channel, entry.time, entry.text);
            if (verdict == NEW) {
                got.add(entry);
            } else if (verdict != OLD) {
                assertThat(verdict).isIn(BACK, TOO_LATE);
                return;
            }
        }
    }

    /** The daemon has lost its place: it tells the last entry again, or goes back to the beginning of some line. */
    private static int back(List<Entry> log, int from, int at, Random random) {
        int to = Math.max(from, at - random.nextInt(6));
        Entry last = log.get(at - 1);
        boolean earlier = log.get(to).channel == last.channel && log.get(to).time < last.time;
        return earlier || to == at - 1 && last.text.endsWith("\n") ? to : at;
    }

    private static List<Entry> log(Random random) {
        List<Entry> log = new ArrayList<>();
        long clock = 1_000_001;
        int[] parts = new int[2];
        long[] time = new long[2];
        int entries = 1 + random.nextInt(60);
        int bias = 1 + random.nextInt(10);
        for (int i = 0; i < entries; i++) {
            int c = random.nextInt(bias) == 0 ? ERR : OUT;
            if (parts[c] == 0) {
                clock += 1 + random.nextInt(1000);
                time[c] = Math.max(time[c] + 2, clock - random.nextInt(1500)) | 1; // the other channel may be before
                parts[c] = random.nextInt(5) == 0 ? 1 + random.nextInt(6) : 1;
            }
            parts[c]--;
            log.add(new Entry(c, time[c], "entry " + i + (parts[c] == 0 ? "\n" : " and so on")));
        }
        return log;
    }
}
