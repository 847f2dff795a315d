package io.logstream.ssh;

import io.logstream.testkit.CollectingViewer;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A real sshd of its own, with its own keys, on a port of the loopback interface. Takes root, as sshd does. */
final class RealSshd implements Closeable {
    private static final String PROGRAM = "/usr/sbin/sshd";

    final Path directory;
    final int port;
    final Path userKey;
    final Path knownHosts;
    private final Process process;

    RealSshd(Path directory) throws Exception {
        this(directory, "ed25519");
    }

    RealSshd(Path directory, String... keyTypes) throws Exception {
        this(directory, List.of(), "", keyTypes);
    }

    /** With more lines of its configuration, and a variable for its sessions. */
    RealSshd(Path directory, List<String> more, String variable, String... keyTypes) throws Exception {
        assumeThere(PROGRAM);
        this.directory = directory;
        Files.createDirectories(Path.of("/run/sshd"));
        List<String> hostKeys = new ArrayList<>();
        for (String type : keyTypes) {
            hostKeys.add("HostKey " + key("host-" + type, type, ""));
        }
        userKey = key("user", keyTypes[0], "");
        Path authorized = Files.copy(directory.resolve("user.pub"), directory.resolve("authorized"));
        port = freePort();
        knownHosts = Files.writeString(
                directory.resolve("known"),
                "[127.0.0.1]:" + port + " " + publicKey(directory.resolve("host-" + keyTypes[0])) + "\n");
        List<String> lines = new ArrayList<>(hostKeys);
        lines.addAll(List.of(
                "Port " + port,
                "ListenAddress 127.0.0.1",
                "AuthorizedKeysFile " + authorized,
                "PidFile " + directory.resolve("pid"),
                "UsePAM no",
                "StrictModes no",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "PermitRootLogin prohibit-password",
                // Whatever the user's shell runs at its start, sessions are killed in the middle of it.
                "SetEnv HOME=" + directory + " " + variable,
                "MaxStartups 100",
                "Subsystem sftp /usr/lib/openssh/sftp-server"));
        lines.addAll(more);
        Path config = Files.write(directory.resolve("sshd_config"), lines);
        process = new ProcessBuilder(PROGRAM, "-D", "-e", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("sshd.out").toFile())
                .start();
        CollectingViewer.until("sshd listens: " + directory, () -> {
            try {
                return Files.readString(directory.resolve("sshd.out")).contains("listening");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** One that nobody who connects gets for his own end meanwhile. */
    private static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (IOException e) {
                // somebody has it
            }
        }
    }

    /** Skips a test that needs this program, and root; a failure where all are promised to be there. */
    static void assumeThere(String program) {
        boolean there = Files.isExecutable(Path.of(program))
                && System.getProperty("user.name").equals("root");
        if (!there && "true".equals(System.getenv("CI"))) {
            throw new AssertionError(program + " and root are needed");
        }
        if (!there) {
            System.err.println("SKIPPED: tests need " + program + " and root");
        }
        Assumptions.assumeTrue(there, program + " and root are needed");
    }

    Path key(String name, String type, String passphrase) throws Exception {
        Path file = directory.resolve(name);
        run("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", file.toString());
        return file;
    }

    static String publicKey(Path key) throws IOException {
        return Files.readString(Path.of(key + ".pub")).replaceFirst("^(\\S+ \\S+).*\\s*$", "$1");
    }

    static void run(String... command) throws Exception {
        Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(program.getInputStream().readAllBytes());
        if (!program.waitFor(60, TimeUnit.SECONDS) || program.exitValue() != 0) {
            throw new IOException(List.of(command) + ": " + said);
        }
    }

    void authorize(Path key) throws IOException {
        Files.writeString(directory.resolve("authorized"), publicKey(key) + "\n", StandardOpenOption.APPEND);
    }

    /** How many connections have ended before a login so far. */
    int refusedLogins() {
        try {
            return Files.readString(directory.resolve("sshd.out")).split("authenticating user", -1).length - 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** To be logged in to as it should be. */
    SshConnection.Builder connection() throws IOException {
        Path config = directory.resolve("ssh_config");
        if (!Files.exists(config)) {
            Files.createFile(
                    config, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return SshConnection.builder("127.0.0.1")
                .port(port)
                .user("root")
                .config(config)
                .identity(userKey)
                .knownHosts(knownHosts);
    }

    /** The processes of the sessions that are there now, children before their parents. */
    List<ProcessHandle> sessions() {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        Collections.reverse(all);
        return all;
    }

    void killSessions() {
        sessions().forEach(ProcessHandle::destroyForcibly);
    }

    /** Kills what serves the sessions, and nothing of what runs in them. */
    void killSshd() {
        sessions().stream()
                .filter(session -> session.info().command().orElse("").equals(PROGRAM))
                .forEach(ProcessHandle::destroyForcibly);
    }

    void signalSessions(String signal) throws Exception {
        for (ProcessHandle session : sessions()) {
            run("/bin/kill", "-" + signal, String.valueOf(session.pid()));
        }
    }

    @Override
    public void close() throws IOException {
        List<ProcessHandle> sessions = sessions();
        process.destroyForcibly();
        sessions.forEach(ProcessHandle::destroyForcibly);
    }
}
