package io.logstream.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.BackpressurePolicy;
import io.logstream.Gap;
import io.logstream.LogEntry;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Recorder;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that is rotated a thousand times by a writer at full speed, while a hub follows it. */
@Tag("long")
class RotationStormTest {
    private static final int ROTATIONS = 1_000;
    private static final int LINES = 300;

    @TempDir
    Path directory;

    private FileSource.Watch watch = FileSource.Watch.AUTO;

    /** How the writer names what it has written. */
    private interface Rotation {
        /** Gives the log another name, for the n-th time. */
        void rotate(Path log, int n) throws IOException;
    }

    @Test
    void losesNothing_whenAllFilesAreKeptUnderCounters() throws Exception {
        assertThat(lost((log, n) -> shift(log, n - 1, n - 1))).isZero();
    }

    @Test
    void losesNothing_whenAllFilesAreKeptUnderGrowingNumbers() throws Exception {
        assertThat(lost((log, n) -> Files.move(log, numbered(log, n)))).isZero();
    }

    @Test
    void losesNothing_whenAllFilesAreKeptUnderDates() throws Exception {
        assertThat(lost((log, n) ->
                        Files.move(log, log.resolveSibling(log.getFileName() + "-20260101-" + (100_000 + n)))))
                .isZero();
    }

    @Test
    void losesNothingInSilence_whenThreeAreKept() throws Exception {
        Rotation three = (log, n) -> shift(log, Math.min(n - 1, 3), 2);
        lost(three);
        whileBusy(() -> lost(three));
    }

    @Test
    void losesNothingInSilence_whenThreeAreKept_andTheLogIsPolled() throws Exception {
        watch = FileSource.Watch.OFF;
        lost((log, n) -> shift(log, Math.min(n - 1, 3), 2));
    }

    @Test
    void losesNothingInSilence_whenNoneIsKept() throws Exception {
        Rotation none = (log, n) -> Files.delete(log);
        lost(none);
        whileBusy(() -> lost(none));
    }

    /** Runs this while threads compete for the processors: the reader and the watch are stopped anywhere, for long. */
    private static void whileBusy(Callable<?> storm) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Thread> busy = new ArrayList<>();
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            Thread thread = new Thread(() -> {
                while (!over.get()) {
                    Thread.onSpinWait();
                }
            });
            busy.add(thread);
            thread.start();
        }
        try {
            storm.call();
        } finally {
            over.set(true);
            for (Thread thread : busy) {
                thread.join();
            }
        }
    }

    private static Path numbered(Path log, int number) {
        return log.resolveSibling(log.getFileName() + "." + number);
    }

    /** Moves each of the files to the next number, and the log to the first; what comes behind the last one kept is deleted. */
    private static void shift(Path log, int files, int keep) throws IOException {
        for (int i = files; i > 0; i--) {
            if (i > keep) {
                Files.delete(numbered(log, i));
            } else {
                Files.move(numbered(log, i), numbered(log, i + 1));
            }
        }
        Files.move(log, numbered(log, 1));
    }

    /** Runs the storm. Returns how many lines are covered by gaps; fails if one is missing otherwise, or out of order. */
    private int lost(Rotation rotation) throws Exception {
        Path log =
                Files.createFile(Files.createTempDirectory(directory, "storm").resolve("app.log"));
        Recorder viewer = new Recorder();
        StreamOptions stream =
                StreamOptions.builder().allowBlock(Duration.ofMinutes(1)).build();
        try (LogHub hub = LogHub.create()) {
            hub.open("app", FileSource.builder(log).watch(watch).build(), stream)
                    .subscribe(
                            SubscribeOptions.builder()
                                    .replay(Replay.all())
                                    .policy(BackpressurePolicy.block(Duration.ofMinutes(1)))
                                    .build(),
                            viewer);
            Files.writeString(log, "begin\n");
            viewer.awaitText("begin");
            int written = 0;
            for (int n = 1; n <= ROTATIONS; n++) {
                written = writeFile(log, written);
                rotation.rotate(log, n);
            }
            Files.writeString(log, "end\n");
            viewer.awaitText("end");
            return account(viewer.entries(), written);
        }
    }

    private static int writeFile(Path log, int written) throws IOException {
        int number = written;
        try (OutputStream out = new BufferedOutputStream(
                Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND))) {
            for (int i = 0; i < LINES; i++) {
                out.write((number++ + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        }
        return number;
    }

    private static int account(List<LogEntry> entries, int written) {
        int next = 0;
        int lost = 0;
        boolean gap = false;
        for (LogEntry entry : entries) {
            if (entry instanceof Gap) {
                gap = true;
            } else if (entry instanceof LogLine line && !line.text().equals("begin")) {
                int number = line.text().equals("end") ? written : Integer.parseInt(line.text());
                assertThat(number).isGreaterThanOrEqualTo(next);
                if (number > next) {
                    assertThat(gap)
                            .as("lines from " + next + " to " + number + " lost in silence")
                            .isTrue();
                    lost += number - next;
                }
                gap = false;
                next = number + 1;
            }
        }
        assertThat(next).isEqualTo(written + 1);
        return lost;
    }
}
