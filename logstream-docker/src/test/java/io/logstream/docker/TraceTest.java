package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a daemon has left out is found when the log is read again. */
class TraceTest {
    private static final byte[] LINE = "line\n".getBytes(StandardCharsets.US_ASCII);

    private record Entry(int channel, long time) {}

    private final Trace trace = new Trace();
    private final Place place = new Place(1);
    private final TextSink sink = new TextSink();

    private void handOver(Entry entry) {
        place.pass(entry.channel, entry.time, false);
        trace.add(place, true);
    }

    private void handOver(List<Entry> entries) {
        entries.forEach(this::handOver);
    }

    /** Returns whether the log is read from early enough. */
    private boolean readAgain(Gate.Window window, List<Entry> log) {
        trace.begin(window, 0);
        return log.stream().allMatch(entry -> trace.compare(entry.channel, LINE, 0, LINE.length, entry.time));
    }

    private static List<Entry> entries(int... times) {
        List<Entry> entries = new ArrayList<>();
        for (int time : times) {
            entries.add(new Entry(time % 2, time));
        }
        return entries;
    }

    @Test
    void nothingIsTold_whereAllHadCome() {
        handOver(entries(100, 91, 102));
        assertThat(readAgain(Gate.Window.WHOLE, entries(50, 100, 91, 102))).isTrue();
        assertThat(trace.settle(place, sink)).isFalse();
        assertThat(trace.entries()).isZero();
    }

    @Test
    void nothingIsTold_ofALogThatIsNotTraced() {
        assertThat(readAgain(Gate.Window.WHOLE, entries(50, 100, 91, 102))).isTrue();
        assertThat(trace.settle(place, sink)).isFalse();
        assertThat(trace.isBegun()).isFalse();
    }

    @Test
    void whatIsMissingBeforeTheFirstEntry_isCountedToo() {
        place.pass(0, 100, false); // history, which is not compared
        trace.beginAt(place);
        handOver(entries(106, 108));
        assertThat(readAgain(Gate.Window.TAIL, entries(98, 100, 102, 104, 106, 108)))
                .isTrue();
        assertThat(trace.settle(place, sink)).isTrue();
        assertThat(sink.told).hasToString("[gap 2 DROPPED]");
    }

    @Test
    void moreIsRead_untilItReachesBackFarEnough() {
        handOver(entries(100, 102, 104, 106));
        assertThat(readAgain(Gate.Window.TAIL, entries(104, 106))).isFalse();
        assertThat(readAgain(Gate.Window.TAIL, entries(98, 100, 102, 103, 104, 106)))
                .isTrue();
        assertThat(trace.settle(place, sink)).isTrue();
        assertThat(sink.told).hasToString("[gap 1 DROPPED]");
    }

    @Test
    void gapOfUnknownSizeIsTold_whereTheLogHasLostWhatWouldShowIt() {
        handOver(entries(100, 102, 104, 106));
        assertThat(readAgain(Gate.Window.WHOLE, entries(104, 106))).isTrue();
        assertThat(trace.settle(place, sink)).isTrue();
        assertThat(sink.told).hasToString("[gap -1 ROTATED]");
    }

    @Test
    void whatIsToBeCompared_isCarriedByThePosition() {
        handOver(entries(100, 102, 104, 106));
        Trace carried = new Trace();
        Place there = Place.of(place.position(-1, trace), carried);
        assertThat(there).usingRecursiveComparison().isEqualTo(place);
        assertThat(carried).usingRecursiveComparison().isEqualTo(trace);
        assertThat(carried.isBegun()).isTrue();
    }

    /** It has been read from its beginning. Nothing is left out before the first rotation. */
    @Test
    void nothingIsCompared_ofALogThatIsTooShortToHaveBeenRotated() {
        trace.describe(2000, true, true);
        trace.beginWhole();
        for (int i = 0; i < 30; i++) {
            trace.count(LINE.length);
            handOver(new Entry(0, 100 + i));
        }
        assertThat(trace.isBegun()).isFalse();
        Trace carried = new Trace();
        assertThat(Place.of(place.position(-1, trace), carried))
                .usingRecursiveComparison()
                .isEqualTo(place);
        carried.describe(2000, true, true);
        assertThat(carried.isOpen()).isFalse();
        for (int i = 30; i < 40; i++) {
            carried.count(LINE.length);
            place.pass(0, 100 + i, false);
            carried.add(place, true);
        }
        assertThat(carried.isOpen()).isTrue();
    }

    /** Or a cut connection would take minutes. What is missing can't be known then. */
    @Test
    void gapOfUnknownSizeIsTold_whereWhatIsToBeCompared_isTooMuchToBeCarried() {
        for (int i = 0; i < 30_000; i++) {
            handOver(new Entry(0, 100 + i));
        }
        Trace carried = new Trace();
        Place there = Place.of(place.position(-1, trace), carried);
        assertThat(there).usingRecursiveComparison().isEqualTo(place);
        assertThat(carried.entries()).isZero();
        assertThat(carried.isOpen()).isTrue();
        Trace again = new Trace();
        assertThat(Place.of(place.position(-1, carried), again)).isNotNull();
        again.begin(Gate.Window.TAIL, 0);
        again.compare(0, LINE, 0, LINE.length, 30_098);
        again.compare(0, LINE, 0, LINE.length, 30_099);
        assertThat(again.settle(place, sink)).isTrue();
        assertThat(sink.told).hasToString("[gap -1 ROTATED]");
        assertThat(again.settle(place, sink)).as("once").isFalse();
    }

    @Test
    void positionOfTheFirstVersion_isUnderstood() {
        byte[] first = HexFormat.of()
                .parseHex("01" + "00000000000000ab" + "01" + "00" + "0000000000000005" + "0000000000000064" + "00000002"
                        + "8000000000000000" + "00000000");
        Place there = Place.of(SourcePosition.of(first, -1), trace);
        assertThat(there).isNotNull();
        assertThat(there.container).isEqualTo(0xab);
        assertThat(there.started).isEqualTo(5);
        assertThat(there.time).containsExactly(100, Place.NONE);
        assertThat(there.count).containsExactly(2, 0);
        assertThat(there.open).containsExactly(true, false);
        assertThat(trace.isBegun()).isFalse();
        assertThat(there.position(-1, trace).data()).isEqualTo(first);
        assertThat(Place.of(SourcePosition.of(new byte[] {2}, -1), trace)).isNull();
        assertThat(Place.of(SourcePosition.of(new byte[0], -1), trace)).isNull();
    }

    @Test
    void gapOfUnknownSizeIsTold_whereTheClockWasSetBack() {
        handOver(entries(100, 102, 104, 50, 52));
        assertThat(readAgain(Gate.Window.WHOLE, entries(98, 100, 102, 103, 104, 50, 52)))
                .isTrue();
        assertThat(trace.settle(place, sink)).isTrue();
        assertThat(sink.told).hasToString("[gap -1 ROTATED]");
        assertThat(trace.settle(place, sink)).as("once").isFalse();
    }

    /** Logs at random, of which some entries had not come. */
    @Test
    void whatHadNotCome_isCounted() {
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            TraceTest one = new TraceTest();
            List<Entry> log = new ArrayList<>(List.of(new Entry(0, 10)));
            long clock = 1_000_000;
            int missing = 0;
            int count = 3 + random.nextInt(200);
            for (int i = 0; i < count; i++) {
                clock += 1 + random.nextInt(1000);
                Entry entry = new Entry(random.nextInt(3) / 2, clock);
                log.add(entry);
                if (i > 0 && i < count - 1 && random.nextInt(10) == 0) {
                    missing++;
                } else {
                    one.handOver(entry);
                }
            }
            assertThat(one.readAgain(Gate.Window.WHOLE, log)).isTrue();
            one.trace.settle(one.place, one.sink);
            assertThat(one.sink.told)
                    .as("seed %d", seed)
                    .hasToString(missing == 0 ? "" : "[gap " + missing + " DROPPED]");
        }
    }
}
