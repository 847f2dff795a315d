package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A Docker daemon of the tests' own: its data, its socket and its containers are in a directory that goes with it, and it
 * changes nothing of the network. Needs root, {@code dockerd} and a static busybox, from which it makes the one image that
 * there is, {@code bb:1}.
 */
final class RealDaemon implements AutoCloseable {
    private static final List<String> COMMANDS = List.of(
            "sh", "cat", "echo", "sleep", "seq", "date", "printf", "yes", "head", "dd", "tr", "usleep", "awk", "touch");
    private static RealDaemon shared;

    private final Path directory;
    private final List<String> options;
    private Process process;

    private RealDaemon(Path directory, List<String> options) {
        this.directory = directory;
        this.options = options;
    }

    /** The daemon that most tests share. It ends with the tests' JVM. */
    static synchronized RealDaemon shared() throws Exception {
        requireDaemon();
        if (shared == null) {
            RealDaemon started = start();
            Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            shared = started;
        }
        return shared;
    }

    /** A daemon for one test, with options of its own. */
    static RealDaemon start(String... options) throws Exception {
        requireDaemon();
        RealDaemon daemon = new RealDaemon(Files.createTempDirectory("logstream-dockerd"), List.of(options));
        try {
            daemon.launch();
            daemon.docker("import", image(daemon.directory), "bb:1");
        } catch (Exception | Error e) {
            daemon.close();
            throw e;
        }
        return daemon;
    }

    private static void requireDaemon() {
        require("/usr/sbin/dockerd", "/usr/bin/docker", "/bin/busybox");
    }

    /** Where one of these programs is missing a test is skipped; in a continuous build that is a failure. */
    static void require(String... programs) {
        List<String> missing = new ArrayList<>();
        if (!"root".equals(System.getProperty("user.name"))) {
            missing.add("root's rights");
        }
        Stream.of(programs).filter(file -> !Files.isExecutable(Path.of(file))).forEach(missing::add);
        String message = "tests with a real daemon need " + missing
                + " (Debian: apt-get install --no-install-recommends docker.io busybox-static podman)";
        if ("true".equals(System.getenv("CI"))) {
            assertThat(missing).as(message).isEmpty();
        } else if (!missing.isEmpty()) {
            System.err.println("SKIPPED: " + message);
        }
        assumeTrue(missing.isEmpty(), message);
    }

    // ---- the daemon

    /** Starts it, or starts it again, and waits until it answers. */
    void launch() throws Exception {
        Files.deleteIfExists(directory.resolve("pid")); // both are left by one that was killed
        Files.deleteIfExists(directory.resolve("exec/containerd/containerd.pid"));
        List<String> command = new ArrayList<>(List.of(
                "/usr/sbin/dockerd",
                "--data-root=" + directory.resolve("data"),
                "--exec-root=" + directory.resolve("exec"),
                "--host=" + host(),
                "--pidfile=" + directory.resolve("pid"),
                "--iptables=false",
                "--bridge=none"));
        command.addAll(options);
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log()))
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (docker(false, "version").isEmpty()) {
            if (!process.isAlive() || deadline - System.nanoTime() < 0) {
                throw new IOException("dockerd does not start: " + Files.readString(log().toPath()));
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Kills it as a crash would; containers go on only with live-restore. */
    void kill() throws Exception {
        process.destroyForcibly().waitFor();
    }

    /** Asks it to end, and waits. */
    void terminate() throws Exception {
        process.destroy();
        assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
    }

    long pid() {
        return process.pid();
    }

    String host() {
        return "unix://" + socket();
    }

    Path socket() {
        return directory.resolve("docker.sock");
    }

    private File log() {
        return directory.resolve("log").toFile();
    }

    /** Makes the image of a busybox; returns its file. */
    static String image(Path directory) throws Exception {
        Path bin = Files.createDirectories(directory.resolve("image/bin"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
        for (String command : COMMANDS) {
            Files.createSymbolicLink(bin.resolve(command), Path.of("busybox"));
        }
        Path tar = directory.resolve("image.tar");
        run(List.of("tar", "-C", directory.resolve("image").toString(), "-cf", tar.toString(), "."), true);
        return tar.toString();
    }

    // ---- its containers

    /** Runs the docker command; its output without the last line end. */
    String docker(String... arguments) throws Exception {
        return docker(true, arguments);
    }

    private String docker(boolean mustSucceed, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("/usr/bin/docker", "--host", host()));
        command.addAll(List.of(arguments));
        return run(command, mustSucceed);
    }

    /** Starts a container that runs a script; further options come before it. */
    String run(String name, String script, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("run", "--detach", "--network=none", "--name=" + name));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("bb:1", "/bin/sh", "-c", script));
        return docker(arguments.toArray(String[]::new));
    }

    /** What the daemon has in the log, one channel of it. */
    byte[] finalLog(String name, boolean stderr) throws Exception {
        File file = File.createTempFile("final", ".log", directory.toFile());
        ProcessBuilder.Redirect none = ProcessBuilder.Redirect.DISCARD;
        ProcessBuilder.Redirect to = ProcessBuilder.Redirect.to(file);
        Process logs = new ProcessBuilder("/usr/bin/docker", "--host", host(), "logs", name)
                .redirectOutput(stderr ? none : to)
                .redirectError(stderr ? to : none)
                .start();
        assertThat(logs.waitFor()).isZero();
        return Files.readAllBytes(file.toPath());
    }

    private static String run(List<String> command, boolean mustSucceed) throws Exception {
        Process started = new ProcessBuilder(command)
                .redirectError(mustSucceed ? ProcessBuilder.Redirect.PIPE : ProcessBuilder.Redirect.DISCARD)
                .start();
        started.getOutputStream().close();
        String out = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (mustSucceed) {
            String errors = new String(started.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(started.waitFor()).as(command + ": " + errors).isZero();
        } else if (started.waitFor() != 0) {
            return "";
        }
        return out.strip();
    }

    // ---- the end

    /** Ends the daemon and its containers, and takes all that it has left away. */
    @Override
    public void close() {
        try {
            String all = docker(false, "ps", "--all", "--quiet");
            if (!all.isEmpty()) {
                List<String> command = new ArrayList<>(List.of("rm", "--force"));
                all.lines().forEach(command::add);
                docker(false, command.toArray(String[]::new));
            }
            if (process != null) {
                process.destroy();
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            }
            delete(directory);
        } catch (Exception e) {
            System.err.println("the daemon in " + directory + " is not cleaned up: " + e);
        }
    }

    /** Takes a directory away, and what is mounted below it. */
    static void delete(Path directory) throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String at = line.split(" ")[1];
            if (at.startsWith(directory + "/")) {
                new ProcessBuilder("umount", "--lazy", at).start().waitFor();
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        }
    }
}
