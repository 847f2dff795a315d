package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.BackpressurePolicy;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random programs of writing, rotating, copying and cutting, deleting and breaking the connection, with OpenSSH's SFTP server
 * over pipes: no line comes twice or out of order, and none is missing without a gap. {@code -Dssh.seed=N} plays another one.
 */
class RandomActionsTest {
    private static final int ACTIONS = 40;

    @TempDir
    private Path directory;

    private final SftpServerDialer dialer = new SftpServerDialer();
    private final CollectingViewer viewer = new CollectingViewer();
    private Path log;
    private int lines;
    private int rotations;

    @Tag("stress") // it fails with one seed in ten: docs/ssh.md
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void nothingIsLostInSilenceOrTwice_whateverHappensToTheLog(long number) throws Exception {
        long seed = Long.getLong("ssh.seed", number);
        Random random = new Random(seed);
        log = directory.resolve("app.log");
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .allowBlock(BackpressurePolicy.FOREVER)
                .build();
        SubscribeOptions how = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.block())
                .build();
        try (SshConnection connection = SftpServerDialer.connection(dialer);
                LogHub hub = LogHub.create()) {
            write(random);
            hub.open("log", SshFileSource.of(connection, log.toString()), options)
                    .subscribe(how, viewer);
            viewer.awaitLine("line 0");
            StringBuilder program = new StringBuilder("seed " + seed + ":");
            for (int i = 0; i < ACTIONS; i++) {
                program.append(' ').append(act(random));
                LockSupport.parkNanos(
                        random.nextInt(3) == 0 ? random.nextInt(400_000_000) : random.nextInt(20_000_000));
            }
            write(random);
            viewer.await(program + ": line " + (lines - 1), () -> viewer.lines().contains("line " + (lines - 1)));
            check(program.toString(), viewer.lines());
        }
    }

    private String act(Random random) throws IOException {
        switch (random.nextInt(10)) {
            case 0 -> {
                rotations++;
                Files.move(log, directory.resolve("app.log." + rotations));
                write(random);
                return "rotate";
            }
            case 1 -> {
                rotations++;
                Files.copy(log, directory.resolve("app.log." + rotations));
                try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
                    channel.truncate(0);
                }
                return "copytruncate";
            }
            case 2 -> {
                dialer.breakConnections();
                return "break";
            }
            default -> {
                write(random);
                return "write";
            }
        }
    }

    private void write(Random random) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int left = 1 + random.nextInt(50); left > 0; left--) {
            text.append("line ").append(lines++).append('\n');
        }
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void check(String program, List<String> got) {
        int next = 0;
        boolean missing = false;
        for (String line : got) {
            int number = Integer.parseInt(line.substring("line ".length()));
            assertThat(number).as(program).isGreaterThanOrEqualTo(next);
            missing |= number > next;
            next = number + 1;
        }
        if (missing) {
            assertThat(viewer.gaps()).as(program + " told " + viewer.told()).isNotEmpty();
        }
    }
}
