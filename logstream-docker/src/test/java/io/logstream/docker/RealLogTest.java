package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.testkit.CollectingViewer;
import io.logstream.testkit.FaultProxy;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real daemon logs comes byte for byte. */
class RealLogTest extends RealCase {
    private static final int LINES = 60_000;

    @Test
    void bothChannelsAreExact_ofAContainerThatEnds() throws Exception {
        real.run(name, "for i in $(seq 200); do echo out $i; echo err $i >&2; done; printf 'no end'; exit 3");
        CollectingViewer viewer = follow(source());
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines())
                .contains("out 1", "out 200", "err 1", "err 200", "no end")
                .hasSize(401);
        assertThat(viewer.events())
                .anySatisfy(event -> assertThat(event.exitCode()).hasValue(3));
    }

    /** Written at about 20,000 lines a second on both channels, with lines of 20,000 bytes among them, cut twenty times. */
    @ParameterizedTest
    @ValueSource(strings = {"json-file", "local"})
    void logIsByteIdentical_afterTwentyCutsAtRandom(String driver) throws Exception {
        Random random = new Random(42);
        Path socket = real.socket().resolveSibling("proxy-" + driver + ".sock");
        String script = "awk 'BEGIN { long = sprintf(\"%20000s\", \"x\"); gsub(\" \", \"y\", long);"
                + " for (i = 0; i < " + LINES + "; i++) { print \"line \" i \" of stdout\";"
                + " if (i % 3 == 0) { print \"line \" i \" of stderr\" > \"/dev/stderr\" }"
                + " if (i % 1000 == 0) { print i long; print i long > \"/dev/stderr\" }"
                + " if (i % 1500 == 0) { fflush(); system(\"usleep 10000\") } } }'";
        try (FaultProxy proxy = FaultProxy.unix(socket, UnixDomainSocketAddress.of(real.socket()));
                DockerDaemon through = DockerDaemon.of("unix://" + socket)) {
            long start = System.nanoTime();
            real.run(name, script, "--log-driver=" + driver);
            CollectingViewer viewer = follow(
                    DockerSource.builder(through, name).endWithContainer(true).build(),
                    Replay.all(),
                    new CollectingViewer().bytesOnly());
            int cuts = 0;
            while (!viewer.kinds().contains(SourceEvent.Kind.FINISHED)) {
                int before = viewer.size();
                int more = 1000 + random.nextInt(200_000);
                viewer.await(
                        "more after cut " + cuts,
                        () -> viewer.size() > before + more || viewer.kinds().contains(SourceEvent.Kind.FINISHED));
                LockSupport.parkNanos(random.nextInt(20_000_000));
                proxy.cutAll();
                cuts++;
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            Duration writing = Duration.between(time("StartedAt"), time("FinishedAt"));
            System.out.printf(
                    "%s: %d cuts, %d lines/s written, %d lines/s read%n",
                    driver,
                    cuts,
                    (LINES + LINES / 3) * 1000L / writing.toMillis(),
                    (LINES + LINES / 3) * 1_000_000_000L / (System.nanoTime() - start));
            assertThat(cuts).isGreaterThanOrEqualTo(20);
            assertThat(viewer.kinds())
                    .filteredOn(SourceEvent.Kind.RECONNECTED::equals)
                    .hasSizeGreaterThanOrEqualTo(15);
            assertThat(viewer.gaps()).isEmpty();
            assertSame(Channel.STDOUT, viewer.bytes(Channel.STDOUT), expected("stdout", 1));
            assertSame(Channel.STDERR, viewer.bytes(Channel.STDERR), expected("stderr", 3));
            if (driver.equals("json-file")) {
                assertSameAsFinalLog(viewer); // local, in this version, has no line end behind a long line
            }
        }
        Files.deleteIfExists(socket);
    }

    /** A time of the container's state, by the daemon's clock. */
    private Instant time(String field) throws Exception {
        return Instant.parse(real.docker("inspect", "--format={{.State." + field + "}}", name));
    }

    private static byte[] expected(String channel, int every) {
        StringBuilder log = new StringBuilder();
        String longLine = "y".repeat(19_999) + "x\n";
        for (int i = 0; i < LINES; i++) {
            if (i % every == 0) {
                log.append("line ").append(i).append(" of ").append(channel).append('\n');
            }
            if (i % 1000 == 0) {
                log.append(i).append(longLine);
            }
        }
        return log.toString().getBytes(StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @ValueSource(strings = {"json-file", "local"})
    void lineOfThreeMegabytes_isOneLine_andTheNextIsNotGluedToIt(String driver) throws Exception {
        real.run(name, "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next", "--log-driver=" + driver);
        CollectingViewer viewer = follow(source());
        viewer.awaitEnd();
        assertThat(viewer.lines()).hasSize(2);
        assertThat(viewer.lines().get(0)).isEqualTo("x".repeat(3_000_000));
        assertThat(viewer.lines().get(1)).isEqualTo("next");
    }

    @Test
    void bytesOfATerminal_areExact() throws Exception {
        real.run(name, "printf '\\001\\000\\000\\000ABCDrest of line\\n'; echo second; seq 3 >&2", "--tty");
        CollectingViewer viewer = follow(source());
        viewer.awaitEnd();
        byte[] expected =
                "\u0001\0\0\0ABCDrest of line\r\nsecond\r\n1\r\n2\r\n3\r\n".getBytes(StandardCharsets.US_ASCII);
        assertSame(Channel.STDOUT, viewer.bytes(Channel.STDOUT), expected);
        assertThat(viewer.bytes(Channel.STDERR)).isEmpty();
    }

    @Test
    void longLineOfATerminal_isPutTogether() throws Exception {
        real.run(name, "head -c 50000 /dev/zero | tr '\\0' x; echo; echo next", "--tty");
        CollectingViewer viewer = follow(source());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("x".repeat(50_000), "next");
    }

    @Test
    void lastLines_areSoMany_alsoOfLongOnes() throws Exception {
        real.run(name, "seq 1000; head -c 100000 /dev/zero | tr '\\0' x; echo; seq 5; echo e >&2; sleep 1000");
        CollectingViewer all = follow(lasting());
        all.await("all lines", () -> all.lines().size() == 1007);
        for (int lines : new int[] {1, 3, 6, 7, 8, 100, 1006, 1007, 5000}) {
            CollectingViewer viewer = new CollectingViewer();
            DockerSource source =
                    DockerSource.builder(daemon, name).follow(false).build();
            hub.open("last " + lines, source, streamOptions())
                    .subscribe(
                            io.logstream.SubscribeOptions.builder()
                                    .replay(Replay.last(lines))
                                    .build(),
                            viewer);
            viewer.awaitEnd();
            assertThat(viewer.lines()).hasSize(Math.min(1007, lines));
            assertThat(viewer.lines()).isEqualTo(all.lines().subList(1007 - Math.min(1007, lines), 1007));
        }
    }

    @Test
    void oneChannel_comesAlone() throws Exception {
        real.run(name, "for i in $(seq 50); do echo out $i; echo err $i >&2; done");
        DockerSource errors = DockerSource.builder(daemon, name)
                .channel(Channel.STDERR)
                .endWithContainer(true)
                .build();
        CollectingViewer viewer = follow(errors);
        viewer.awaitEnd();
        assertThat(viewer.lines()).hasSize(50).allMatch(line -> line.startsWith("err"));
    }

    @Test
    void logDriverNone_isRefused() throws Exception {
        real.run(name, "echo lost", "--log-driver=none");
        EndReason end = follow(source()).awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("'none'").contains("--log-driver");
    }

    @Test
    void logDriverThatSendsElsewhere_isReadFromTheDaemonsCache() throws Exception {
        real.run(name, "seq 100", "--log-driver=gelf", "--log-opt", "gelf-address=udp://127.0.0.1:12201");
        CollectingViewer viewer = follow(source());
        viewer.awaitEnd();
        assertThat(viewer.lines()).isNotEmpty();
        assertSameAsFinalLog(viewer); // the cache of this version itself has not every line
    }

    @Test
    void containerThatIsNotThere_isRefused() throws Exception {
        EndReason end = follow(source()).awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("no such container").contains(name);
    }
}
