package io.logstream.benchmarks;

import io.logstream.BackpressurePolicy;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A JVM that reads files of another host: {@code read PEER FILE LINES} ends when it has them all; {@code idle PEER DIRECTORY
 * FILES} says so when it follows them all, and then waits to be ended.
 */
final class SshRead {
    /** The property that names the directory of the {@link PrivateSshd}. */
    static final String DIRECTORY = "ssh.directory";
    /** The property that names its port. */
    static final String PORT = "ssh.port";

    private SshRead() {}

    /** Reads. */
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[3]);
        try (SshConnection connection = connection(args[1]);
                LogHub hub = LogHub.create()) {
            if (args[0].equals("read")) {
                read(
                        hub,
                        SshFileSource.builder(connection, args[2]).follow(false).build(),
                        count);
            } else {
                idle(hub, connection, Path.of(args[2]), count);
            }
        }
        System.exit(0);
    }

    /** A connection to the host as the peer makes one. */
    static SshConnection connection(String peer) {
        Path directory = Path.of(System.getProperty(DIRECTORY));
        SshConnection.Builder connection = SshConnection.builder("127.0.0.1")
                .port(Integer.getInteger(PORT))
                .user(System.getProperty("user.name"))
                .config(directory.resolve("ssh_config"))
                .identity(directory.resolve("user"))
                .knownHosts(directory.resolve("known"));
        return switch (peer) {
            case "sftp", "exec" -> connection.build();
            case "sftp-program", "exec-program" ->
                connection.command(List.of("ssh")).build();
            default -> throw new IllegalArgumentException("no way '" + peer + "' to reach a host");
        };
    }

    /** How the peer notices new lines. */
    static SshFileSource.Mode mode(String peer) {
        return peer.startsWith("exec") ? SshFileSource.Mode.EXEC : SshFileSource.Mode.SFTP;
    }

    private static void read(LogHub hub, SshFileSource source, int lines) throws InterruptedException {
        StreamOptions stream =
                StreamOptions.builder().allowBlock(BackpressurePolicy.FOREVER).build();
        SubscribeOptions viewer = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.block())
                .build();
        LineCounter counter = new LineCounter(lines);
        hub.open("file", source, stream).subscribe(viewer, counter);
        counter.await();
    }

    private static void idle(LogHub hub, SshConnection connection, Path directory, int files)
            throws IOException, InterruptedException {
        LineCounter counter = new LineCounter(files);
        SubscribeOptions all = SubscribeOptions.builder().replay(Replay.all()).build();
        for (int i = 0; i < files; i++) {
            String file = FileWait.file(directory, i).toString();
            hub.open("file" + i, SshFileSource.of(connection, file)).subscribe(all, counter);
        }
        counter.await();
        System.out.println("ready");
        System.in.read(); // until it is ended, or who has started it
    }
}
