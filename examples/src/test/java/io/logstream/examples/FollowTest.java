package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.logstream.ResumeToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The command follow, as its user sees it. Each test waits for processes of its own. */
@Execution(ExecutionMode.CONCURRENT)
class FollowTest {
    @TempDir
    Path folder;

    private Path log;

    @BeforeEach
    void nameLog() {
        log = folder.resolve("app.log");
    }

    private void append(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    // What is shown.

    @Test
    void noFollow_lastLineUnterminated_isWrittenAsItIs() throws Exception {
        append("one\n\ntwo");
        assertThat(new String(output("--no-follow", log), StandardCharsets.UTF_8))
                .isEqualTo("one\n\ntwo");
    }

    @Test
    void noFollow_history_beginsWithTheLastLines() throws Exception {
        append("1\n2\n3\n4\n5\n");
        assertThat(lines("--no-follow", "--history", "2", log)).containsExactly("4", "5");
        assertThat(lines("--no-follow", "--new-only", log)).isEmpty();
        assertThat(lines("--no-follow", log)).hasSize(5);
    }

    @Test
    void noFollow_filters_chooseLines() throws Exception {
        append("INFO apple\nWARN pear\nERROR plum\nERROR apple pie\nnothing\n");
        assertThat(lines("--no-follow", "--filter", "apple", "--filter", "plum", log))
                .containsExactly("INFO apple", "ERROR plum", "ERROR apple pie");
        assertThat(lines("--no-follow", "--level", "warn", "--exclude", "pie$", log))
                .containsExactly("WARN pear", "ERROR plum");
    }

    @Test
    void noFollow_timestamps_areRfc3339() throws Exception {
        append("hello\n");
        String line = lines("--no-follow", "--timestamps", log).get(0);
        assertThat(line).endsWith(" hello");
        assertThat(Duration.between(Instant.parse(line.substring(0, line.indexOf(' '))), Instant.now()))
                .isBetween(Duration.ZERO, Duration.ofMinutes(5));
    }

    @Test
    void text_escapeSequences_areShownUnlessRaw() throws Exception {
        byte[] bytes = "\u001b[31mred\u001b[0m \u202e \r.\n".getBytes(StandardCharsets.UTF_8);
        Files.write(log, bytes);
        assertThat(lines("--no-follow", log)).containsExactly("\\x1b[31mred\\x1b[0m \\u202e \\x0d.");
        assertThat(output("--no-follow", "--raw", log)).isEqualTo(bytes);
    }

    @Test
    void malformedUtf8_isShownOrReplaced() throws Exception {
        byte[] bytes = {'a', (byte) 0xff, 'b', (byte) 0xe2, (byte) 0x82, '\n'};
        Files.write(log, bytes);
        assertThat(lines("--no-follow", log)).containsExactly("a\\xffb\\xe2\\x82");
        assertThat(output("--no-follow", "--raw", log)).isEqualTo(bytes);
        assertThat(lines("--no-follow", "--output-format", "json", log))
                .anySatisfy(line -> assertThat(Json.parse(line).get("content")).isEqualTo("a\ufffdb\ufffd"));
    }

    @Test
    void json_line_tellsAllFacts() throws Exception {
        append("zero\none \"quoted\"\n");
        Instant before = Instant.now();
        List<String> lines = lines("--no-follow", "--history", "1", "--output-format", "json", log);
        Map<String, Object> line = Json.parse(lines.get(0));
        assertThat(Instant.parse((String) line.remove("timestamp")))
                .isBetween(before.minusSeconds(5), Instant.now().plusSeconds(5));
        assertThat(line)
                .isEqualTo(Map.of(
                        "stream",
                        log.toString(),
                        "type",
                        "stdout",
                        "content",
                        "one \"quoted\"",
                        "line_num",
                        2L,
                        "source",
                        "file",
                        "seq",
                        0L));
        assertThat(Json.parse(lines.get(lines.size() - 1))).containsEntry("event", "ended");
    }

    @Test
    void json_partsOfALine_areMarked() throws Exception {
        append("x".repeat((1 << 20) + 5) + "\nnext\n");
        List<Map<String, Object>> lines = lines("--no-follow", "--output-format", "json", log).stream()
                .map(Json::parse)
                .filter(line -> line.containsKey("content"))
                .toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).containsEntry("partial", true).doesNotContainKey("continuation");
        assertThat(lines.get(1)).containsEntry("continuation", true).doesNotContainKey("partial");
        assertThat(lines).extracting(line -> line.get("line_num")).containsExactly(1L, 1L, 2L);
        assertThat(lines).extracting(line -> line.get("seq")).containsExactly(0L, 1L, 2L);
    }

    @Test
    void text_lineWrittenInTwoPieces_isOneLine() throws Exception {
        append("begun ");
        Path output = folder.resolve("output");
        try (Cli follow = Cli.startInto(output, List.of(), "follow", log)) {
            await(() -> Files.readString(output).equals("begun "));
            append("and ended\nnext\n");
            await(() -> Files.readString(output).equals("begun and ended\nnext\n"));
            assertThat(follow.err.soFar()).isEmpty();
        }
    }

    @Test
    void progress_updates_areLinesWhereNoTerminalIs_andNamedInJson() throws Exception {
        append("10%\r20%\r\nnext\n");
        assertThat(lines("--no-follow", log)).containsExactly("10%\\x0d20%", "next");
        assertThat(new String(output("--no-follow", "--progress", log), StandardCharsets.UTF_8))
                .isEqualTo("10%\n20%\nnext\n");
        List<Map<String, Object>> lines = lines("--no-follow", "--progress", "--output-format", "json", log).stream()
                .map(Json::parse)
                .filter(line -> line.containsKey("content"))
                .toList();
        assertThat(lines).extracting(line -> line.get("content")).containsExactly("10%", "20%", "next");
        assertThat(lines.get(0))
                .containsEntry("ending", "cr")
                .containsEntry("partial", true)
                .doesNotContainKey("continuation");
        assertThat(lines.get(1)).containsEntry("continuation", true).doesNotContainKeys("ending", "partial");
        assertThat(lines).extracting(line -> line.get("line_num")).containsExactly(1L, 1L, 2L);
        assertThat(lines).extracting(line -> line.get("seq")).containsExactly(0L, 1L, 2L);
    }

    @Test
    void progress_lineThatIsUpdatedLater_isShownAtOnce() throws Exception {
        append("10%\r");
        Path output = folder.resolve("output");
        try (Cli follow = Cli.startInto(output, List.of(), "follow", "--progress", log)) {
            await(() -> Files.readString(output).equals("10%"));
            append("20%\r");
            await(() -> Files.readString(output).equals("10%\n20%"));
            append("100%\r\nnext\n");
            await(() -> Files.readString(output).equals("10%\n20%\n100%\nnext\n"));
            assertThat(follow.err.soFar()).isEmpty();
        }
    }

    @Test
    void text_twoSources_areMergedAndNamed() throws Exception {
        Path second = folder.resolve("second.log");
        append("a1\n");
        Files.writeString(second, "b1\n");
        try (Cli follow = Cli.start("follow", log, second)) {
            follow.out.awaitLine(log + " | a1");
            follow.out.awaitLine(second + " | b1");
            append("a2\n");
            follow.out.awaitLine(log + " | a2");
            Files.writeString(second, "b2\n", StandardOpenOption.APPEND);
            follow.out.awaitLine(second + " | b2");
            assertThat(follow.out.soFar()).hasSize(4);
        }
    }

    @Test
    void json_twoSources_endWithTheLast() throws Exception {
        Path second = folder.resolve("second.log");
        append("a1\na2\n");
        Files.writeString(second, "b1\n");
        List<Map<String, Object>> lines = lines("--no-follow", "--output-format", "json", log, second).stream()
                .map(Json::parse)
                .toList();
        assertThat(lines.stream().filter(line -> line.containsKey("content")))
                .extracting(line -> line.get("stream") + " " + line.get("content"))
                .containsExactlyInAnyOrder(log + " a1", log + " a2", second + " b1");
        assertThat(lines.stream().filter(line -> "ended".equals(line.get("event"))))
                .extracting(line -> line.get("stream"))
                .containsExactlyInAnyOrder(log.toString(), second.toString());
    }

    @Test
    void follow_fileThatIsNotThereYet_isWaitedFor() throws Exception {
        try (Cli follow = Cli.start("follow", log)) {
            follow.err.awaitLine("waiting for " + log);
            append("hello\n");
            follow.out.awaitLine("hello");
        }
    }

    @Test
    void follow_patternDirectoryAndFile_showEachLineWithItsFile() throws Exception {
        append("a1\n");
        Path logs = Files.createDirectory(folder.resolve("logs"));
        Path web = Files.writeString(logs.resolve("web.log"), "w1\n");
        Path deep = Files.createDirectories(folder.resolve("deep/er")).resolve("x.log");
        try (Cli follow = Cli.start("follow", log, logs + "/", folder + "/deep/**/*.log", folder + "/*.log")) {
            follow.out.awaitCount(2);
            Files.writeString(deep, "x1\nx2\n");
            follow.out.awaitCount(4);
            Path job = Files.writeString(logs.resolve("job"), "j1\n");
            follow.out.awaitCount(5);
            append("a2\n");
            follow.out.awaitCount(6);
            assertThat(follow.out.soFar())
                    .containsExactlyInAnyOrder(
                            log + " | a1", web + " | w1", deep + " | x1", deep + " | x2", job + " | j1", log + " | a2");
            follow.err.awaitLine("-- " + deep + ": appeared --");
        }
    }

    @Test
    void noFollow_pattern_endsWithTheFiles() throws Exception {
        append("a1\n");
        Path second = Files.writeString(folder.resolve("second.log"), "b1\nb2\n");
        Files.writeString(folder.resolve("app.log.1"), "old\n");
        try (Cli follow = Cli.start("follow", "--no-follow", "--output-format", "json", folder + "/*")) {
            assertThat(follow.exitCode()).isZero();
            assertThat(follow.out.soFar().stream().map(Json::parse).filter(line -> line.containsKey("content")))
                    .extracting(line -> line.get("stream") + " " + line.get("content") + " " + line.get("source"))
                    .containsExactlyInAnyOrder(log + " a1 file", second + " b1 file", second + " b2 file");
        }
        try (Cli follow = Cli.start("follow", "--no-follow", folder + "/no/*.log")) {
            assertThat(follow.exitCode()).isEqualTo(1);
            assertThat(follow.err.soFar()).containsExactly("logstream: there is no directory " + folder.resolve("no"));
        }
    }

    @Test
    void resumeFile_pattern_goesOnInEachFile() throws Exception {
        Path resume = Files.createDirectory(folder.resolve("state")).resolve("resume");
        Path second = Files.writeString(folder.resolve("second.log"), "b1\n");
        append("a1\n");
        String pattern = folder + "/*.log";
        for (List<String> expected : List.of(
                List.of(log + " | a1", second + " | b1"),
                List.<String>of(),
                List.of(log + " | a2", second + " | b2", folder + "/third.log | c1"))) {
            if (expected.size() == 3) {
                append("a2\n");
                Files.writeString(second, "b2\n", StandardOpenOption.APPEND);
                Files.writeString(folder.resolve("third.log"), "c1\n");
            }
            try (Cli follow = Cli.start("follow", "--no-follow", "--resume-file", resume, pattern)) {
                assertThat(follow.exitCode()).isZero();
                assertThat(follow.out.soFar()).containsExactlyInAnyOrderElementsOf(expected);
            }
        }
    }

    @Test
    void follow_100MegabyteLine_fitsIn64Megabytes() throws Exception {
        byte[] block = new byte[1 << 20];
        Arrays.fill(block, (byte) 'x');
        try (OutputStream out = Files.newOutputStream(log)) {
            for (int i = 0; i < 100; i++) {
                out.write(block);
            }
            out.write("\nnext\n".getBytes(StandardCharsets.UTF_8));
        }
        Path output = folder.resolve("output");
        for (String format : List.of("json", "text")) {
            try (Cli follow = Cli.startInto(
                    output, List.of("-Xmx64m"), "follow", "--no-follow", "--output-format", format, log)) {
                assertThat(follow.exitCode()).isZero();
                assertThat(follow.err.soFar()).isEmpty();
            }
        }
        assertThat(Files.mismatch(log, output)).isEqualTo(-1);
    }

    @Test
    void json_outputStuckWithDropOldest_getsAGapForWhatIsMissing() throws Exception {
        int lines = 400_000;
        try (NumberedLog numbered = new NumberedLog(log)) {
            numbered.write(lines);
        }
        long next = 0;
        long lost = 0;
        try (Cli follow = Cli.startUnread(
                "follow", "--from-start", "--no-follow", "--policy", "drop-oldest", "--output-format", "json", log)) {
            Path io = Path.of("/proc", Long.toString(follow.process.pid()), "io");
            assumeTrue(Files.isReadable(io));
            await(() -> Long.parseLong(Files.readAllLines(io).get(0).substring("rchar: ".length())) > Files.size(log));
            for (String text : new String(follow.process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                Map<String, Object> entry = Json.parse(text);
                if ("gap".equals(entry.get("event"))) {
                    assertThat(entry).containsEntry("from", next).containsEntry("reason", "lapped");
                    lost += (Long) entry.get("count");
                    next = (Long) entry.get("to") + 1;
                } else if (entry.containsKey("content")) {
                    assertThat(entry.get("seq")).isEqualTo(next++);
                }
            }
            assertThat(follow.exitCode()).isZero();
        }
        assertThat(next).isEqualTo(lines);
        assertThat(lost).isPositive();
    }

    // Going on.

    @Test
    void resumeFile_secondRun_goesOnWithTheNextLine() throws Exception {
        Path resume = folder.resolve("resume");
        append("1\n2\n3\n");
        assertThat(lines("--no-follow", "--resume-file", resume, "--history", "2", log))
                .containsExactly("2", "3");
        assertThat(lines("--no-follow", "--resume-file", resume, log)).isEmpty();
        append("4\n");
        assertThat(lines("--no-follow", "--resume-file", resume, log)).containsExactly("4");
    }

    @Test
    void resumeFile_newOnlyAndInterrupted_losesNoLineWrittenMeanwhile() throws Exception {
        Path resume = folder.resolve("resume");
        append("old\n");
        try (Cli follow = Cli.start("follow", "--new-only", "--resume-file", resume, log)) {
            await(() -> Files.exists(resume));
            follow.kill();
        }
        append("meanwhile\n");
        assertThat(lines("--no-follow", "--new-only", "--resume-file", resume, log))
                .containsExactly("meanwhile");
    }

    @Test
    void resumeFile_halfALine_isGoneOnWith() throws Exception {
        Path resume = folder.resolve("resume");
        append("whole\nhal");
        assertThat(new String(output("--no-follow", "--resume-file", resume, log), StandardCharsets.UTF_8))
                .isEqualTo("whole\nhal");
        append("f\n");
        assertThat(new String(output("--no-follow", "--resume-file", resume, log), StandardCharsets.UTF_8))
                .isEqualTo("f\n");
    }

    // How it ends.

    @Test
    void closedPipe_endsQuietly() throws Exception {
        try (NumberedLog numbered = new NumberedLog(log)) {
            numbered.write(50_000);
        }
        try (Cli follow = Cli.startUnread("follow", "--from-start", log)) {
            InputStream output = follow.process.getInputStream();
            assertThat(output.readNBytes(1000)).hasSize(1000);
            output.close();
            assertThat(follow.exitCode()).isZero();
            assertThat(follow.err.soFar()).isEmpty();
        }
    }

    @Test
    void outputThatCannotBeWritten_isOneClearLine() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        append("hello\n");
        try (Cli follow = Cli.startInto(full, List.of(), "follow", log)) {
            assertThat(follow.exitCode()).isEqualTo(1);
            assertThat(follow.err.soFar())
                    .singleElement()
                    .asString()
                    .startsWith("logstream: the output can't be written: ");
        }
    }

    @Test
    void resumeFile_closedPipe_doesNotCountWhatCouldNotBeWritten() throws Exception {
        Path resume = folder.resolve("resume");
        try (NumberedLog numbered = new NumberedLog(log)) {
            numbered.write(50_000);
        }
        try (Cli follow = Cli.startUnread("follow", "--from-start", "--resume-file", resume, log)) {
            follow.process.getInputStream().close();
            assertThat(follow.exitCode()).isZero();
        }
        assertThat(lines("--no-follow", "--resume-file", resume, log)).hasSize(50_000);
    }

    static Stream<Arguments> errors() {
        return Stream.of(
                arguments(List.of(), "Missing required parameter: 'SOURCE'"),
                arguments(List.of("--bogus", "LOG"), "Unknown option: '--bogus'"),
                arguments(List.of("--filter", "(", "LOG"), "'(' is no regular expression: Unclosed group"),
                arguments(List.of("--exclude", "a\n[", "LOG"), "is no regular expression: Unclosed character class"),
                arguments(
                        List.of("--level", "loud", "LOG"), "expected one of [TRACE, DEBUG, INFO, WARN, ERROR, FATAL]"),
                arguments(List.of("--history", "x", "LOG"), "'x' is not an int"),
                arguments(List.of("--history", "-1", "LOG"), "use 0 or more"),
                arguments(List.of("--history", "1", "--new-only", "LOG"), "mutually exclusive"),
                arguments(List.of("--policy", "wait", "LOG"), "'wait' is none of block"),
                arguments(List.of("--output-format", "xml", "LOG"), "expected one of [TEXT, JSON]"),
                arguments(List.of("gopher:hole"), "unknown scheme gopher: in 'gopher:hole'; known: docker: file:"),
                arguments(List.of("FOLDER/{a/b}"), "has a slash in braces"),
                arguments(List.of("FOLDER/no/app.log"), "there is no directory"),
                arguments(List.of("/dev/null"), "is not a regular file"),
                arguments(List.of("--no-follow", "FOLDER/missing"), "there is no file"),
                arguments(List.of("--resume-file", "FOLDER/no/resume", "LOG"), "there is no directory"),
                arguments(List.of("--resume-file", "LOG", "LOG"), "is damaged"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void wrongUsage_isOneClearLine(List<String> options, String message) throws Exception {
        append("hello\n");
        List<String> args = options.stream()
                .map(option -> option.replace("FOLDER", folder.toString()).replaceFirst("^LOG$", log.toString()))
                .toList();
        try (Cli follow =
                Cli.start(Stream.concat(Stream.of("follow"), args.stream()).toArray())) {
            assertThat(follow.exitCode()).isEqualTo(2);
            assertThat(follow.err.soFar())
                    .singleElement()
                    .asString()
                    .startsWith("logstream follow: ")
                    .contains(message);
            assertThat(follow.out.soFar()).isEmpty();
        }
    }

    @Test
    void resumeFile_ofAnotherSource_isOneClearLine() throws Exception {
        Path resume = folder.resolve("resume");
        append("hello\n");
        lines("--no-follow", "--resume-file", resume, log);
        String token = Files.readAllLines(resume).get(1).split(" ", 2)[0];
        Path second = Files.writeString(folder.resolve("second.log"), "hello\n");
        ResumeFile.open(resume).save(Map.of(second.toString(), ResumeToken.parse(token)));
        try (Cli follow = Cli.start("follow", "--resume-file", resume, second)) {
            assertThat(follow.exitCode()).isEqualTo(1);
            assertThat(follow.err.soFar()).singleElement().asString().startsWith("logstream follow: ");
        }
    }

    @Test
    void debug_showsWhatTheLibraryLogs() throws Exception {
        append("hello\n");
        try (Cli follow = Cli.start("follow", "--debug", "--no-follow", log)) {
            assertThat(follow.exitCode()).isZero();
            assertThat(follow.out.soFar()).containsExactly("hello");
        }
    }

    // Help.

    private interface Condition {
        boolean holds() throws IOException;
    }

    /** A file has no way to tell: it is looked at again and again. */
    private static void await(Condition condition) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("time is up").isLessThan(end);
            Thread.sleep(5);
        }
    }

    private static byte[] output(Object... options) throws Exception {
        Object[] args = Stream.concat(Stream.of("follow"), Stream.of(options)).toArray();
        try (Cli follow = Cli.startUnread(args)) {
            byte[] bytes = follow.process.getInputStream().readAllBytes();
            assertThat(follow.exitCode()).isZero();
            assertThat(follow.err.soFar()).isEmpty();
            return bytes;
        }
    }

    static List<String> lines(Object... options) throws Exception {
        return new String(output(options), StandardCharsets.UTF_8).lines().toList();
    }
}
