package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, run as a user would; it needs the jar that it starts. */
class LauncherTest {
    private static final Path SCRIPT = Path.of("logstream").toAbsolutePath();

    @TempDir
    Path elsewhere;

    private record Result(int status, String output) {}

    @BeforeEach
    void needsTheJar() {
        boolean built = Files.exists(Path.of("target/logstream-examples.jar"));
        assumeTrue(built || "true".equals(System.getenv("CI")), "not packaged yet");
        assertThat(built).isTrue();
    }

    @Test
    void start_throughASymlinkFromElsewhere() throws Exception {
        Path link = Files.createSymbolicLink(elsewhere.resolve("logs"), SCRIPT);

        Result result = run(Map.of(), link.toString(), "--no-such-option");
        Files.delete(link);

        assertThat(result.output()).isEqualTo("logstream: Unknown option: '--no-such-option'\n");
        assertThat(result.status()).isEqualTo(2);
    }

    @Test
    void javaOptions_reachTheJvm() throws Exception {
        Result result = run(Map.of("LOGSTREAM_JAVA_OPTS", "-XX:+UseG1GC -Xlog:gc:stderr"), SCRIPT.toString());

        assertThat(result.output()).contains("Using G1");
    }

    @Test
    void namesAndExpressionsBeyondAscii_areUnderstoodWithoutALocale() throws Exception {
        // The shell makes the letter: without a locale this JVM could not pass it on.
        String command =
                "u=$'\\xc3\\xbc'; printf '%s\\nother\\n' $u >$u.log; exec \"$0\" follow --no-follow --filter $u $u.log";

        Result result = run(Map.of("LC_ALL", "C"), "bash", "-c", command, SCRIPT.toString());

        assertThat(result).isEqualTo(new Result(0, "ü\n"));
    }

    @Test
    void javaHome_refusedWithItsVersionWhenTooOld() throws Exception {
        Path old = Files.createDirectories(elsewhere.resolve("jdk"));
        Files.writeString(old.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");

        Result result = run(Map.of("JAVA_HOME", old.toString()), SCRIPT.toString());

        assertThat(result.output()).contains("JAVA_HOME=" + old, "not Java 17 or newer", "found: 11");
        assertThat(result.status()).isEqualTo(1);
    }

    private Result run(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        Path output = elsewhere.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        Process process = builder.directory(elsewhere.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
        return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }
}
