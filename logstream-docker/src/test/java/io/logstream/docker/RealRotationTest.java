package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent.Kind;
import io.logstream.testkit.CollectingViewer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A log that is rotated while it is followed, and a viewer that does not take what it gets. */
class RealRotationTest extends RealCase {

    private List<String> rotated(String driver, String size, String files, int lines, int every) throws Exception {
        real.run(
                name,
                "awk 'BEGIN { for (i = 1; i <= " + lines + "; i++) { print \"line \" i; if (i % " + every
                        + " == 0) { fflush(); system(\"usleep 10000\") } } }'; sleep 1",
                "--log-driver=" + driver,
                "--log-opt=max-size=" + size,
                "--log-opt=max-file=" + files);
        CollectingViewer viewer = follow(source());
        viewer.awaitEnd();
        List<String> got = new String(viewer.bytes(Channel.STDOUT), StandardCharsets.US_ASCII)
                .lines()
                .toList();
        Set<String> once = new HashSet<>(got);
        assertThat(got).as("no line comes twice").hasSize(once.size());
        int before = 0;
        for (String line : got) {
            int number = Integer.parseInt(line.substring(5));
            assertThat(number).as("the order").isGreaterThan(before);
            before = number;
        }
        long told = viewer.gaps().stream().mapToLong(Gap::lines).sum();
        System.out.printf(
                "%s %s x %s: %d of %d lines came, %d gaps of %d lines%n",
                driver, size, files, got.size(), lines, viewer.gaps().size(), told);
        assertThat(got).last().isEqualTo("line " + lines);
        assertThat(viewer.gaps()).extracting(Gap::reason).isSubsetOf(Gap.Reason.ROTATED, Gap.Reason.DROPPED);
        boolean someUnknown = viewer.gaps().stream().anyMatch(gap -> gap.lines() == 0);
        assertThat(got.size() + told >= lines || someUnknown)
                .as("what is missing is told")
                .isTrue();
        return got;
    }

    @Test
    void noLineComesTwice_whenALogOf100KilobytesIsRotated() throws Exception {
        rotated("json-file", "100k", "3", 5_000, 10);
    }

    @Test
    void noLineComesTwice_whenAFastLogIsRotated() throws Exception {
        rotated("json-file", "1m", "3", 120_000, 2000);
    }

    @Test
    void noLineComesTwice_whenALogOfTheLocalDriverIsRotated() throws Exception {
        rotated("local", "1m", "5", 100_000, 2000);
    }

    @Test
    void containerIsNotHeldUp_andNothingIsLost_whenAViewerBlocks() throws Exception {
        Path marker = Files.createTempDirectory("logstream-blocked");
        real.run(
                name,
                "awk 'BEGIN { for (i = 1; i <= 150000; i++) print \"line \" i \" and some more text\" }'; touch /m/done",
                "--volume=" + marker + ":/m");
        BlockedViewer viewer = new BlockedViewer();
        follow(source(), io.logstream.Replay.all(), viewer.collected);
        long rss = residentKilobytes();
        CollectingViewer.until("the container is done", () -> Files.exists(marker.resolve("done")));
        long grown = residentKilobytes() - rss;
        System.out.println("the daemon has grown by " + grown + " kB while a viewer was blocked");
        viewer.release();
        viewer.collected.awaitEnd();
        assertThat(viewer.collected.lines()).hasSize(150_000);
        assertThat(viewer.collected.kinds()).contains(Kind.FINISHED);
        assertSameAsFinalLog(viewer.collected);
        assertThat(grown).isLessThan(40_000);
        Files.delete(marker.resolve("done"));
        Files.delete(marker);
    }

    private long residentKilobytes() throws Exception {
        return Files.readAllLines(Path.of("/proc/" + real.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    /** Takes its first batch and then nothing until it is released. */
    private static final class BlockedViewer {
        private final java.util.concurrent.CountDownLatch released = new java.util.concurrent.CountDownLatch(1);
        final CollectingViewer collected = new CollectingViewer().before(this::await);

        private void await() {
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void release() {
            released.countDown();
        }
    }
}
