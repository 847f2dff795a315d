package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests with a real daemon have in common: a hub, and a container of their own. */
abstract class RealCase {
    RealDaemon real;
    DockerDaemon daemon;
    LogHub hub;
    String name;

    RealDaemon daemonOfTheTest() throws Exception {
        return RealDaemon.shared();
    }

    @BeforeEach
    void begin() throws Exception {
        real = daemonOfTheTest();
        daemon = DockerDaemon.of(real.host());
        hub = LogHub.builder().memoryBytes(512 << 20).build();
        name = "log-" + Long.toHexString(System.nanoTime());
    }

    @AfterEach
    void end() throws Exception {
        if (hub != null) {
            hub.close();
            daemon.close();
            for (String id : real.docker("ps", "--all", "--quiet", "--filter", "name=" + name)
                    .lines()
                    .toList()) {
                real.docker("rm", "--force", id);
            }
        }
    }

    static StreamOptions streamOptions() {
        return StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .retainBytes(128 << 20)
                .maxLineBytes(8 << 20)
                .allowBlock(BackpressurePolicy.FOREVER)
                .build();
    }

    CollectingViewer follow(DockerSource source, Replay replay, CollectingViewer viewer) {
        return follow(hub, source, replay, viewer);
    }

    static CollectingViewer follow(LogHub hub, DockerSource source, Replay replay, CollectingViewer viewer) {
        SubscribeOptions how = SubscribeOptions.builder()
                .replay(replay)
                .policy(BackpressurePolicy.block())
                .build();
        hub.open(source.container(), source, streamOptions()).subscribe(how, viewer);
        return viewer;
    }

    CollectingViewer follow(DockerSource source) {
        return follow(source, Replay.all(), new CollectingViewer());
    }

    /** The container of the test, until it ends. */
    DockerSource source() {
        return DockerSource.builder(daemon, name).endWithContainer(true).build();
    }

    /** The container of the test, until it is removed. */
    DockerSource lasting() {
        return DockerSource.of(daemon, name);
    }

    void assertSameAsFinalLog(CollectingViewer viewer) throws Exception {
        assertThat(viewer.gaps()).isEmpty();
        assertSame(Channel.STDOUT, viewer.bytes(Channel.STDOUT), real.finalLog(name, false));
        assertSame(Channel.STDERR, viewer.bytes(Channel.STDERR), real.finalLog(name, true));
    }

    static void assertSame(Channel channel, byte[] got, byte[] log) {
        assertThat(Arrays.mismatch(got, log))
                .as("%s: where %d bytes that came differ from %d bytes of the log", channel, got.length, log.length)
                .isEqualTo(-1);
    }
}
