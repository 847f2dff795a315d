package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command follow, ended by a signal: what it takes then is measured, so nothing runs beside it. */
@Isolated
class SignalTest {
    /** It takes a fraction of a second where the machine is idle. Without the signal it would never end. */
    private static final Duration PROMPT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private Path log;

    @BeforeEach
    void nameLog() {
        log = folder.resolve("app.log");
    }

    private void write(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void signal_endsPromptlyAndSavesThePlace(String signal) throws Exception {
        Path resume = folder.resolve("resume");
        write("1\n");
        try (Cli follow = Cli.start("follow", "--resume-file", resume, log)) {
            follow.out.awaitLine("1");
            write("2\n");
            follow.out.awaitLine("2");
            long begin = System.nanoTime();
            follow.signal(signal);
            assertThat(follow.exitCode()).isEqualTo(signal.equals("INT") ? 130 : 143);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(PROMPT);
            assertThat(follow.err.soFar()).isEmpty();
        }
        write("3\n");
        assertThat(FollowTest.lines("--no-follow", "--resume-file", resume, log))
                .containsExactly("3");
    }

    @Test
    void signal_whileTheOutputIsStuck_endsPromptly() throws Exception {
        try (NumberedLog numbered = new NumberedLog(log)) {
            numbered.write(20_000);
        }
        try (Cli follow = Cli.startUnread("follow", "--from-start", log)) {
            InputStream output = follow.process.getInputStream();
            assertThat(output.read()).isEqualTo('l'); // the pipe is filling
            long begin = System.nanoTime();
            follow.signal("INT");
            assertThat(follow.exitCode()).isEqualTo(130);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(PROMPT);
        }
    }
}
