package io.logstream.docker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A podman service of the tests' own, in a directory that goes with it. */
final class RealPodman implements AutoCloseable {
    private final Path directory;
    private Process process;

    private RealPodman(Path directory) {
        this.directory = directory;
    }

    static RealPodman start() throws Exception {
        RealDaemon.require("/usr/bin/podman", "/bin/busybox");
        RealPodman podman = new RealPodman(Files.createTempDirectory("logstream-podman"));
        try {
            podman.launch();
        } catch (Exception | Error e) {
            podman.close();
            throw e;
        }
        return podman;
    }

    private void launch() throws Exception {
        Files.writeString(
                directory.resolve("containers.conf"),
                "[containers]\ndefault_ulimits=[\"nofile=1024:1024\",\"nproc=4096:4096\"]\nlog_driver=\"k8s-file\"\n");
        process = builder(List.of("system", "service", "--time=0", host()))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(directory.resolve("podman.sock"))) {
            if (!process.isAlive() || deadline - System.nanoTime() < 0) {
                throw new IOException("podman does not start: " + Files.readString(directory.resolve("log")));
            }
            LockSupport.parkNanos(20_000_000);
        }
        podman("import", RealDaemon.image(directory), "bb:1");
    }

    private ProcessBuilder builder(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/podman",
                "--root=" + directory.resolve("root"),
                "--runroot=" + directory.resolve("run"),
                "--tmpdir=" + directory.resolve("tmp"),
                "--cgroup-manager=cgroupfs",
                "--events-backend=file"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .put("CONTAINERS_CONF", directory.resolve("containers.conf").toString());
        return builder;
    }

    String host() {
        return "unix://" + directory.resolve("podman.sock");
    }

    String podman(String... arguments) throws Exception {
        Process started = builder(List.of(arguments)).start();
        started.getOutputStream().close();
        String out = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String errors = new String(started.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        if (started.waitFor() != 0) {
            throw new IOException("podman " + List.of(arguments) + ": " + errors);
        }
        return out.strip();
    }

    void run(String name, String script, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("run", "--detach", "--network=none", "--name=" + name));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("bb:1", "/bin/sh", "-c", script));
        podman(arguments.toArray(String[]::new));
    }

    @Override
    public void close() {
        try {
            if (process != null) {
                podman("rm", "--all", "--force", "--time=0");
                process.destroy();
                process.waitFor(10, TimeUnit.SECONDS);
            }
            RealDaemon.delete(directory);
        } catch (Exception e) {
            System.err.println("podman in " + directory + " is not cleaned up: " + e);
        }
    }
}
