package io.logstream.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.ssh.MemoryHost.Running;
import io.logstream.testkit.CollectingViewer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a bell does for a follower, in simulated time. */
@Timeout(60)
class BellTest {
    private static final String LOG = FollowRig.LOG;

    private final FollowRig rig =
            new FollowRig(builder -> builder.mode(SshFileSource.Mode.EXEC).pollInterval(Duration.ofHours(1)));

    @AfterEach
    void close() {
        rig.close();
    }

    /** The bell of the rig's file. */
    private Running bell() {
        CollectingViewer.until("a bell", () -> !rig.host.commands().isEmpty());
        return rig.host.commands().get(0);
    }

    private void ring() {
        bell().sink().out("any".getBytes(UTF_8), 0, 3);
    }

    @Test
    void lineComes_whenItRings_howeverLongTheFileWasQuiet() {
        rig.host.write(LOG, "one\n");
        rig.follow(Duration.ofHours(2));
        rig.host.write(LOG, "two\n");
        long written = rig.time.nanoTime();
        ring();
        rig.step();
        rig.step();
        assertThat(rig.text).hasToString("one\ntwo\n");
        assertThat(rig.time.nanoTime()).isEqualTo(written);
    }

    @Test
    void lineComes_whenItRings_whileTheAnswerOfBeforeIsOnItsWay() {
        rig.host.write(LOG, "one\n");
        rig.follow(Duration.ofHours(2));
        ring();
        rig.step(); // asks, and the answer is there: nothing
        rig.host.write(LOG, "two\n");
        ring();
        rig.step();
        rig.step();
        assertThat(rig.text).hasToString("one\ntwo\n");
    }

    @Test
    void firstFileIsFound_whenItRings() {
        rig.follow(Duration.ofHours(2));
        rig.host.write(LOG, "one\n");
        bell().sink().errors("it has appeared".getBytes(UTF_8), 0, 3);
        long written = rig.time.nanoTime();
        rig.step();
        rig.step();
        rig.step();
        rig.step();
        assertThat(rig.text).hasToString("<WAITING><APPEARED>one\n");
        assertThat(rig.time.nanoTime()).isEqualTo(written);
    }

    @Test
    void pathIsInput_andNeverInTheCommand() {
        rig.host.write(LOG, "one\n");
        rig.step();
        Running bell = bell();
        assertThat(bell.line()).startsWith("exec '/bin/sh'").doesNotContain("app.log", "!");
        CollectingViewer.until("it is told", () -> bell.input().toString(UTF_8).endsWith("exit $status\n"));
        assertThat(bell.input().toString(UTF_8)).startsWith("/app.log\n");
    }

    @Test
    void bellGoes_whenTheReaderIsClosed_orTheConnectionIsLost() {
        rig.host.write(LOG, "one\n");
        rig.step();
        bell();
        rig.breakConnectionQuietly();
        CollectingViewer.until("it is gone", () -> rig.host.commands().isEmpty());
        rig.until("it is read again", () -> !rig.host.commands().isEmpty());
        rig.close();
        CollectingViewer.until("it is gone", () -> rig.host.commands().isEmpty());
    }

    @Test
    void bellThatEnds_comesBackLaterEachTime_alsoIfItRang() {
        rig.host.write(LOG, "one\n");
        rig.step();
        long[] ended = new long[2];
        for (int i = 0; i < 2; i++) {
            ring();
            ended[i] = System.nanoTime();
            rig.host.end(bell(), 1);
        }
        bell();
        assertThat(Duration.ofNanos(ended[1] - ended[0])).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(Duration.ofNanos(System.nanoTime() - ended[1])).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void bellRests_whileTheFileGrowsFast() {
        rig.host.write(LOG, "one\n");
        rig.step();
        bell().sink().out(new byte[2 << 20], 0, 2 << 20);
        CollectingViewer.until("it is gone", () -> rig.host.commands().isEmpty());
        rig.host.write(LOG, "two\n");
        rig.until("two\n");
    }
}
