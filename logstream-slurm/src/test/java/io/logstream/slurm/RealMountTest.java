package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs whose files are on a file system that tells no changes, as a cluster's are: bindfs, written behind its back. */
class RealMountTest {
    @TempDir
    private Path directory;

    private final FakeQuery query = new FakeQuery();
    private Path real;
    private Path seen;
    private Process mount;

    @BeforeEach
    void mount() throws Exception {
        boolean isThere = Files.isExecutable(Path.of("/usr/bin/bindfs")) && Files.exists(Path.of("/dev/fuse"));
        if (!isThere && !"true".equals(System.getenv("CI"))) {
            System.err.println("SKIPPED: a test with a real mount needs bindfs and /dev/fuse");
            assumeTrue(false, "needs bindfs and /dev/fuse");
        }
        real = Files.createDirectory(directory.resolve("real"));
        seen = Files.createDirectory(directory.resolve("seen"));
        mount = new ProcessBuilder("/usr/bin/bindfs", "-f", "-o", "attr_timeout=0", real.toString(), seen.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        CollectingViewer.until("it is mounted", this::isMounted);
    }

    private boolean isMounted() {
        try {
            return Files.readString(Path.of("/proc/self/mounts")).contains(" " + seen + " ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void unmount() throws Exception {
        if (mount != null) {
            new ProcessBuilder("umount", "-l", seen.toString()).start().waitFor();
            assertThat(mount.waitFor(20, TimeUnit.SECONDS)).as("unmounted").isTrue();
        }
    }

    /** A cut is believed after 3 s there; this job is over before. */
    @Test
    void shortJobThatCutsAnOldFile_isReadWhole() throws Exception {
        for (List<String> files : List.of(
                List.of("of an older job, which wrote a long line\n", "mine\n"),
                List.of("of an older job\n", "as long as older\n"),
                List.of("the same\n", "the same\n"))) {
            String name = "out" + files.hashCode();
            Files.writeString(real.resolve(name), files.get(0));
            Files.setLastModifiedTime(
                    real.resolve(name), FileTime.from(Instant.now().minusSeconds(600)));
            query.says("PENDING", seen.resolve(name).toString());
            try (LogHub hub = LogHub.create();
                    SlurmCluster cluster = query.cluster()) {
                CollectingViewer viewer = new CollectingViewer();
                SlurmJobSource source = SlurmJobSource.builder(cluster, "12")
                        .settleTime(Duration.ofMillis(500))
                        .build();
                hub.open("job", source)
                        .subscribe(
                                SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
                viewer.awaitEvent(Kind.CAUGHT_UP);
                Files.writeString(real.resolve(name), files.get(1));
                query.says("RUNNING", seen.resolve(name).toString());
                query.awaitAnswers(1);
                query.says("COMPLETED", seen.resolve(name).toString());
                viewer.awaitEnd();
                assertThat(viewer.lines()).containsExactly(files.get(1).strip());
            }
        }
    }
}
