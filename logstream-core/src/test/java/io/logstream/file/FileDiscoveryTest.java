package io.logstream.file;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogEntry;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Recorder;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A hub, a directory and one viewer over all that is found in it. */
class FileDiscoveryTest {
    @TempDir
    Path directory;

    private final LogHub hub = LogHub.create();
    private final Recorder viewer = new OfMany();

    /** The sequences of several streams do not follow each other. */
    private static final class OfMany extends Recorder {
        @Override
        public Recorder check() {
            assertThat(ends()).hasSizeLessThanOrEqualTo(1);
            return this;
        }

        /** Lines and gaps by stream. */
        Map<String, List<String>> byStream() {
            Map<String, List<String>> result = new TreeMap<>();
            for (LogEntry entry : entries()) {
                if (entry instanceof LogLine || entry instanceof Gap) {
                    result.computeIfAbsent(entry.stream(), id -> new ArrayList<>())
                            .add(entry instanceof LogLine line ? line.text() : entry.toString());
                }
            }
            return result;
        }
    }

    @AfterEach
    void closeHub() {
        hub.close();
        viewer.check();
    }

    private Map<String, List<String>> shown() {
        return ((OfMany) viewer).byStream();
    }

    private Subscription subscribe(FileDiscovery discovery) {
        return hub.subscribe(discovery, StreamOptions.defaults(), SubscribeOptions.defaults(), viewer);
    }

    private Path append(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String id(String name) {
        return directory + "/" + name;
    }

    private long told(String stream, SourceEvent.Kind kind) {
        return viewer.entries().stream()
                .filter(entry -> entry.stream().equals(stream))
                .filter(entry -> entry instanceof SourceEvent event && event.kind() == kind)
                .count();
    }

    @Test
    void presentFiles_areJoinedAsAskedFor_laterOnesFromTheirBeginning() throws Exception {
        append("a.log", "a1\na2\na3\n");
        hub.subscribe(
                FileDiscovery.of(directory + "/**/*.log"),
                StreamOptions.defaults(),
                SubscribeOptions.builder().replay(Replay.last(1)).build(),
                viewer);
        viewer.awaitLines(1);
        append("x/y/b.log", "b1\nb2\nb3\n");
        viewer.awaitLines(4);
        append("a.log", "a4\n");
        append("x/y/b.log", "b4\n");
        viewer.awaitLines(6);
        assertThat(shown())
                .isEqualTo(Map.of(id("a.log"), List.of("a3", "a4"), id("x/y/b.log"), List.of("b1", "b2", "b3", "b4")));
    }

    @Test
    void rotatedFile_whoseNewNameMatchesToo_isReadOnce() throws Exception {
        Path log = append("app.log", "0\n");
        subscribe(FileDiscovery.of(directory + "/app.log*"));
        viewer.awaitLines(1);
        List<String> expected = new ArrayList<>(List.of("0"));
        for (int round = 1; round <= 4; round++) {
            append("app.log", round + " old\n");
            for (int i = round - 1; i >= 1; i--) {
                Files.move(directory.resolve("app.log." + i), directory.resolve("app.log." + (i + 1)));
            }
            Files.move(log, directory.resolve("app.log.1"));
            append("app.log", round + " new\n");
            expected.addAll(List.of(round + " old", round + " new"));
            viewer.awaitLines(expected.size());
        }
        append("app.log.4.gz", "not text\n");
        Files.delete(directory.resolve("app.log.4"));
        append("app.log", "end\n");
        expected.add("end");
        viewer.awaitText("end");
        assertThat(shown()).isEqualTo(Map.of(id("app.log"), expected));
        assertThat(hub.streams()).hasSize(1);
    }

    @Test
    void aThousandFilesAtOnce_areEachReadFromTheBeginningOnce() throws Exception {
        append("logs/present", "not asked for\n");
        hub.subscribe(
                FileDiscovery.of(directory + "/logs"),
                StreamOptions.defaults(),
                SubscribeOptions.builder().replay(Replay.none()).build(),
                viewer);
        viewer.awaitEvent(SourceEvent.Kind.APPEARED);
        Map<String, List<String>> expected = new TreeMap<>();
        for (int i = 0; i < 1000; i++) {
            append("logs/" + i, "first of " + i + "\nsecond of " + i + "\n");
            expected.put(id("logs/" + i), List.of("first of " + i, "second of " + i));
        }
        viewer.awaitLines(2000);
        assertThat(shown()).isEqualTo(expected);
    }

    @Test
    void deletedFile_ends_andIsANewStreamWhenItComesBack() throws Exception {
        Path log = append("a.log", "one\n");
        append("b.log", "b\n");
        subscribe(FileDiscovery.builder(directory.toString())
                .goneAfter(Duration.ofMillis(50))
                .build());
        viewer.awaitLines(2);
        append("a.log", "last\n");
        Files.delete(log);
        eventually("its end is told", () -> told(id("a.log"), SourceEvent.Kind.ENDED) == 1);
        append("a.log", "new\n");
        viewer.awaitText("new");
        assertThat(shown().get(id("a.log"))).endsWith("new").startsWith("one").doesNotHaveDuplicates();
        assertThat(told(id("a.log"), SourceEvent.Kind.APPEARED)).isEqualTo(2);
        assertThat(viewer.ends()).isEmpty();
    }

    @Test
    void twoPatternsInOneHub_doNotClash() throws Exception {
        append("x/app.log", "x\n");
        append("y/app.log", "y\n");
        subscribe(FileDiscovery.of(directory + "/x/*.log"));
        OfMany second = new OfMany();
        hub.subscribe(
                FileDiscovery.of(directory + "/y/*.log"),
                StreamOptions.defaults(),
                SubscribeOptions.defaults(),
                second);
        viewer.awaitLines(1);
        second.awaitLines(1);
        assertThat(shown()).isEqualTo(Map.of(id("x/app.log"), List.of("x")));
        assertThat(second.byStream()).isEqualTo(Map.of(id("y/app.log"), List.of("y")));
    }

    @Test
    void tooManyFiles_areToldByAStreamThatFails() throws Exception {
        append("a", "a\n");
        append("b", "b\n");
        subscribe(FileDiscovery.builder(directory + "/*").maxFiles(1).build());
        viewer.awaitText("a");
        eventually("it is told", () -> told(directory + "/*", SourceEvent.Kind.ENDED) == 1);
        assertThat(viewer.entries())
                .filteredOn(entry -> entry instanceof SourceEvent event && event.kind() == SourceEvent.Kind.ENDED)
                .singleElement()
                .asString()
                .contains("more than 1 files");
        assertThat(viewer.ends()).isEmpty();
    }

    @Test
    void namesThatTheLanguageOfTheSystemCannotSpell_areFollowedToo() throws Exception {
        append("caf\u00e9.log", "one\n");
        append("caf\u00e9.log.1", "old\n");
        ProcessBuilder english = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        String.join(
                                File.pathSeparator,
                                placeOf(FileDiscovery.class),
                                placeOf(FileDiscoveryTest.class),
                                placeOf(LoggerFactory.class)),
                        InEnglish.class.getName(),
                        directory + "/*")
                .redirectErrorStream(true);
        english.environment().put("LC_ALL", "C");
        Process process = english.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output).contains("line one", "COMPLETED");
    }

    private static String placeOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    /** A process that knows ASCII only. */
    static final class InEnglish {
        private InEnglish() {}

        public static void main(String[] pattern) throws Exception {
            try (LogHub hub = LogHub.create()) {
                Subscription subscription = hub.subscribe(
                        FileDiscovery.builder(pattern[0]).follow(false).build(),
                        StreamOptions.defaults(),
                        SubscribeOptions.defaults(),
                        lines -> lines.forEach(line -> System.out.println("line " + line.text())));
                System.out.println(subscription.awaitEnd(Duration.ofSeconds(30)) + " "
                        + subscription.end().orElseThrow());
            }
        }
    }

    @Test
    void withoutFollow_theViewerEndsWhenAllHasBeenRead() throws Exception {
        append("a", "a1\na2\n");
        append("b", "b1\nunfinished");
        subscribe(FileDiscovery.builder(directory + "/?").follow(false).build());
        viewer.awaitEnd();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(shown()).isEqualTo(Map.of(id("a"), List.of("a1", "a2"), id("b"), List.of("b1", "unfinished")));
    }

    @Test
    void tokens_leadOnAfterARestart_alsoThroughARotation() throws Exception {
        append("a.log", "a1\n");
        append("b.log", "b1\n");
        Subscription first = subscribe(FileDiscovery.of(directory + "/*.log*"));
        viewer.awaitLines(2);
        eventually("it is counted", () -> first.stats().delivered() == 2);
        Map<String, ResumeToken> tokens = first.tokens();
        hub.close();
        append("a.log", "a2\n");
        Files.move(directory.resolve("a.log"), directory.resolve("a.log.1"));
        append("a.log", "a3\n");
        append("c.log", "c1\n");
        OfMany second = new OfMany();
        try (LogHub later = LogHub.create()) {
            later.subscribe(
                    FileDiscovery.of(directory + "/*.log*"),
                    StreamOptions.defaults(),
                    SubscribeOptions.builder().replay(Replay.after(tokens)).build(),
                    second);
            second.awaitLines(3);
            append("b.log", "b2\n");
            second.awaitLines(4);
        }
        assertThat(second.byStream())
                .isEqualTo(Map.of(
                        id("a.log"), List.of("a2", "a3"), id("b.log"), List.of("b2"), id("c.log"), List.of("c1")));
    }

    @Test
    void identity_isTheAbsolutePatternAndWhatIsLeftOut() {
        assertThat(FileDiscovery.of("/var/log/./*/app.log").identity()).isEqualTo("files:/var/log/*/app.log");
        assertThat(FileDiscovery.of("logs").identity())
                .isEqualTo("files:" + Path.of("logs").toAbsolutePath());
        assertThat(FileDiscovery.builder("/var/log/*")
                        .exclude("b*")
                        .exclude("a*")
                        .build())
                .hasToString("files:/var/log/* without a* without b*");
    }

    @Test
    void options_areRefusedWithTheirValue_whenOutOfRange() {
        FileDiscovery.Builder builder = FileDiscovery.builder("*.log");
        assertThatThrownBy(() -> builder.pollInterval(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pollInterval of PT0S");
        assertThatThrownBy(() -> builder.goneAfter(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("goneAfter of PT0S");
        assertThatThrownBy(() -> builder.maxFiles(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxFiles of 0");
        assertThatThrownBy(() -> builder.exclude("[")).isInstanceOf(IllegalArgumentException.class);
    }
}
