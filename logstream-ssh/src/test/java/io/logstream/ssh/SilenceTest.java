package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.ssh.Silence.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SilenceTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long LOOK = SECOND / 4;

    private long now = Long.MAX_VALUE - 3 * SECOND; // overflows on the way
    private final Silence silence = new Silence(Duration.ofSeconds(1), 2, now);

    private Verdict look(boolean awaited) {
        now += LOOK;
        return silence.look(now, awaited);
    }

    @Test
    void peerThatFroze_isFoundOut_inTime() {
        for (int phase = 0; phase < 4; phase++) {
            Silence fresh = new Silence(Duration.ofSeconds(1), 2, now);
            long frozenAt = now - phase * LOOK / 4;
            fresh.heard(frozenAt);
            boolean asked = false;
            Verdict verdict = Verdict.FINE;
            while (verdict != Verdict.LOST) {
                now += LOOK;
                verdict = fresh.look(now, asked);
                asked |= verdict == Verdict.ASK;
            }
            assertThat(asked).isTrue();
            assertThat(Duration.ofNanos(now - frozenAt)).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4));
        }
    }

    @Test
    void slowConnection_isNotLost_asLongAsBytesCome() {
        for (int i = 0; i < 1000; i++) { // one and the same answer is awaited all the time
            assertThat(look(true)).isEqualTo(Verdict.FINE);
            if (i % 8 == 0) {
                silence.heard(now);
            }
        }
    }

    @Test
    void quietConnection_isAsked_andNotLostWhenItAnswers() {
        int asked = 0;
        for (int i = 0; i < 100; i++) {
            if (look(false) == Verdict.ASK) {
                asked++;
                assertThat(look(true)).isEqualTo(Verdict.FINE);
                silence.heard(now);
            }
        }
        assertThat(asked).isBetween(30, 60);
    }

    @Test
    void pauseOfOurOwn_isNoSilence() {
        assertThat(look(true)).isEqualTo(Verdict.FINE);
        now += 3600 * SECOND;
        assertThat(silence.look(now, true)).isEqualTo(Verdict.FINE);
        silence.heard(now);
        assertThat(look(true)).isEqualTo(Verdict.FINE);
    }

    @Test
    void patience_beginsWithTheQuestion() {
        for (int i = 0; i < 40; i++) {
            look(false);
        }
        for (int i = 0; i < 11; i++) {
            assertThat(look(true)).isEqualTo(Verdict.FINE);
        }
        assertThat(look(true)).isEqualTo(Verdict.LOST);
    }
}
