package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.testkit.CollectingViewer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The program's process, with a shell in its place; and its command line. */
@Timeout(60)
class ProcessDialerTest {

    @Test
    void stoppedProgram_isKilledAtClose_alsoWhileSomebodyWritesToIt() throws Exception {
        Link link = new ProcessDialer(List.of("/bin/sh", "-c", "echo $$; kill -STOP $$; cat")).dial();
        long pid = Long.parseLong(new BufferedReader(new InputStreamReader(link.in())).readLine());
        ProcessHandle program = ProcessHandle.of(pid).orElseThrow();
        Thread writer = new Thread(() -> {
            try {
                while (true) {
                    link.out().write(new byte[65536]);
                }
            } catch (IOException e) {
                // its reader is gone
            }
        });
        writer.start();
        CollectingViewer.until(
                "the writer waits in a full pipe",
                () -> List.of(writer.getStackTrace()).toString().contains("writeBytes"));
        link.close();
        CollectingViewer.until("the program is gone", () -> !program.isAlive());
        writer.join();
    }

    @Test
    void programThatEndsWhenAsked_isNotKilled() throws Exception {
        Link link =
                new ProcessDialer(List.of("/bin/sh", "-c", "trap 'echo ended; exit' TERM; echo ready; read x")).dial();
        BufferedReader said = new BufferedReader(new InputStreamReader(link.in()));
        assertThat(said.readLine()).isEqualTo("ready");
        link.close();
        assertThat(said.readLine()).isEqualTo("ended");
    }

    /** How a command ended. */
    private static final class Ending implements Exec.Sink {
        private final CompletableFuture<Integer> status = new CompletableFuture<>();

        @Override
        public void out(byte[] bytes, int offset, int length) {}

        @Override
        public void errors(byte[] bytes, int offset, int length) {}

        @Override
        public void ended(int code, @Nullable Exception lost) {
            if (lost == null) {
                status.complete(code);
            } else {
                status.completeExceptionally(lost);
            }
        }
    }

    private static Exec run(String line, Ending ending) throws Exception {
        ProcessDialer dialer = new ProcessDialer(List.of("/bin/true"), List.of("/bin/sh", "-c"));
        return dialer.dial().exec(line, ending);
    }

    @Test
    void commandHasAStatus_onlyIfItEndedByItself() throws Exception {
        Ending alone = new Ending();
        run("exit 128", alone);
        assertThat(alone.status.get()).isEqualTo(128);
        for (String line : List.of("kill -KILL $$", "kill -TERM $$", "exit 255")) {
            Ending killed = new Ending();
            run(line, killed);
            assertThatThrownBy(killed.status::get).as(line).hasCauseExactlyInstanceOf(IOException.class);
        }
        Ending closed = new Ending();
        run("trap 'exit 0' TERM; while :; do sleep 0.05; done", closed).close();
        assertThatThrownBy(closed.status::get).hasCauseExactlyInstanceOf(IOException.class);
    }

    @Test
    void commandHasNoStatus_ifTheProgramSaysLastThatItsConnectionWasLost() throws Exception {
        for (String last : List.of(
                "Connection to h closed by remote host.",
                "Read from remote host h: Connection reset by peer",
                "Read from remote host h: Connection timed out")) {
            Ending lost = new Ending();
            run("echo half; echo a >&2; printf '" + last + "\\r\\n' >&2; exit 0", lost);
            assertThatThrownBy(lost.status::get)
                    .as(last)
                    .hasCauseExactlyInstanceOf(IOException.class)
                    .hasMessageContaining(last);
        }
        Ending other = new Ending();
        run("echo 'Read from remote host h: Connection reset by peer' >&2; echo b >&2; exit 0", other);
        assertThat(other.status.get()).isZero();
    }

    @Test
    void whatACommandPrints_isNotTakenForTheProgramsRefusal() throws Exception {
        Ending ending = new Ending();
        run("echo 'git: Permission denied (publickey)' >&2; exit 255", ending);
        assertThatThrownBy(ending.status::get)
                .hasCauseExactlyInstanceOf(IOException.class)
                .hasMessageContaining("git: Permission denied");
    }

    @Test
    void compression_isSaid_onlyWhereItWasChosen() {
        assertThat(SystemSsh.command(SshConnection.builder("h"))).noneMatch(word -> word.startsWith("Compression"));
        assertThat(SystemSsh.command(SshConnection.builder("h").compression(true)))
                .contains("Compression=yes");
        assertThat(SystemSsh.command(SshConnection.builder("h").compression(false)))
                .contains("Compression=no");
    }

    @Test
    void connecting_fails_whenNoThreadCanBeMade() {
        int[] attempts = {0};
        SshConnection connection =
                new SshConnection("here", new SftpServerDialer(), SshConnection.builder("here"), task -> {
                    if (attempts[0]++ == 0) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    SshConnection.startThread(task);
                });
        try (connection) {
            assertThatThrownBy(connection::sftp)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unable to create native thread");
            assertThat(connection)
                    .satisfies(again -> assertThat(again.sftp().isOpen()).isTrue());
        }
    }

    @Test
    void frozenServer_isGivenUp_thoughNobodyAsksForAnything() throws Exception {
        SftpServerDialer dialer = new SftpServerDialer();
        try (Sftp sftp = new Sftp(dialer.dial(), "here", SshConnection::startThread)) {
            sftp.ready().get();
            sftp.keepAlive(Duration.ofSeconds(1), 1);
            ProcessHandle server = dialer.running().get(0).toHandle();
            long frozen = System.nanoTime();
            RealSshd.run("/bin/kill", "-STOP", String.valueOf(server.pid()));
            CollectingViewer.until("it is given up", () -> !sftp.isOpen());
            assertThat(Duration.ofNanos(System.nanoTime() - frozen))
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(20)); // SilenceTest has the exact times
            dialer.breakConnections();
        }
    }
}
