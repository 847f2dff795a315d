package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.testkit.CollectingViewer;
import io.logstream.testkit.FaultProxy;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same source reads from podman's service, whose times have no fractions of a second. */
class RealPodmanTest {
    private static RealPodman podman;

    private DockerDaemon daemon;
    private LogHub hub;
    private String name;

    @BeforeAll
    static void startPodman() throws Exception {
        podman = RealPodman.start();
    }

    @AfterAll
    static void stopPodman() {
        if (podman != null) {
            podman.close();
        }
    }

    @BeforeEach
    void begin() {
        daemon = DockerDaemon.of(podman.host());
        hub = LogHub.create();
        name = "log-" + Long.toHexString(System.nanoTime());
    }

    @AfterEach
    void end() throws Exception {
        hub.close();
        daemon.close();
        podman.podman("rm", "--force", "--ignore", "--time=0", name);
    }

    private CollectingViewer follow(DockerDaemon from, boolean toTheEnd, Replay replay) {
        DockerSource source =
                DockerSource.builder(from, name).endWithContainer(toTheEnd).build();
        return RealCase.follow(hub, source, replay, new CollectingViewer());
    }

    private static List<String> lines(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "line " + i).toList();
    }

    @Test
    void linesComeOnce_ofAContainerThatEnds() throws Exception {
        podman.run(name, "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; exit 4");
        CollectingViewer viewer = follow(daemon, true, Replay.all());
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).isEqualTo(lines(200));
        assertThat(viewer.events())
                .anySatisfy(event -> assertThat(event.exitCode()).hasValue(4));
    }

    @Test
    void linesComeOnce_overCutConnections() throws Exception {
        podman.run(name, "i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo line $i; usleep 5000; done");
        Path socket = Files.createTempDirectory("logstream-proxy").resolve("proxy.sock");
        UnixDomainSocketAddress target =
                UnixDomainSocketAddress.of(podman.host().substring("unix://".length()));
        try (FaultProxy proxy = FaultProxy.unix(socket, target);
                DockerDaemon through = DockerDaemon.of("unix://" + socket)) {
            CollectingViewer viewer = follow(through, true, Replay.all());
            for (int i = 1; i <= 8; i++) {
                viewer.awaitLine("line " + 60 * i);
                proxy.cutAll();
            }
            viewer.awaitEnd();
            assertThat(viewer.lines()).isEqualTo(lines(600));
            assertThat(viewer.kinds()).contains(Kind.RECONNECTED);
            assertThat(viewer.gaps()).isEmpty();
        }
        Files.deleteIfExists(socket);
        Files.deleteIfExists(socket.getParent());
    }

    @Test
    void longLine_isOneLine() throws Exception {
        podman.run(name, "head -c 40000 /dev/zero | tr '\\0' x; echo; echo next");
        CollectingViewer viewer = follow(daemon, true, Replay.all());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("x".repeat(40_000), "next");
    }

    @Test
    void bytesOfATerminal_areExact() throws Exception {
        podman.run(name, "printf '\\001abc\\n'; echo second", "--tty");
        CollectingViewer viewer = follow(daemon, true, Replay.all());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("\u0001abc", "second");
    }

    @Test
    void silentContainer_isWaitedFor_andRestartIsTold() throws Exception {
        podman.run(name, "usleep 1500000; echo late; exit 3");
        CollectingViewer viewer = follow(daemon, false, Replay.all());
        viewer.awaitLine("late");
        viewer.awaitEvent(Kind.FINISHED);
        podman.podman("start", name);
        viewer.await(
                "second run",
                () -> viewer.kinds().stream().filter(Kind.FINISHED::equals).count() == 2);
        assertThat(viewer.lines()).containsExactly("late", "late");
        assertThat(viewer.kinds()).contains(Kind.RESTARTED);
    }

    /** Podman leaves out what is written right before the end, and says that this was all. */
    @Test
    void containerThatIsRemovedAtItsEnd_endsWithAGap(@TempDir Path marker) throws Exception {
        podman.run(
                name,
                "echo one; until [ -e /m/go ]; do usleep 50000; done; usleep 1500000; echo two",
                "--rm",
                "--volume=" + marker + ":/m");
        CollectingViewer viewer = follow(daemon, false, Replay.all());
        viewer.awaitLine("one");
        Files.createFile(marker.resolve("go"));
        viewer.awaitEnd();
        assertThat(viewer.lines()).startsWith("one");
        assertThat(viewer.gaps()).hasSize(1);
    }

    @Test
    void lastLines_comeAlone() throws Exception {
        podman.run(name, "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; sleep 1000");
        follow(daemon, false, Replay.all()).awaitLine("line 300");
        hub.close();
        hub = LogHub.create();
        CollectingViewer viewer = follow(daemon, false, Replay.last(5));
        viewer.awaitLine("line 300");
        assertThat(viewer.lines()).isEqualTo(lines(300).subList(295, 300));
    }
}
