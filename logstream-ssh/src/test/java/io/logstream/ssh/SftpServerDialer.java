package io.logstream.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts the real SFTP server of OpenSSH over pipes, without any SSH; its connections can be broken. */
final class SftpServerDialer implements Dialer {
    static final String SERVER = "/usr/lib/openssh/sftp-server";

    private final List<Process> processes = new ArrayList<>();
    private final List<String> command;

    SftpServerDialer() {
        this(SERVER);
    }

    SftpServerDialer(String... command) {
        this.command = List.of(command);
    }

    static SshConnection connection(SftpServerDialer dialer) {
        return new SshConnection(
                "here",
                dialer,
                SshConnection.builder("here").connectTimeout(Duration.ofSeconds(20)),
                SshConnection::startThread);
    }

    @Override
    public synchronized Link dial() throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        processes.add(process);
        return new Link() {
            @Override
            public InputStream in() {
                return process.getInputStream();
            }

            @Override
            public OutputStream out() {
                return process.getOutputStream();
            }

            @Override
            public Exception whyEnded(boolean begun, IOException cause) {
                return new IOException("the connection was lost", cause);
            }

            @Override
            public void close() {
                process.destroy();
            }
        };
    }

    /** The processes that are there, the newest last. */
    synchronized List<Process> running() {
        return processes.stream().filter(Process::isAlive).toList();
    }

    void breakConnections() {
        running().forEach(Process::destroyForcibly);
    }
}
