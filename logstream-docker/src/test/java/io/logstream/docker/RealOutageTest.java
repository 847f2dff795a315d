package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.testkit.CollectingViewer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon goes away and comes back, while its containers live on or not. */
class RealOutageTest extends RealCase {
    private static RealDaemon live;

    @BeforeAll
    static void startDaemon() throws Exception {
        live = RealDaemon.start("--live-restore");
    }

    @AfterAll
    static void stopDaemon() {
        if (live != null) {
            live.close();
        }
    }

    @Override
    RealDaemon daemonOfTheTest() {
        return live;
    }

    private static String counting() {
        return "i=0; while :; do i=$((i+1)); echo line $i; echo error $i >&2; usleep 2000; done";
    }

    private static void assertCounts(CollectingViewer viewer) {
        for (Channel channel : Channel.values()) {
            String word = channel == Channel.STDOUT ? "line " : "error ";
            List<String> lines = new String(viewer.bytes(channel), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
            for (int i = 0; i < lines.size(); i++) {
                assertThat(lines.get(i)).isEqualTo(word + (i + 1));
            }
        }
    }

    /** The log is what the daemon has written: a line that it had read from the container, and not yet written, goes with it. */
    private void assertSameAsLogSoFar(CollectingViewer viewer) throws Exception {
        for (Channel channel : Channel.values()) {
            byte[] got = viewer.bytes(channel);
            byte[] log = real.finalLog(name, channel == Channel.STDERR);
            assertSame(channel, got, Arrays.copyOf(log, Math.min(log.length, got.length)));
        }
    }

    @Test
    void nothingIsLostOrRepeated_whenTheDaemonIsKilled() throws Exception {
        real.run(name, counting());
        CollectingViewer viewer = follow(lasting());
        viewer.awaitLine("line 100");
        real.kill();
        viewer.awaitEvent(Kind.RECONNECTING);
        real.launch();
        long answered = System.nanoTime();
        viewer.awaitEvent(Kind.RECONNECTED);
        int before = viewer.lines().size();
        viewer.await("new lines", () -> viewer.lines().size() > before + 200);
        System.out.println("new lines " + (System.nanoTime() - answered) / 1_000_000 + " ms after the daemon was back");
        assertSameAsLogSoFar(viewer);
        assertThat(viewer.gaps()).isEmpty();
        assertThat(viewer.kinds()).doesNotContain(Kind.FINISHED, Kind.RESTARTED);
    }

    @Test
    void nothingIsLostOrRepeated_whenTheDaemonIsUpdated() throws Exception {
        real.run(name, counting());
        CollectingViewer viewer = follow(lasting());
        viewer.awaitLine("line 100");
        real.terminate();
        viewer.awaitEvent(Kind.RECONNECTING);
        real.launch();
        viewer.awaitEvent(Kind.RECONNECTED);
        int before = viewer.lines().size();
        viewer.await("new lines", () -> viewer.lines().size() > before + 200);
        assertSameAsLogSoFar(viewer);
        assertThat(viewer.gaps()).isEmpty();
    }

    /** Without live-restore it stops its containers first. */
    @Test
    void nothingIsMissing_whenTheDaemonIsStoppedInOrder_withItsContainers() throws Exception {
        String script = "trap 'echo bye; exit 5' TERM; i=0; while :; do i=$((i+1)); echo line $i; usleep 10000; done";
        try (RealDaemon plain = RealDaemon.start();
                DockerDaemon of = DockerDaemon.of(plain.host())) {
            plain.run(name, script);
            DockerSource source =
                    DockerSource.builder(of, name).endWithContainer(true).build();
            CollectingViewer viewer = follow(hub, source, Replay.all(), new CollectingViewer());
            viewer.awaitLine("line 20");
            plain.terminate();
            plain.launch();
            viewer.awaitEnd();
            assertThat(viewer.lines()).endsWith("bye");
            assertSame(Channel.STDOUT, viewer.bytes(Channel.STDOUT), plain.finalLog(name, false));
            assertThat(viewer.gaps()).isEmpty();
            assertThat(viewer.told()).endsWith("FINISHED 5");
        }
    }

    @Test
    void containerThatEndsWhileTheDaemonIsAway_isReadToItsEnd(@TempDir Path marker) throws Exception {
        real.run(
                name,
                "i=0; until [ -e /m/end ]; do i=$((i+1)); echo line $i; usleep 2000; done; exit 9",
                "--volume=" + marker + ":/m");
        CollectingViewer viewer = follow(source());
        viewer.awaitLine("line 20");
        Path process = Path.of("/proc", real.docker("inspect", "--format={{.State.Pid}}", name));
        real.kill();
        viewer.awaitEvent(Kind.RECONNECTING);
        Files.createFile(marker.resolve("end"));
        CollectingViewer.until("the container has ended", () -> !Files.exists(process));
        real.launch();
        viewer.awaitEnd();
        System.out.println(viewer.lines().size() + " lines of one that ended while the daemon was away");
        // What was still in its pipe went with the daemon, and the daemon does not know of it.
        assertSame(Channel.STDOUT, viewer.bytes(Channel.STDOUT), real.finalLog(name, false));
        assertCounts(viewer);
        assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED 9");
        assertThat(viewer.events())
                .anySatisfy(event -> assertThat(event.exitCode()).hasValue(9));
    }
}
