package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** When a daemon was away, by its own clock. */
class OutagesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long TEN = Instant.parse("2026-11-26T10:00:00Z").getEpochSecond() * SECOND;

    private final Outages outages = new Outages(() -> {}, askedAt -> {});

    private void answered(String time) {
        outages.answered("Thu, 26 Nov 2026 " + time + " GMT", System.nanoTime());
    }

    @Test
    void outage_isFromWhatTheDaemonToldLast_toWhatItTellsFirst() {
        answered("10:00:00");
        outages.heard(TEN + 7);
        outages.lost();
        outages.heard(TEN + 9); // over a connection that was there before
        answered("10:00:05");
        assertThat(outages.contain(TEN + 9, TEN + 9)).isFalse();
        assertThat(outages.contain(TEN + 10, TEN + 10)).isTrue();
        assertThat(outages.contain(TEN + 6 * SECOND, TEN + 6 * SECOND)).isTrue();
        assertThat(outages.contain(TEN + 6 * SECOND + 1, TEN + 6 * SECOND + 1)).isFalse();
        for (int i = 1; i < 50; i++) {
            outages.lost();
            answered(String.format("11:%02d:00", i));
        }
        assertThat(outages.contain(TEN + 10, TEN + 10)).as("none is forgotten").isTrue();
        assertThat(outages.contain(TEN + 9, TEN + 9)).isFalse();
    }

    @Test
    void outage_overlapsATime_ofWhichItHasAnyMoment_unlessItIsKnown() {
        answered("10:00:00");
        outages.lost();
        answered("10:00:05");
        assertThat(outages.overlap(0, TEN - 1, TEN)).isFalse();
        assertThat(outages.overlap(0, Place.NONE, TEN + 1)).isTrue();
        assertThat(outages.overlap(0, TEN + SECOND, TEN + 2 * SECOND)).isTrue();
        assertThat(outages.overlap(0, TEN + 6 * SECOND - 1, Long.MAX_VALUE)).isTrue();
        assertThat(outages.overlap(0, TEN + 6 * SECOND, Long.MAX_VALUE)).isFalse();
        int known = outages.losses();
        assertThat(outages.overlap(known, Place.NONE, Long.MAX_VALUE)).isFalse();
        outages.lost();
        assertThat(outages.overlap(known, Place.NONE, Long.MAX_VALUE)).isTrue();
        answered("10:00:10");
        assertThat(outages.overlap(known, TEN + 8 * SECOND, TEN + 9 * SECOND)).isTrue();
    }

    @Test
    void outage_isNotOver_byAnAnswerThatWasAskedForBefore() {
        answered("10:00:00");
        long asked = System.nanoTime();
        outages.lost();
        outages.answered("Thu, 26 Nov 2026 10:00:05 GMT", asked);
        assertThat(outages.contain(TEN + 3 * SECOND, TEN + 3 * SECOND)).isTrue();
        answered("10:00:06");
        assertThat(outages.contain(TEN + 3 * SECOND, TEN + 3 * SECOND)).isTrue();
        assertThat(outages.contain(TEN + 8 * SECOND, TEN + 8 * SECOND)).isFalse();
    }

    @Test
    void outage_wasNone_whenTheDaemonRemembersWhatWasBefore() {
        answered("10:00:00");
        outages.lost();
        answered("10:00:05");
        outages.lost();
        answered("10:00:06"); // the same for all that is known
        outages.remembered(Place.NONE);
        outages.remembered(TEN + 1);
        assertThat(outages.contain(TEN + 6 * SECOND, TEN + 6 * SECOND)).isTrue();
        outages.remembered(TEN);
        assertThat(outages.contain(TEN + 6 * SECOND, TEN + 6 * SECOND)).isFalse();
    }

    @Test
    void outage_isNoticed_whenTheClockWasSetBackBefore() {
        answered("11:00:00");
        answered("10:00:00");
        assertThat(outages.lastHeard()).isEqualTo(TEN);
        outages.lost();
        answered("10:00:05");
        assertThat(outages.contain(TEN, TEN)).isFalse();
        assertThat(outages.contain(TEN + 3 * SECOND, TEN + 3 * SECOND)).isTrue();
    }

    @Test
    void outage_isNoticed_whenTheClockIsSetBackMeanwhile() {
        answered("11:00:00");
        outages.lost();
        answered("10:00:00");
        assertThat(outages.contain(TEN, TEN)).isTrue();
        assertThat(outages.lastHeard()).isEqualTo(TEN);
    }

    /** It is read when its reader has room, which may be late. */
    @Test
    void oldAnswer_isNotTakenForAClockThatWasSetBack() {
        long asked = System.nanoTime();
        answered("10:00:05");
        outages.answered("Thu, 26 Nov 2026 10:00:00 GMT", asked);
        assertThat(outages.lastHeard()).isEqualTo(TEN + 5 * SECOND);
    }
}
