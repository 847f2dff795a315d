package io.logstream.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** An SSH server for the benchmarks alone, on a port of the loopback interface, with one cipher for all. Needs root. */
final class PrivateSshd implements AutoCloseable {
    private static final String SSHD = "/usr/sbin/sshd";
    private static final String SSH = "/usr/bin/ssh";
    private static final String CIPHER = "aes256-gcm@openssh.com";

    private final Path directory;
    private final int port;
    private final Process process;
    private final Thread hook = new Thread(this::end, "sshd");

    PrivateSshd(Path directory) throws IOException, InterruptedException {
        for (String needed : List.of(SSHD, SSH)) {
            if (!Files.isExecutable(Path.of(needed))) {
                throw new IOException(needed + " is missing; on Debian: apt-get install openssh-server openssh-client");
            }
        }
        this.directory = Files.createDirectories(directory);
        Files.createDirectories(Path.of("/run/sshd"));
        key("host");
        key("user");
        Files.copy(directory.resolve("user.pub"), directory.resolve("authorized"));
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(
                directory.resolve("known"),
                "[127.0.0.1]:" + port + " " + Files.readString(directory.resolve("host.pub")));
        Files.writeString(directory.resolve("ssh_config"), "");
        Files.write(
                directory.resolve("sshd_config"),
                List.of(
                        "Port " + port,
                        "ListenAddress 127.0.0.1",
                        "Ciphers " + CIPHER,
                        "HostKey " + directory.resolve("host"),
                        "AuthorizedKeysFile " + directory.resolve("authorized"),
                        "PidFile " + directory.resolve("pid"),
                        "UsePAM no",
                        "StrictModes no",
                        "PasswordAuthentication no",
                        "KbdInteractiveAuthentication no",
                        "PermitRootLogin prohibit-password",
                        "SetEnv HOME=" + directory,
                        "Subsystem sftp /usr/lib/openssh/sftp-server"));
        Runtime.getRuntime().addShutdownHook(hook);
        Path log = directory.resolve("log");
        process = new ProcessBuilder(
                        SSHD, "-D", "-e", "-f", directory.resolve("sshd_config").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.readString(log).contains("listening")) {
            if (!process.isAlive() || deadline - System.nanoTime() < 0) {
                throw new IOException("sshd does not start, which needs root: " + Files.readString(log));
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private void key(String name) throws IOException, InterruptedException {
        Process made = new ProcessBuilder(
                        "ssh-keygen",
                        "-q",
                        "-t",
                        "ed25519",
                        "-N",
                        "",
                        "-f",
                        directory.resolve(name).toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (made.waitFor() != 0) {
            throw new IOException("ssh-keygen: " + said);
        }
    }

    /** What a JVM of the benchmarks must be told to log in. */
    List<String> options() {
        return List.of("-D" + SshRead.DIRECTORY + "=" + directory, "-D" + SshRead.PORT + "=" + port);
    }

    /** OpenSSH's client with a command to run there. */
    List<String> command(String... remote) {
        List<String> command = new ArrayList<>(List.of(
                SSH,
                "-F",
                directory.resolve("ssh_config").toString(),
                "-p",
                String.valueOf(port),
                "-i",
                directory.resolve("user").toString(),
                "-o",
                "UserKnownHostsFile=" + directory.resolve("known"),
                "-o",
                "BatchMode=yes",
                System.getProperty("user.name") + "@127.0.0.1"));
        command.addAll(List.of(remote));
        return command;
    }

    @Override
    public void close() {
        end();
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    private void end() {
        List<ProcessHandle> sessions = process.descendants().toList();
        process.destroyForcibly();
        sessions.forEach(ProcessHandle::destroyForcibly);
    }
}
