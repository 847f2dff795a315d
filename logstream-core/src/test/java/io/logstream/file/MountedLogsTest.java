package io.logstream.file;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Broadcaster;
import io.logstream.FuseMount;
import io.logstream.LogHub;
import io.logstream.Recorder;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A hub that follows logs through real mounts, which tell no changes, keep attributes for a second, and may hang. */
@Timeout(180)
@Tag("long")
class MountedLogsTest {
    @TempDir
    Path directory;

    private Path behind;
    private Path mounted;
    private final LogHub hub = LogHub.create();
    private FuseMount mount;

    @BeforeEach
    void directories() throws IOException {
        behind = Files.createDirectory(directory.resolve("behind"));
        mounted = Files.createDirectory(directory.resolve("mounted"));
    }

    @AfterEach
    void close() throws Exception {
        try {
            hub.close();
        } finally {
            if (mount != null) {
                mount.unmount();
            }
        }
    }

    private static Path append(Path file, String text) throws IOException {
        return Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private Broadcaster follow(Path log, Recorder viewer) {
        return follow(log, FileSource.Watch.AUTO, viewer);
    }

    private Broadcaster follow(Path log, FileSource.Watch watch, Recorder viewer) {
        Broadcaster app =
                hub.open(log.toString(), FileSource.builder(log).watch(watch).build());
        app.subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return app;
    }

    /** Writes lines and rotates the file, and compares what came with all that was written. */
    private void followThroughRotations() throws Exception {
        Path log = append(behind.resolve("app.log"), "");
        Recorder viewer = new Recorder();
        follow(mounted.resolve("app.log"), viewer);
        List<String> written = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 500; i++) {
                written.add("line " + i + " of round " + round);
                append(log, written.get(written.size() - 1) + "\n");
                if (i == 100) {
                    viewer.awaitLines(written.size()); // the rest is written while it is read
                }
            }
            Files.move(log, behind.resolve("app.log." + round));
            written.add("late line of round " + round);
            append(behind.resolve("app.log." + round), written.get(written.size() - 1) + "\n");
            written.add("first line of the next");
            append(log, written.get(written.size() - 1) + "\n");
            viewer.awaitLines(written.size());
        }
        assertThat(viewer.check().texts()).isEqualTo(written);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void rotations_areReadWhole_throughBindfs() throws Exception {
        mount = FuseMount.bindfs(behind, mounted, "attr_timeout=1");
        followThroughRotations();
    }

    @Test
    void rotations_areReadWhole_throughSshfs() throws Exception {
        mount = FuseMount.sshfs(behind, mounted, "dir_cache=no,attr_timeout=1,entry_timeout=1");
        followThroughRotations();
    }

    @ParameterizedTest
    @EnumSource(FileSource.Watch.class)
    void mountThatHangs_delaysOnlyItsOwnFiles(FileSource.Watch watch) throws Exception {
        mount = FuseMount.bindfs(behind, mounted, "attr_timeout=0,entry_timeout=0");
        Path remote = append(behind.resolve("remote.log"), "r1\n");
        Path local = append(directory.resolve("local.log"), "l1\n");
        Recorder hung = new Recorder();
        Recorder free = new Recorder();
        follow(mounted.resolve("remote.log"), watch, hung);
        follow(local, free);
        hung.awaitText("r1");
        free.awaitText("l1");
        mount.hang();
        awaitHung();
        append(remote, "r2\n");
        for (int i = 2; i < 20; i++) {
            append(local, "l" + i + "\n");
            free.awaitText("l" + i);
        }
        // Others that are opened now, elsewhere and there.
        Path other = append(Files.createDirectory(directory.resolve("other")).resolve("other.log"), "o1\n");
        Recorder late = new Recorder();
        follow(other, late);
        late.awaitText("o1");
        append(other, "o2\n");
        late.awaitText("o2");
        Recorder beside = new Recorder();
        append(behind.resolve("beside.log"), "b1\n");
        follow(mounted.resolve("beside.log"), watch, beside);
        Broadcaster closed = follow(mounted.resolve("closed.log"), watch, new Recorder());
        assertThat(elapsed(closed::close)).isLessThan(Duration.ofSeconds(5));
        append(local, "last\n");
        free.awaitText("last");
        assertThat(hung.texts()).containsExactly("r1");
        assertThat(beside.texts()).isEmpty();
        mount.proceed();
        hung.awaitText("r2");
        beside.awaitText("b1");
        append(remote, "r3\n");
        hung.awaitText("r3");
        assertThat(hung.check().texts()).containsExactly("r1", "r2", "r3");
    }

    @Test
    void close_returnsWithinASecond_whileAMountHangs() throws Exception {
        mount = FuseMount.bindfs(behind, mounted, "attr_timeout=0,entry_timeout=0");
        append(behind.resolve("remote.log"), "r1\n");
        Recorder hung = new Recorder();
        follow(mounted.resolve("remote.log"), hung);
        hung.awaitText("r1");
        mount.hang();
        awaitHung();
        follow(mounted.resolve("other.log"), new Recorder());
        assertThat(elapsed(hub::close)).isLessThan(Duration.ofSeconds(5));
        assertThat(hung.ends()).hasSize(1);
        mount.proceed();
        eventually("no thread is left", () -> inFiles() == 0);
    }

    /** Waits until a thread of the hub does not come back from the file system. */
    private static void awaitHung() throws Exception {
        StackTraceElement[][] before = {{}};
        long[] since = {System.nanoTime()};
        eventually("a thread hangs", () -> {
            StackTraceElement[] now = stuckStack();
            if (now.length == 0 || !Arrays.equals(now, before[0])) {
                before[0] = now;
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > Duration.ofMillis(300).toNanos();
        });
    }

    private static StackTraceElement[] stuckStack() {
        return readers().filter(MountedLogsTest::isInFiles).findFirst().orElse(new StackTraceElement[0]);
    }

    private static long inFiles() {
        return readers().filter(MountedLogsTest::isInFiles).count();
    }

    private static Stream<StackTraceElement[]> readers() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(entry -> entry.getKey().getName().startsWith("logstream"))
                .map(Map.Entry::getValue);
    }

    private static boolean isInFiles(StackTraceElement[] stack) {
        return Arrays.stream(stack)
                .anyMatch(frame -> frame.getClassName().endsWith("SystemFiles")
                        || frame.getClassName().contains("SystemFiles$"));
    }

    private static Duration elapsed(AutoCloseable close) throws Exception {
        long begin = System.nanoTime();
        close.close();
        return Duration.ofNanos(System.nanoTime() - begin);
    }
}
