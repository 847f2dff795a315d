package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.Start;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is read without following, from a position whose file was rotated away a moment before, in simulated time. */
@Timeout(60)
class HistoryOnlyTest {
    private static final String LOG = FollowRig.LOG;
    private static final String BEFORE = "one\n<ROTATED>two\n";

    private boolean following = true;
    private final FollowRig rig = new FollowRig(builder -> builder.follow(following));
    private MemoryHost.Node old = new MemoryHost(() -> 0).create("none");

    @BeforeEach
    void rotate() {
        old = rig.host.write(LOG, "one\n");
        rig.follow(Duration.ofSeconds(1));
        rig.host.rename(LOG, LOG + ".1");
        rig.host.write(LOG, "two\n");
        rig.follow(Duration.ofSeconds(1));
        assertThat(rig.text).hasToString(BEFORE);
        following = false;
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void readToTheEnd() {
        rig.restart(Start.at(rig.position()));
        rig.until("the end", rig::isAtEnd);
    }

    @Test
    void lateLines_areHandedOver_beforeTheEnd() {
        rig.host.write(old, "late\nlater\n");
        rig.host.write(LOG, "three\n");
        readToTheEnd();
        assertThat(rig.text.substring(BEFORE.length()))
                .contains("three\n", "late\nlater\n")
                .hasSize(17);
    }

    @Test
    void lateLineWithoutAnEnd_isHandedOver_beforeTheEnd() {
        rig.host.write(old, "late");
        readToTheEnd();
        assertThat(rig.text).hasToString(BEFORE + "late<end>\n");
    }

    @Test
    void endComes_thoughTheLateFileIsWrittenAllTheTime() {
        rig.host.write(old, "late\n");
        rig.restart(Start.at(rig.position()));
        rig.host.before(type -> {
            if (type == MemoryHost.READ && rig.text.indexOf("late") >= 0) {
                rig.host.write(old, "more\n");
            }
        });
        rig.until("the end", rig::isAtEnd);
        assertThat(rig.text).hasToString(BEFORE + "late\n");
    }

    @Test
    void lateLines_areHandedOver_whenTheConnectionIsLostMeanwhile_inAnyStep() {
        for (int steps = 0; steps < 12; steps++) {
            rig.host.write(old, "late " + steps + "\n");
            rig.host.write(LOG, "three " + steps + "\n");
            int from = rig.text.length();
            rig.restart(Start.at(rig.position()));
            for (int i = 0; i < steps; i++) {
                rig.step();
                rig.pass();
            }
            rig.breakConnectionQuietly();
            rig.until("the end", rig::isAtEnd);
            assertThat(rig.text.substring(from))
                    .as("after %s steps", steps)
                    .contains("late " + steps + "\n", "three " + steps + "\n")
                    .doesNotContain("<");
        }
    }

    @Test
    void endComes_whenTheLastLineHasNone_soThatNothingCanFollowIt() {
        rig.host.write(LOG, "open");
        rig.host.write(old, "late\n");
        readToTheEnd();
        assertThat(rig.text.toString()).startsWith(BEFORE).endsWith("open");
    }
}
