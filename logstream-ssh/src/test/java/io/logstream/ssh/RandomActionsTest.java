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
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random programs of writing, rotating, copying and cutting and breaking the connection, in real time and with OpenSSH's SFTP
 * server over pipes: no line comes twice or out of order, and none is missing without a gap. {@code -Dssh.seed=N} plays one
 * of them, as far as threads meet in the same way again.
 */
class RandomActionsTest {
    private static final int PROGRAMS = 16;
    /** How many run at once: they mostly wait. */
    private static final int AT_ONCE = 8;

    private static final int ACTIONS = 40;

    @TempDir
    private Path directory;

    @Test
    void nothingIsLostInSilenceOrTwice_whateverHappensToTheLog() throws Exception {
        Long one = Long.getLong("ssh.seed");
        run(LongStream.range(one == null ? 1 : one, one == null ? 1 + PROGRAMS : one + 1)
                .iterator());
    }

    @Tag("stress")
    @Test
    void nothingIsLostInSilenceOrTwice_withNewSeeds() throws Exception {
        long seconds = Long.getLong("stress.seconds", 600);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        run(LongStream.iterate(
                        Long.getLong("ssh.from", System.nanoTime()),
                        seed -> end - System.nanoTime() > 0,
                        seed -> seed + 1)
                .iterator());
    }

    private void run(Iterator<Long> seeds) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                all.add(threads.submit(() -> {
                    for (Long seed = next(seeds); seed != null; seed = next(seeds)) {
                        new Program(Files.createDirectory(directory.resolve("seed" + seed)), seed).run();
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static @Nullable Long next(Iterator<Long> seeds) {
        synchronized (seeds) {
            return seeds.hasNext() ? seeds.next() : null;
        }
    }

    /** One random program. */
    private static final class Program {
        private final long seed;
        private final Random random;
        private final Path directory;
        private final Path log;
        private final SftpServerDialer dialer = new SftpServerDialer();
        private final CollectingViewer viewer = new CollectingViewer();
        private int lines;
        private int rotations;

        Program(Path directory, long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.directory = directory;
            this.log = directory.resolve("app.log");
        }

        void run() throws IOException {
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
                write();
                hub.open("log", SshFileSource.of(connection, log.toString()), options)
                        .subscribe(how, viewer);
                viewer.awaitLine("line 0");
                StringBuilder program = new StringBuilder("seed " + seed + ":");
                for (int i = 0; i < ACTIONS; i++) {
                    program.append(' ').append(act());
                    LockSupport.parkNanos(
                            random.nextInt(3) == 0 ? random.nextInt(400_000_000) : random.nextInt(20_000_000));
                }
                write();
                viewer.await(
                        program + ": line " + (lines - 1), () -> viewer.lines().contains("line " + (lines - 1)));
                check(program.toString(), viewer.told());
            }
        }

        private String act() throws IOException {
            switch (random.nextInt(10)) {
                case 0 -> {
                    rotations++;
                    Files.move(log, directory.resolve("app.log." + rotations));
                    write();
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
                    write();
                    return "write";
                }
            }
        }

        private void write() throws IOException {
            StringBuilder text = new StringBuilder();
            for (int left = 1 + random.nextInt(50); left > 0; left--) {
                text.append("line ").append(lines++).append('\n');
            }
            Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }

        /** Where lines are missing, a gap stands at their place. */
        private static void check(String program, List<String> told) {
            int next = 0;
            boolean gap = false;
            for (String one : told) {
                gap |= one.startsWith("gap ");
                if (one.startsWith("line ")) {
                    int number = Integer.parseInt(one.substring("line line ".length()));
                    assertThat(number).as(program).isGreaterThanOrEqualTo(next);
                    assertThat(number == next || gap)
                            .as(program + " told " + told)
                            .isTrue();
                    next = number + 1;
                    gap = false;
                }
            }
        }
    }
}
