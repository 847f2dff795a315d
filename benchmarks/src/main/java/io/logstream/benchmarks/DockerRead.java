package io.logstream.benchmarks;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.docker.DockerDaemon;
import io.logstream.docker.DockerSource;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A JVM that reads a container's log in one way: {@code PEER HOST CONTAINER LINES}. It says how many nanoseconds that took,
 * the processor time of the whole process and the most memory that it ever had, in kilobytes; or how many threads it takes.
 */
final class DockerRead {

    private DockerRead() {}

    /** Measures. */
    public static void main(String[] args) throws Exception {
        String host = args[1];
        String container = args[2];
        int lines = Integer.parseInt(args[3]);
        long begun = System.nanoTime();
        long score = switch (args[0]) {
            case "logstream" -> logstream(host, container, lines, false);
            case "logstream-files" -> logstream(host, container, lines, true);
            case "docker-java" -> dockerJava(host, container, lines);
            case "resume" -> resume(host, container, lines);
            case "followers" -> followers(host, container, lines);
            case "docker-java-followers" -> dockerJavaFollowers(host, container, lines);
            default -> throw new IllegalArgumentException("no way '" + args[0] + "' to read a log");
        };
        long nanos = score < 0 ? System.nanoTime() - begun : score;
        System.out.println("read " + nanos + " " + Cpu.ofThisProcess() + " " + memory());
        System.exit(0);
    }

    private static long memory() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    private static long logstream(String host, String container, int lines, boolean files) throws InterruptedException {
        try (DockerDaemon daemon = DockerDaemon.of(host);
                LogHub hub = LogHub.create()) {
            StreamOptions stream = StreamOptions.builder()
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .build();
            SubscribeOptions viewer = SubscribeOptions.builder()
                    .replay(Replay.all())
                    .policy(BackpressurePolicy.block())
                    .build();
            LineCounter counter = new LineCounter(lines);
            hub.open(
                            container,
                            DockerSource.builder(daemon, container)
                                    .readFiles(files)
                                    .build(),
                            stream)
                    .subscribe(viewer, counter);
            counter.await();
            return -1;
        }
    }

    private static DockerClient client(String host, int connections) {
        DefaultDockerClientConfig config = DefaultDockerClientConfig.createDefaultConfigBuilder()
                .withDockerHost(host)
                .build();
        ZerodepDockerHttpClient http = new ZerodepDockerHttpClient.Builder()
                .dockerHost(config.getDockerHost())
                .maxConnections(connections)
                .build();
        return DockerClientImpl.getInstance(config, http);
    }

    private static long dockerJava(String host, String container, int lines) throws Exception {
        LineCounter counter = new LineCounter(lines);
        try (DockerClient client = client(host, 10)) {
            client.logContainerCmd(container)
                    .withStdOut(true)
                    .withStdErr(true)
                    .withTimestamps(true)
                    .withTailAll()
                    .exec(new ResultCallback.Adapter<Frame>() {
                        @Override
                        public void onNext(Frame frame) {
                            byte[] bytes = frame.getPayload();
                            counter.count(FileRead.lineFeeds(bytes, bytes.length));
                        }
                    })
                    .awaitCompletion();
        }
        counter.await();
        return -1;
    }

    /** The time from opening at a position until the lines behind it have come; the best of some. */
    private static long resume(String host, String container, int lines) throws Exception {
        try (DockerDaemon daemon = DockerDaemon.of(host)) {
            DockerSource source = DockerSource.builder(daemon, container).build();
            Reading place = new Reading();
            try (LogReader reader = source.open(Start.last(lines), place)) {
                place.drive(reader, 1);
            }
            SourcePosition position = place.first;
            if (position == null) {
                throw new IllegalStateException("no position");
            }
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) {
                Reading resumed = new Reading();
                long begun = System.nanoTime();
                try (LogReader reader = source.open(Start.at(position), resumed)) {
                    resumed.drive(reader, lines);
                    best = Math.min(best, System.nanoTime() - begun);
                }
            }
            return best;
        }
    }

    /** So many streams of one container; how many threads of the library there are then. */
    private static long followers(String host, String container, int streams) throws InterruptedException {
        try (DockerDaemon daemon = DockerDaemon.of(host);
                LogHub hub = LogHub.create()) {
            LineCounter counter = new LineCounter(streams);
            SubscribeOptions last =
                    SubscribeOptions.builder().replay(Replay.last(1)).build();
            for (int i = 0; i < streams; i++) {
                hub.open("stream" + i, DockerSource.of(daemon, container)).subscribe(last, counter);
            }
            counter.await();
            TimeUnit.SECONDS.sleep(12); // the hub gives threads back that it needed for a moment
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("logstream-"))
                    .count();
        }
    }

    private static long dockerJavaFollowers(String host, String container, int streams) throws Exception {
        int before = Thread.activeCount();
        try (DockerClient client = client(host, streams + 10)) {
            CountDownLatch all = new CountDownLatch(streams);
            for (int i = 0; i < streams; i++) {
                client.logContainerCmd(container)
                        .withStdOut(true)
                        .withFollowStream(true)
                        .withTail(1)
                        .exec(new ResultCallback.Adapter<Frame>() {
                            @Override
                            public void onNext(Frame frame) {
                                all.countDown();
                            }
                        });
            }
            all.await();
            return (long) Thread.activeCount() - before;
        }
    }

    /** What a reader needs, without a hub. */
    private static final class Reading implements SourceContext, LineSink {
        private static final int ROOM = 1 << 20;
        private final Semaphore woken = new Semaphore(0);
        private @Nullable SourcePosition first;
        private int lines;

        void drive(LogReader reader, int wanted) throws IOException, InterruptedException {
            while (lines < wanted) {
                if (reader.read(this) != LogReader.Outcome.MORE && lines < wanted) {
                    woken.acquire();
                    woken.drainPermits();
                }
            }
        }

        @Override
        public void wake() {
            woken.release();
        }

        @Override
        public void wakeWithin(Duration time) {
            // the daemon answers before
        }

        @Override
        public TimeSource time() {
            return new TimeSource() {
                @Override
                public long nanoTime() {
                    return System.nanoTime();
                }

                @Override
                public long epochNanos() {
                    return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
                }

                @Override
                public Alarm after(Duration delay, Runnable action) {
                    return () -> {};
                }
            };
        }

        @Override
        public Executor blocking() {
            return Runnable::run;
        }

        @Override
        public int room() {
            return ROOM;
        }

        @Override
        public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
            lines++; // none is long enough to be cut
            bytes.position(bytes.limit());
        }

        @Override
        public void endLine(Channel channel) {
            lines++;
        }

        @Override
        public void gap(long missing, Gap.Reason reason) {
            throw new IllegalStateException("a gap: " + reason);
        }

        @Override
        public void event(SourceEvent event) {
            // none is of interest
        }

        @Override
        public void position(@Nullable SourcePosition next) {
            first = first == null ? next : first;
        }
    }
}
