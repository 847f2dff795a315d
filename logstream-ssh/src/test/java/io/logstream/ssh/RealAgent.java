package io.logstream.ssh;

import io.logstream.testkit.CollectingViewer;
import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/** A real ssh-agent of its own. */
final class RealAgent implements Closeable {
    private final Process process;
    private final Path socket;

    RealAgent(Path socket) throws Exception {
        this.socket = socket;
        process = new ProcessBuilder("ssh-agent", "-D", "-a", socket.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        CollectingViewer.until("the agent listens", () -> Files.exists(socket));
    }

    void add(Path key, String passphrase) throws Exception {
        Path asks = Files.writeString(
                key.resolveSibling(key.getFileName() + ".asks"), "#!/bin/sh\necho '" + passphrase + "'\n");
        Files.setPosixFilePermissions(asks, PosixFilePermissions.fromString("rwx------"));
        ProcessBuilder adding = new ProcessBuilder("ssh-add", "-q", key.toString());
        adding.environment().put("SSH_AUTH_SOCK", socket.toString());
        adding.environment().put("SSH_ASKPASS", asks.toString());
        adding.environment().put("SSH_ASKPASS_REQUIRE", "force");
        Process program = adding.redirectErrorStream(true).start();
        String said = new String(program.getInputStream().readAllBytes());
        if (!program.waitFor(60, TimeUnit.SECONDS) || program.exitValue() != 0) {
            throw new AssertionError("ssh-add: " + said);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
