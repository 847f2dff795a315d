package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many lines, written at full speed while the command follows. */
class FollowLoadTest {
    private static final int LINES = 200_000;

    @TempDir
    Path folder;

    private Path path() {
        return folder.resolve("app.log");
    }

    @Test
    void follow_fullSpeed_bringsEveryLineOnceInOrder() throws Exception {
        try (NumberedLog log = new NumberedLog(path());
                Cli follow = start()) {
            log.write(LINES);
            assertComplete(follow, log);
        }
    }

    @Test
    void follow_rotationByRename_bringsEveryLineOnceInOrder() throws Exception {
        try (NumberedLog log = new NumberedLog(path());
                Cli follow = start()) {
            log.write(LINES / 2);
            awaitLine(follow, log);
            Files.move(path(), folder.resolve("app.log.1"));
            log.reopen();
            log.write(LINES / 2);
            assertComplete(follow, log);
            follow.out.awaitLine("\"event\":\"rotated\"");
        }
    }

    @Test
    void follow_copytruncate_bringsEveryLineOnceInOrder() throws Exception {
        try (NumberedLog log = new NumberedLog(path());
                Cli follow = start()) {
            log.write(LINES / 2);
            awaitLine(follow, log);
            Files.copy(path(), folder.resolve("app.log.1"));
            FileChannel.open(path(), StandardOpenOption.WRITE).truncate(0).close();
            follow.out.awaitLine("\"event\":\"truncated\"");
            log.write(LINES / 2);
            assertComplete(follow, log);
        }
    }

    @Test
    void follow_killedAgainAndAgain_losesNothing() throws Exception {
        Path resume = folder.resolve("resume");
        List<List<String>> runs = new ArrayList<>();
        try (NumberedLog log = new NumberedLog(path())) {
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(log));
            for (int kill = 0; kill < 8; kill++) {
                try (Cli follow = start("--resume-file", resume)) {
                    follow.out.awaitCountOrLast(1 + 4000 * kill, "\"content\":\"line " + LINES + " ");
                    follow.kill();
                    runs.add(follow.out.soFar());
                }
            }
            writer.join();
            try (Cli follow = start("--resume-file", resume, "--no-follow")) {
                assertThat(follow.exitCode()).isZero();
                runs.add(follow.out.soFar());
            }
        }
        assertUnionComplete(runs);
    }

    /** Slowly enough that every one of the runs has something to do. */
    private static void write(NumberedLog log) {
        try {
            for (int i = 0; i < LINES; i += 1000) {
                log.write(1000);
                Thread.sleep(20);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Each run goes on where the one before was, or repeats some of its lines under their numbers. */
    private static void assertUnionComplete(List<List<String>> runs) {
        long reached = 0;
        for (List<String> run : runs) {
            long before = -1;
            for (int i = 0; i < run.size(); i++) {
                if (i == run.size() - 1 && !run.get(i).endsWith("}")) {
                    break; // killed while it wrote
                }
                Map<String, Object> line = Json.parse(run.get(i));
                if (line.containsKey("event")) {
                    assertThat(line.get("event")).isIn("caught_up", "ended");
                    continue;
                }
                long number = (Long) line.get("line_num");
                assertThat(line.get("content")).isEqualTo(NumberedLog.line(number));
                assertThat(number).isEqualTo(before < 0 ? Math.min(number, reached + 1) : before + 1);
                before = number;
                reached = Math.max(reached, number);
            }
        }
        assertThat(reached).isEqualTo(LINES);
    }

    private Cli start(Object... options) throws IOException {
        List<Object> args = new ArrayList<>(List.of("follow", "--from-start", "--output-format", "json", path()));
        args.addAll(List.of(options));
        return Cli.start(args.toArray());
    }

    private static void awaitLine(Cli follow, NumberedLog log) throws InterruptedException {
        follow.out.awaitLast("\"content\":\"line " + log.written() + " ");
    }

    private static void assertComplete(Cli follow, NumberedLog log) throws InterruptedException {
        follow.out.awaitCount(log.written());
        awaitLine(follow, log);
        long expected = 0;
        long seq = -1;
        for (String text : follow.out.soFar()) {
            Map<String, Object> line = Json.parse(text);
            if (line.containsKey("content")) {
                expected++;
                if (!NumberedLog.line(expected).equals(line.get("content")) || line.containsKey("partial")) {
                    throw new AssertionError("line " + expected + " came as " + text);
                }
                assertThat((Long) line.get("seq")).isGreaterThan(seq);
                seq = (Long) line.get("seq");
            } else {
                assertThat(line.get("event")).isIn("caught_up", "rotated", "truncated", "disappeared", "appeared");
            }
        }
        assertThat(expected).isEqualTo(log.written());
    }
}
