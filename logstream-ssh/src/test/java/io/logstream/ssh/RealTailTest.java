package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Following with a {@code tail} on a host with a real sshd, reached by the built-in SSH and by the system's. */
class RealTailTest {
    /** It takes milliseconds where the machine is idle. What does not end by itself stays for hours, as the log is quiet. */
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private static RealSshd sshd;
    private final LogHub hub = LogHub.create();

    @BeforeAll
    static void start(@TempDir Path keys) throws Exception {
        sshd = new RealSshd(keys);
        sshd.connection(); // makes its configuration
    }

    @AfterAll
    static void stop() throws Exception {
        if (sshd != null) {
            sshd.close();
        }
    }

    @AfterEach
    void end() {
        hub.close();
        CollectingViewer.until("no session is left", () -> sshd.sessions().isEmpty());
    }

    private static SshConnection connect(RealSshd to, String way) throws Exception {
        SshConnection.Builder builder = to.connection();
        return (way.equals("ssh") ? builder.command(List.of("ssh")) : builder).build();
    }

    private CollectingViewer follow(SshConnection over, Path file) {
        CollectingViewer viewer = new CollectingViewer();
        // looked at by itself it would be found written after minutes
        SshFileSource source = SshFileSource.builder(over, file.toString())
                .mode(SshFileSource.Mode.EXEC)
                .pollInterval(Duration.ofHours(1))
                .build();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .build();
        hub.open(file.toString() + System.identityHashCode(over), source, options)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    private static void write(Path file, String text) throws Exception {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** The tails on the host. */
    private static List<ProcessHandle> tails(RealSshd on) {
        return on.sessions().stream().filter(RealTailTest::isTail).toList();
    }

    private static boolean isTail(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "cmdline"))
                    .matches("(?s)(\\S*/)?(busybox\0)?tail\0-n\0.*");
        } catch (IOException e) {
            return false; // it has gone
        }
    }

    /** A dead process that nobody waits for counts as one that is gone. */
    private static boolean isThere(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"));
            return process.isAlive() && !stat.matches("(?s).*\\) [ZX] .*");
        } catch (IOException e) {
            return false;
        }
    }

    private static void assertGoneSoon(List<ProcessHandle> processes) {
        long begun = System.nanoTime();
        CollectingViewer.until("they end", () -> processes.stream().noneMatch(RealTailTest::isThere));
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void linesCome_whenTheFileIsWritten_rotated_cut_orGone(String way) throws Exception {
        Path log = directory.resolve("we'ird; `id` $(id) !x \"\\ -n");
        write(log, "one\n");
        try (SshConnection over = connect(sshd, way)) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            CollectingViewer.until("a tail", () -> tails(sshd).size() == 1);
            write(log, "two\n");
            viewer.awaitLine("two");
            Files.move(log, directory.resolve("log.1"));
            write(log, "three\n");
            viewer.awaitLine("three");
            write(directory.resolve("log.1"), "late\n");
            viewer.awaitLine("late");
            Files.writeString(log, ""); // cut in place
            write(log, "four\n");
            viewer.awaitLine("four");
            Files.delete(log);
            write(log, "five\n");
            viewer.awaitLine("five");
            assertThat(viewer.lines()).containsExactly("one", "two", "three", "late", "four", "five");
            assertThat(viewer.gaps()).isEmpty();
            List<ProcessHandle> there = sshd.sessions();
            hub.close();
            assertGoneSoon(there.stream().filter(RealTailTest::isTail).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void eightFilesHaveATail_moreAreLookedAt_andNothingIsLeft(String way) throws Exception {
        List<Path> logs = IntStream.range(0, 10)
                .mapToObj(i -> directory.resolve("log" + i))
                .toList();
        for (int round = 0; round < 2; round++) {
            List<ProcessHandle> all;
            try (SshConnection over = connect(sshd, way);
                    LogHub mine = LogHub.create()) {
                List<CollectingViewer> viewers = new ArrayList<>();
                for (Path log : logs) {
                    write(log, "begin " + round + "\n");
                    CollectingViewer viewer = new CollectingViewer();
                    viewers.add(viewer);
                    SshFileSource source = SshFileSource.builder(over, log.toString())
                            .mode(SshFileSource.Mode.EXEC)
                            .build();
                    mine.open(log.toString(), source)
                            .subscribe(
                                    SubscribeOptions.builder()
                                            .replay(Replay.all())
                                            .build(),
                                    viewer);
                }
                CollectingViewer.until("eight tails", () -> tails(sshd).size() == 8);
                for (int i = 0; i < logs.size(); i++) {
                    write(logs.get(i), "end " + round + "\n");
                    viewers.get(i).awaitLine("end " + round);
                }
                // there is room for a command as well
                assertThat(over.run(List.of("/bin/true"), new byte[0], Duration.ofSeconds(60))
                                .get()
                                .status())
                        .isZero();
                assertThat(tails(sshd)).hasSize(8);
                assertThat(over.size()).isEqualTo(1);
                all = sshd.sessions();
            }
            assertGoneSoon(all);
        }
    }

    @ParameterizedTest
    @CsvSource({"built-in,SFTP", "built-in,EXEC", "ssh,SFTP", "ssh,EXEC"})
    void nothingIsLeft_whenOurProcessIsKilled(String way, SshFileSource.Mode mode) throws Exception {
        Path[] logs = {directory.resolve("a"), directory.resolve("b")};
        for (Path log : logs) {
            write(log, "line of " + log.getFileName() + "\n");
        }
        try (FollowingProcess other = new FollowingProcess(sshd, way, mode, logs)) {
            other.await("line of a");
            int tails = mode == SshFileSource.Mode.EXEC ? 2 : 0;
            CollectingViewer.until("its tails", () -> tails(sshd).size() == tails);
            List<ProcessHandle> all = sshd.sessions();
            assertThat(all).isNotEmpty();
            other.kill();
            assertGoneSoon(all);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void nothingIsLeft_whenTheSessionIsKilled_andReadingGoesOn(String way) throws Exception {
        Path log = directory.resolve("log");
        write(log, "one\n");
        try (SshConnection over = connect(sshd, way)) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            CollectingViewer.until("a tail", () -> tails(sshd).size() == 1);
            List<ProcessHandle> tails = tails(sshd);
            sshd.killSshd();
            assertGoneSoon(tails);
            CollectingViewer.until("another tail", () -> tails(sshd).size() == 1);
            write(log, "two\n");
            viewer.awaitLine("two");
            assertThat(viewer.lines()).containsExactly("one", "two");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void anotherTailFollows_whenOneWasKilled(String way) throws Exception {
        Path log = directory.resolve("log");
        write(log, "one\n");
        try (SshConnection over = connect(sshd, way)) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            CollectingViewer.until("a tail", () -> tails(sshd).size() == 1);
            ProcessHandle first = tails(sshd).get(0);
            first.destroyForcibly();
            CollectingViewer.until("another tail", () -> {
                List<ProcessHandle> tails = tails(sshd);
                return tails.size() == 1 && !tails.contains(first);
            });
            CollectingViewer.until("it rings", () -> {
                try {
                    write(log, "two\n");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                return viewer.lines().contains("two");
            });
        }
    }

    @Test
    void commandsRun_whereTheServerGivesNoMoreChannels_thanTailsWant() throws Exception {
        Path there = Files.createDirectory(directory.resolve("sshd"));
        try (RealSshd other = new RealSshd(there, List.of("MaxSessions 2"), "", "ed25519");
                SshConnection over = connect(other, "built-in")) {
            for (int i = 0; i < 3; i++) {
                Path log = directory.resolve("log" + i);
                write(log, "one\n");
                follow(over, log).awaitLine("one");
            }
            CollectingViewer.until("a tail", () -> tails(other).size() == 1);
            for (int i = 0; i < 3; i++) {
                assertThat(over.run(List.of("/bin/true"), new byte[0], Duration.ofSeconds(20))
                                .get()
                                .status())
                        .isZero();
            }
            assertThat(over.size()).isOne();
            CollectingViewer.until("a tail again", () -> tails(other).size() == 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void tailOfBusybox_rings_andEndsAsWell(String way) throws Exception {
        RealSshd.assumeThere("/bin/busybox");
        Path programs = Files.createDirectories(directory.resolve("bin"));
        Path tail = Files.writeString(programs.resolve("tail"), "#!/bin/sh\nexec /bin/busybox tail \"$@\"\n");
        assertThat(tail.toFile().setExecutable(true)).isTrue();
        Path there = Files.createDirectory(directory.resolve("sshd"));
        try (RealSshd other = new RealSshd(there, List.of(), "PATH=" + programs, "ed25519")) {
            assertFollowed(other, way, "busybox");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"built-in", "ssh"})
    void loginShellMayBeCsh(String way) throws Exception {
        RealSshd.assumeThere("/usr/bin/tcsh");
        Path there = Files.createDirectory(directory.resolve("sshd"));
        List<String> csh = List.of("ForceCommand exec /usr/bin/tcsh -c \"$SSH_ORIGINAL_COMMAND\"");
        try (RealSshd other = new RealSshd(there, csh, "", "ed25519")) {
            assertFollowed(other, way, "tail");
        }
    }

    private void assertFollowed(RealSshd host, String way, String program) throws Exception {
        Path log = directory.resolve("log !x");
        write(log, "one\n");
        List<ProcessHandle> tails;
        try (SshConnection over = connect(host, way)) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            // a script in its place is that program only a moment later
            CollectingViewer.until("a tail", () -> tails(host).size() == 1 && isRun(tails(host), program));
            tails = tails(host);
            for (int i = 0; i < 3; i++) {
                write(log, "line " + i + "\n");
                viewer.awaitLine("line " + i);
            }
        }
        assertGoneSoon(tails);
    }

    private static boolean isRun(List<ProcessHandle> processes, String program) {
        return processes.stream()
                .allMatch(each -> each.info().command().orElse("").endsWith(program));
    }

    private static ProcessBuilder bellIn(String shell) {
        RealSshd.assumeThere(shell);
        List<String> command = new ArrayList<>(List.of(shell));
        if (shell.endsWith("busybox")) {
            command.add("sh");
        }
        command.addAll(Bell.ARGUMENTS);
        return new ProcessBuilder(command);
    }

    private static void tell(Process shell, Path log) throws IOException {
        shell.getOutputStream().write(Bell.input(log.toString()));
        shell.getOutputStream().flush();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "/bin/bash", "/bin/busybox"})
    void anyShellEnds_withItsTail(String shell) throws Exception {
        Process program = bellIn(shell).start();
        try {
            tell(program, directory.resolve("log"));
            CollectingViewer.until("a tail", () -> program.children().anyMatch(RealTailTest::isTail));
            List<ProcessHandle> all = program.children().toList();
            all.stream().filter(RealTailTest::isTail).forEach(ProcessHandle::destroy);
            assertGoneSoon(all);
            assertGoneSoon(List.of(program.toHandle()));
            assertThat(program.waitFor()).isEqualTo(128 + 15);
        } finally {
            program.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "/bin/bash"})
    void anyShellEnds_whereThereIsNoTail(String shell) throws Exception {
        ProcessBuilder builder = bellIn(shell);
        builder.environment().put("PATH", directory.toString());
        Process program = builder.start();
        try {
            tell(program, directory.resolve("log"));
            assertThat(program.waitFor()).isEqualTo(127);
        } finally {
            program.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "/bin/bash", "/bin/busybox"})
    void anyShellEndsItsTail_withItsInput(String shell) throws Exception {
        Path log = directory.resolve("log");
        write(log, "one\n");
        Process program = bellIn(shell).start();
        OutputStream in = program.getOutputStream();
        InputStream out = program.getInputStream();
        try {
            tell(program, log);
            CollectingViewer.until("a tail", () -> program.children().anyMatch(RealTailTest::isTail));
            List<ProcessHandle> tail = program.children().toList();
            CollectingViewer.until("it rings", () -> {
                try {
                    write(log, "two\n");
                    return out.available() > 0;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            in.close();
            assertGoneSoon(tail);
            assertGoneSoon(List.of(program.toHandle()));
        } finally {
            program.destroyForcibly();
        }
    }

    @Test
    void hostThatRunsNoCommands_isLookedAt() throws Exception {
        Path log = directory.resolve("log");
        write(log, "one\n");
        Path there = Files.createDirectory(directory.resolve("sshd"));
        List<String> onlySftp = List.of("ForceCommand internal-sftp");
        try (RealSshd other = new RealSshd(there, onlySftp, "", "ed25519");
                SshConnection over = connect(other, "built-in")) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            write(log, "two\n");
            viewer.awaitLine("two");
        }
    }
}
