package io.logstream.file;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.logstream.Broadcaster;
import io.logstream.LogHub;
import io.logstream.Recorder;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of files in one hub. */
@Timeout(900)
class ManyFilesTest {
    private static final int FILES = 10_000;
    /** A thread that loses the processor for 10 ms gets another one beside it for 10 s: on a busy machine it is seldom alone. */
    private static final Duration UNTIL_QUIET = Duration.ofMinutes(5);

    private static final int DIRECTORIES = 20;
    /** One for each file, and room for what the JVM has open. */
    private static final int DESCRIPTORS = FILES + 1000;

    @TempDir
    Path directory;

    @Test
    void tenThousandIdleFiles_takeTwoThreads_withViewersToo_andAreReadWhenTheyGrow() throws Exception {
        requireDescriptors();
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            Path parent = directory.resolve("" + i % DIRECTORIES);
            Files.createDirectories(parent);
            files.add(Files.writeString(parent.resolve(i + ".log"), "first of " + i + "\n"));
        }
        eventually("nothing else is watched", () -> threads().isEmpty());
        try (LogHub hub = LogHub.create()) {
            StreamOptions atOnce = StreamOptions.builder().startAtOnce(true).build();
            List<Broadcaster> streams = new ArrayList<>();
            for (Path file : files) {
                streams.add(hub.open(file.toString(), FileSource.of(file), atOnce));
            }
            eventually(
                    "all are read",
                    () -> streams.stream().allMatch(stream -> stream.stats().tail() == 1));
            eventually("two threads", UNTIL_QUIET, ManyFilesTest::areTwoThreads);
            SubscribeOptions all =
                    SubscribeOptions.builder().replay(Replay.all()).build();
            List<Recorder> viewers = new ArrayList<>();
            for (Broadcaster stream : streams) {
                Recorder viewer = new Recorder();
                viewers.add(viewer);
                stream.subscribe(all, viewer);
            }
            for (Recorder viewer : viewers) {
                viewer.awaitLines(1);
            }
            eventually("those that called the viewers have gone", UNTIL_QUIET, ManyFilesTest::areTwoThreads);
            for (int i = 0; i < FILES; i += 97) {
                Files.writeString(files.get(i), "second of " + i + "\n", StandardOpenOption.APPEND);
            }
            for (int i = 0; i < FILES; i += 97) {
                viewers.get(i).awaitLines(2);
                assertThat(viewers.get(i).check().texts()).containsExactly("first of " + i, "second of " + i);
            }
        }
    }

    /** Skips the test where too few files can be open at a time, except with CI=true. */
    private static void requireDescriptors() throws IOException {
        String limit = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .findFirst()
                .orElseThrow()
                .split(" +")[3];
        boolean enough = limit.equals("unlimited") || Integer.parseInt(limit) >= DESCRIPTORS;
        if (!enough && !"true".equals(System.getenv("CI"))) {
            System.err.println("SKIPPED: a test of 10,000 files needs ulimit -n " + DESCRIPTORS + ", not " + limit);
            assumeTrue(false, "ulimit -n is " + limit);
        }
        assertThat(enough).as("ulimit -n is %s", limit).isTrue();
    }

    /** One that reads, and one that waits for alarms and for changes. */
    private static boolean areTwoThreads() {
        Set<String> threads = threads();
        return threads.size() == 2
                && threads.contains("lookout")
                && threads.stream().anyMatch(name -> name.startsWith("reading-"));
    }

    /** The names of this library's threads, without what they begin with. */
    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("logstream-"))
                .map(name -> name.substring("logstream-".length()))
                .collect(Collectors.toCollection(HashSet::new));
    }
}
