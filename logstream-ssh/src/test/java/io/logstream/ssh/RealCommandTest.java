package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands on a host with a real sshd, reached by the built-in SSH and by the system's. */
class RealCommandTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    /** Says that it is there, and waits for a file. */
    private static final List<String> WAIT = List.of(
            "/bin/sh", "-c", "IFS= read -r f; : >\"$f.$$\"; until test -e \"$f\"; do sleep 0.05; done; rm \"$f.$$\"");

    @TempDir
    private Path directory;

    private static RealSshd sshd;

    @BeforeAll
    static void start(@TempDir Path keys) throws Exception {
        sshd = new RealSshd(keys);
    }

    @AfterAll
    static void stop() throws Exception {
        if (sshd != null) {
            sshd.close();
        }
    }

    @AfterEach
    void end() throws Exception {
        Path go = directory.resolve("go");
        if (!Files.exists(go)) {
            Files.createFile(go);
        }
        CollectingViewer.until("no command waits for it", () -> running() == 0);
        CollectingViewer.until("no session is left", () -> sshd.sessions().isEmpty());
    }

    private static SshConnection connect(String way) throws Exception {
        SshConnection.Builder builder = sshd.connection();
        return (way.equals("ssh") ? builder.command(List.of("ssh")) : builder).build();
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void commandReadsItsInput_andTellsWhatItPrints_andItsStatus(String way) throws Exception {
        try (SshConnection over = connect(way)) {
            byte[] input = "we'ird $(id) `id` !\n".repeat(50_000).getBytes(StandardCharsets.UTF_8);
            assertThat(get(over.run(List.of("/bin/cat"), input, LONG)))
                    .isEqualTo(new RemoteResult(0, new String(input, StandardCharsets.UTF_8), ""));
            assertThat(get(over.run(
                            List.of("/bin/sh", "-c", "echo a  \"$0\"; echo b >&2; exit 3", "x  y"), new byte[0], LONG)))
                    .isEqualTo(new RemoteResult(3, "a x  y\n", "b\n"));
            assertThat(get(over.run(List.of("/nowhere/program"), new byte[0], LONG))
                            .status())
                    .isEqualTo(127);
            // does not read what it is given
            assertThat(get(over.run(List.of("/bin/true"), new byte[8 << 20], LONG))
                            .status())
                    .isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void eightRunAtATime_othersWait(String way) throws Exception {
        Path go = directory.resolve("go");
        byte[] input = (go + "\n").getBytes(StandardCharsets.UTF_8);
        try (SshConnection over = connect(way)) {
            List<CompletableFuture<RemoteResult>> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(over.run(WAIT, input, LONG));
            }
            CollectingViewer.until("eight run", () -> running() == 8);
            assertThat(get(over.exists(go.toString()))).isFalse(); // others are not in SFTP's way
            all.get(19).cancel(true); // one that waits
            Files.createFile(go);
            for (CompletableFuture<RemoteResult> one : all.subList(0, 19)) {
                assertThat(get(one).status()).isZero();
            }
            assertThat(over.size()).isEqualTo(1);
        }
    }

    /** How many have said that they are there. */
    private long marks() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("go."))
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many of those are there that wait. */
    private long running() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("go."))
                    .filter(name -> ProcessHandle.of(Long.parseLong(name.substring(3)))
                            .filter(ProcessHandle::isAlive)
                            .isPresent())
                    .count();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void commandThatIsCancelled_orTakesTooLong_isEnded(String way) throws Exception {
        try (SshConnection over = connect(way)) {
            // its input is at its end, so only what it prints tells it that nobody is there
            List<String> busy = List.of("/bin/sh", "-c", "while echo x; do sleep 0.05; done");
            CompletableFuture<RemoteResult> cancelled = over.run(busy, new byte[0], LONG);
            CollectingViewer.until("it runs", () -> sshd.sessions().stream().anyMatch(RealCommandTest::isShell));
            cancelled.cancel(true);
            CollectingViewer.until("it ends", () -> sshd.sessions().stream().noneMatch(RealCommandTest::isShell));
            assertThatThrownBy(() -> get(over.run(busy, new byte[0], Duration.ofMillis(500))))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseInstanceOf(IOException.class)
                    .hasMessageContaining("/bin/sh has not ended within 500 ms");
            CollectingViewer.until("it ends", () -> sshd.sessions().stream().noneMatch(RealCommandTest::isShell));
            assertThat(get(over.run(List.of("/bin/echo", "still"), new byte[0], LONG))
                            .out())
                    .isEqualTo("still\n");
        }
    }

    private static boolean isShell(ProcessHandle process) {
        return process.info().command().orElse("").matches(".*/(sh|dash|bash)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void commandFails_whenTheConnectionIsLost_andTheNextOneMakesAnother(String way) throws Exception {
        byte[] input = (directory.resolve("go") + "\n").getBytes(StandardCharsets.UTF_8);
        try (SshConnection over = connect(way)) {
            CompletableFuture<RemoteResult> lost = over.run(WAIT, input, LONG);
            CollectingViewer.until("it runs", () -> running() == 1);
            sshd.killSessions();
            assertThatThrownBy(() -> get(lost)).hasRootCauseInstanceOf(IOException.class);
            CollectingViewer.until("the end is noticed", () -> over.size() == 0);
            assertThat(get(over.run(List.of("/bin/echo", "again"), new byte[0], LONG))
                            .out())
                    .isEqualTo("again\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void commandFails_whenTheConnectionIsLost_afterItsStatusButBeforeTheEndOfItsOutput(String way) throws Exception {
        // ends at once, and leaves behind who could print more
        List<String> begins = List.of(
                "/bin/sh",
                "-c",
                "IFS= read -r d; echo a; while test -d \"$d\"; do test -e \"$d/go\" && break; sleep 0.05; done &"
                        + " : >\"$d/go.$$\"");
        byte[] input = (directory + "\n").getBytes(StandardCharsets.UTF_8);
        try (SshConnection over = connect(way)) {
            CompletableFuture<RemoteResult> cut = over.run(begins, input, LONG);
            CollectingViewer.until("it has ended", () -> marks() == 1 && running() == 0);
            // its status comes before the result of what is begun now
            get(over.run(List.of("/bin/true"), new byte[0], LONG));
            sshd.killSessions();
            assertThatThrownBy(() -> get(cut)).hasRootCauseInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void commandFails_whenTheConnectionIsClosed(String way) throws Exception {
        SshConnection over = connect(way);
        byte[] input = (directory.resolve("go") + "\n").getBytes(StandardCharsets.UTF_8);
        CompletableFuture<RemoteResult> ended = over.run(WAIT, input, LONG);
        CollectingViewer.until("it runs", () -> running() == 1);
        over.close();
        assertThatThrownBy(() -> get(ended)).hasRootCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> get(over.run(List.of("/bin/true"), input, LONG)))
                .hasRootCauseInstanceOf(LogStreamException.class)
                .hasMessageContaining("was closed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void existsTells_whetherAFileIsThere(String way) throws Exception {
        try (SshConnection over = connect(way)) {
            Path odd = Files.createFile(directory.resolve("$(touch x)\n!'"));
            assertThat(get(over.exists(odd.toString()))).isTrue();
            assertThat(get(over.exists(directory.toString()))).isTrue();
            assertThat(get(over.exists(directory.resolve("nothing").toString())))
                    .isFalse();
            assertThat(get(over.exists(odd + "/below"))).isFalse();
            CompletableFuture<RemoteResult> waits =
                    over.run(WAIT, (directory.resolve("go") + "\n").getBytes(StandardCharsets.UTF_8), LONG);
            CollectingViewer.until("it runs", () -> running() == 1);
            for (String nothing : List.of("", "/a\0b", "/" + "x".repeat(4096), "/" + "x/".repeat(1 << 20))) {
                assertThat(get(over.exists(nothing))).isFalse();
            }
            Files.createFile(directory.resolve("go"));
            assertThat(get(waits).status()).isZero(); // the connection is still there
        }
    }
}
