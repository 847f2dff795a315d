package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is asked about a file that is quiet, in simulated time. */
@Timeout(60)
class RestTest {
    private static final String LOG = FollowRig.LOG;

    private final FollowRig rig = new FollowRig();
    private final List<Integer> requests = new ArrayList<>();

    @AfterEach
    void close() {
        rig.close();
    }

    private MemoryHost.Node comeToRest() {
        MemoryHost.Node file = rig.host.write(LOG, "one\n");
        rig.follow(Duration.ofSeconds(20));
        rig.host.before(requests::add);
        return file;
    }

    @Test
    void quietFile_isGlimpsedAt_onceInAnInterval_andReadNowAndThen() {
        comeToRest();
        rig.follow(Duration.ofSeconds(100));
        assertThat(requests).hasSizeBetween(100, 170);
        assertThat(requests.stream().filter(type -> type == MemoryHost.STAT).count())
                .isBetween(98L, 130L);
        assertThat(requests.stream().filter(type -> type == MemoryHost.READ).count())
                .isBetween(8L, 11L);
    }

    @Test
    void quietFile_isLookedAt_noLaterThanTheInterval() {
        comeToRest();
        List<Long> times = new ArrayList<>();
        rig.host.before(type -> times.add(rig.time.nanoTime()));
        rig.follow(Duration.ofSeconds(60));
        for (int i = 1; i < times.size(); i++) {
            assertThat(Duration.ofNanos(times.get(i) - times.get(i - 1))).isLessThanOrEqualTo(Duration.ofSeconds(1));
        }
        assertThat(times).hasSizeGreaterThan(60);
    }

    @Test
    void whatHappensToAFileAtRest_isNoticed_withinTheInterval() {
        comeToRest();
        rig.host.write(LOG, "two\n");
        rig.follow(Duration.ofMillis(1100));
        assertThat(rig.text).hasToString("one\ntwo\n");
        rig.follow(Duration.ofSeconds(20));
        rig.host.truncate(LOG);
        rig.host.write(LOG, "three\nfour\n");
        rig.follow(Duration.ofMillis(1100));
        assertThat(rig.text.toString()).endsWith("<TRUNCATED>three\nfour\n");
        rig.follow(Duration.ofSeconds(20));
        rig.host.rename(LOG, LOG + ".1");
        rig.host.write(LOG, "five\n");
        rig.follow(Duration.ofMillis(2100)); // the old one must be quiet for half a second
        assertThat(rig.text.toString()).endsWith("<ROTATED>five\n");
    }

    @Test
    void fileOfTheSameSize_isNoticed_withinTheInterval() {
        comeToRest();
        rig.host.rename(LOG, LOG + ".1");
        rig.host.write(LOG, "two\n");
        rig.follow(Duration.ofMillis(2100));
        assertThat(rig.text).hasToString("one\n<ROTATED>two\n");
    }

    @Test
    void fileOfTheSameSizeAndTime_isNoticed_withinMinutes() {
        comeToRest();
        rig.host.replaceWithItsTime(LOG, "two\n");
        rig.follow(Duration.ofMinutes(6));
        assertThat(rig.text).hasToString("one\n<ROTATED>two\n");
    }

    @Test
    void whatHappensToAFileAtRest_isNoticed_whereAnAnswerTakesLongerThanTheInterval() {
        comeToRest();
        Queue<Long> asked = new ConcurrentLinkedQueue<>();
        rig.host.before(type -> {
            if (type == MemoryHost.STAT) {
                asked.add(rig.time.nanoTime());
            }
        });
        for (String text : List.of("two\n", "three\n")) {
            asked.clear();
            rig.host.keepBack(MemoryHost.STAT);
            for (int i = 0; i < 200 && rig.text.indexOf(text) < 0; i++) {
                rig.follow(Duration.ofMillis(100));
                Long first = asked.peek();
                if (first != null
                        && rig.time.nanoTime() - first
                                >= Duration.ofMillis(1500).toNanos()) {
                    asked.remove();
                    rig.host.giveOldestKept();
                }
                if (i == 10) {
                    rig.host.write(LOG, text);
                }
            }
            assertThat(rig.text.toString()).endsWith(text);
            rig.host.keepBack(null);
            rig.follow(Duration.ofSeconds(20));
        }
        assertThat(rig.text).hasToString("one\ntwo\nthree\n");
    }

    @Test
    void fileThatIsWrittenNowAndThen_comesToRestEachTime() {
        comeToRest();
        for (int i = 0; i < 100; i++) {
            rig.host.write(LOG, "line " + i + "\n");
            rig.follow(Duration.ofMillis(9_000 + (i * 137) % 4000));
        }
        rig.follow(Duration.ofSeconds(20));
        requests.clear();
        rig.follow(Duration.ofSeconds(100));
        assertThat(requests.stream().filter(type -> type == MemoryHost.READ).count())
                .isBetween(8L, 11L);
        assertThat(rig.text.toString()).endsWith("line 99\n");
    }

    @Test
    void bytesComeLater_whereTheServerKnowsSizesLate_untilThatIsKnownOfIt() {
        MemoryHost.Node file = comeToRest();
        for (int i = 0; i < 3; i++) {
            rig.host.staleSizes(true);
            rig.host.write(file, "line " + i + "\n");
            rig.follow(Duration.ofSeconds(12));
            assertThat(rig.text.toString()).endsWith("line " + i + "\n");
            rig.host.staleSizes(false);
            rig.follow(Duration.ofSeconds(20));
        }
        rig.host.staleSizes(true);
        rig.host.write(file, "last\n");
        rig.follow(Duration.ofMillis(1100));
        assertThat(rig.text.toString()).endsWith("last\n");
    }
}
