package io.logstream.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A Docker daemon for the benchmarks alone, in a directory of theirs; changes nothing of the network. Needs root. */
final class PrivateDaemon implements AutoCloseable {
    private static final String DOCKER = "/usr/bin/docker";
    private static final String DOCKERD = "/usr/sbin/dockerd";
    private static final String BUSYBOX = "/bin/busybox";

    private final Path directory;
    private final Process process;
    private final Thread hook = new Thread(this::end, "dockerd");

    PrivateDaemon(Path directory) throws IOException, InterruptedException {
        for (String needed : List.of(DOCKER, DOCKERD, BUSYBOX)) {
            if (!Files.isExecutable(Path.of(needed))) {
                throw new IOException(needed + " is missing; on Debian: apt-get install docker.io busybox-static");
            }
        }
        this.directory = Files.createDirectories(directory);
        Runtime.getRuntime().addShutdownHook(hook);
        process = new ProcessBuilder(
                        DOCKERD,
                        "--data-root=" + directory.resolve("data"),
                        "--exec-root=" + directory.resolve("exec"),
                        "--host=" + host(),
                        "--pidfile=" + directory.resolve("pid"),
                        "--iptables=false",
                        "--bridge=none")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.exists(socket()) || !succeeds("version")) {
            if (!process.isAlive() || deadline - System.nanoTime() < 0) {
                throw new IOException(
                        "dockerd does not start, which needs root: " + Files.readString(directory.resolve("log")));
            }
            LockSupport.parkNanos(20_000_000);
        }
        Path bin = Files.createDirectories(directory.resolve("image/bin"));
        Files.copy(Path.of(BUSYBOX), bin.resolve("busybox"));
        for (String command : List.of("sh", "awk", "sleep")) {
            Files.createSymbolicLink(bin.resolve(command), Path.of("busybox"));
        }
        Path tar = directory.resolve("image.tar");
        new ProcessBuilder("tar", "-C", directory.resolve("image").toString(), "-cf", tar.toString(), ".")
                .start()
                .waitFor();
        docker("import", tar.toString(), "bb:1");
    }

    Path socket() {
        return directory.resolve("docker.sock");
    }

    String host() {
        return "unix://" + socket();
    }

    long pid() {
        return process.pid();
    }

    /** The docker command with its arguments. */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(DOCKER, "--host", host()));
        command.addAll(List.of(arguments));
        return command;
    }

    private boolean succeeds(String... arguments) throws IOException, InterruptedException {
        return new ProcessBuilder(command(arguments))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    String docker(String... arguments) throws IOException, InterruptedException {
        Process started =
                new ProcessBuilder(command(arguments)).redirectErrorStream(true).start();
        String out = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (started.waitFor() != 0) {
            throw new IOException("docker " + List.of(arguments) + ": " + out);
        }
        return out;
    }

    /** Runs a container that writes so many numbered lines of a length, and stays if wanted. */
    void write(String name, int lines, int length, boolean stays) throws IOException, InterruptedException {
        String script = "awk 'BEGIN { pad = sprintf(\"%" + (length - 11) + "s\", \"\"); for (i = 1; i <= " + lines
                + "; i++) printf \"%09d %s\\n\", i, pad }'" + (stays ? "; sleep 100000" : "");
        docker("run", "--detach", "--network=none", "--name=" + name, "bb:1", "/bin/sh", "-c", script);
        if (stays) {
            while (!docker("logs", "--tail=1", name).startsWith(String.format("%09d", lines))) {
                LockSupport.parkNanos(200_000_000);
            }
        } else {
            docker("wait", name);
        }
    }

    @Override
    public void close() {
        end();
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    private void end() {
        if (!process.isAlive()) {
            return;
        }
        try {
            String all = docker("ps", "--all", "--quiet");
            for (String id : all.lines().toList()) {
                docker("rm", "--force", id);
            }
        } catch (IOException e) {
            System.err.println("containers are left: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroy();
        process.onExit()
                .orTimeout(30, TimeUnit.SECONDS)
                .exceptionally(e -> process)
                .join();
        process.destroyForcibly();
    }
}
