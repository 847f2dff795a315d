package io.logstream.ssh;

import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A process of its own that follows files, and prints their lines, until it is killed. */
final class FollowingProcess implements Closeable {
    private final Process process;
    private final BufferedReader lines;

    /**
     * Starts it.
     *
     * @param way {@code built-in} or {@code ssh}
     */
    FollowingProcess(RealSshd sshd, String way, SshFileSource.Mode mode, Path... files) throws IOException {
        String path = System.getProperty("java.class.path")
                + File.pathSeparator
                + System.getProperty("jdk.module.path", "")
                + File.pathSeparator
                + Path.of("target", "test-classes").toAbsolutePath();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                path,
                FollowingProcess.class.getName(),
                String.valueOf(sshd.port),
                sshd.directory.toString(),
                way,
                mode.name()));
        for (Path file : files) {
            command.add(file.toString());
        }
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        lines = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Waits for a line. */
    void await(String expected) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.equals(expected)) {
                return;
            }
        }
        throw new IOException("it ended without the line " + expected);
    }

    void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[1]);
        SshConnection.Builder builder = SshConnection.builder("127.0.0.1")
                .port(Integer.parseInt(args[0]))
                .user("root")
                .config(directory.resolve("ssh_config"))
                .identity(directory.resolve("user"))
                .knownHosts(directory.resolve("known"));
        SshConnection connection =
                args[2].equals("ssh") ? builder.command(List.of("ssh")).build() : builder.build();
        LogHub hub = LogHub.create();
        for (String file : List.of(args).subList(4, args.length)) {
            SshFileSource source = SshFileSource.builder(connection, file)
                    .mode(SshFileSource.Mode.valueOf(args[3]))
                    .build();
            hub.open(file, source)
                    .subscribe(
                            SubscribeOptions.builder().replay(Replay.all()).build(),
                            batch -> batch.forEach(line -> System.out.println(line.text())));
        }
        while (true) {
            LockSupport.park();
        }
    }
}
