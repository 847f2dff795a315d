package io.logstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Memory stays bounded whatever comes in and whatever viewers do: each case is a process with a heap of 64 MB. */
class MemoryTest {

    @ParameterizedTest
    @ValueSource(strings = {"hugeLine", "manyStreams", "stalledCursors", "stalledViewersAllOver", "floodOfEvents"})
    void heapOf64Megabytes_isEnough(String name) throws Exception {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                String.join(
                        File.pathSeparator,
                        placeOf(LogHub.class),
                        placeOf(MemoryTest.class),
                        placeOf(LoggerFactory.class)),
                MemoryTest.class.getName(),
                name);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(output).contains("fine");
        assertThat(process.exitValue()).isZero();
    }

    private static String placeOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    /** The process with the small heap. */
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "hugeLine" -> hugeLine();
            case "manyStreams" -> manyStreams();
            case "stalledCursors" -> stalledCursors();
            case "stalledViewersAllOver" -> stalledViewersAllOver();
            case "floodOfEvents" -> floodOfEvents();
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("fine");
    }

    private static void check(boolean right, Object facts) {
        if (!right) {
            throw new AssertionError(String.valueOf(facts));
        }
    }

    /** A line of 100 MB, and a short one after it, past a viewer that is stuck in its first callback. */
    private static void hugeLine() throws Exception {
        long huge = 100L << 20;
        CountDownLatch never = new CountDownLatch(1);
        AtomicLong bytes = new AtomicLong();
        List<String> ends = new ArrayList<>();
        try (LogHub hub = LogHub.create()) {
            StreamOptions options = StreamOptions.builder()
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .build();
            Broadcaster stream = hub.open("huge", new Huge(huge), options);
            SubscribeOptions stuck =
                    SubscribeOptions.builder().replay(Replay.all()).build();
            stream.subscribe(stuck, lines -> never.await());
            SubscribeOptions all = SubscribeOptions.builder()
                    .replay(Replay.all())
                    .policy(BackpressurePolicy.block())
                    .build();
            Subscription subscription = stream.subscribe(all, lines -> {
                for (LogLine line : lines) {
                    bytes.addAndGet(line.length());
                    check(line.lineNumber() == (ends.isEmpty() ? 1 : 2), line.lineNumber());
                    if (!line.isPartial()) {
                        ends.add(line.length() < 100 ? line.text() : "");
                    }
                }
            });
            check(subscription.awaitEnd(Duration.ofMinutes(1)), subscription.stats());
            check(bytes.get() == huge + "next".length(), bytes);
            check(ends.equals(List.of("", "next")), ends);
        }
    }

    private record Huge(long length) implements LogSource {
        @Override
        public String identity() {
            return "huge";
        }

        @Override
        public LogReader open(Start start, SourceContext context) {
            byte[] end = "\nnext\n".getBytes(StandardCharsets.US_ASCII);
            return LogReader.ofInputStream(
                    new SequenceInputStream(new Repeated(length), new ByteArrayInputStream(end)),
                    Channel.STDOUT,
                    context);
        }
    }

    /** One letter, many times. */
    private static final class Repeated extends InputStream {
        private long left;

        Repeated(long length) {
            left = length;
        }

        @Override
        public int read() {
            return left-- > 0 ? 'x' : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int n = (int) Math.min(length, left);
            Arrays.fill(target, offset, offset + n, (byte) 'x');
            left -= n;
            return n == 0 ? -1 : n;
        }
    }

    /** A thousand streams that want more than the budget together, with more than the heap going through. */
    private static void manyStreams() {
        long budget = 8 << 20;
        String text = "x".repeat(100);
        try (LogHub hub = LogHub.builder().memoryBytes(budget).build()) {
            List<LogFeed> feeds = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                feeds.add(hub.feed("stream-" + i));
            }
            for (int line = 0; line < 1500; line++) {
                for (LogFeed feed : feeds) {
                    feed.line(text);
                }
            }
            LogHub.Stats stats = hub.stats();
            check(stats.retainedBytes() <= budget && stats.retainedBytes() > budget / 2, stats);
        }
    }

    /** Ten thousand cursors that nobody polls, at different places of a stream. */
    private static void stalledCursors() {
        String text = "x".repeat(1000);
        try (LogHub hub = LogHub.create();
                LogFeed feed = hub.feed("busy")) {
            List<LogCursor> cursors = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                LogCursor cursor = feed.broadcaster().tail(SubscribeOptions.defaults());
                feed.line(text);
                feed.line(text);
                cursor.poll();
                cursors.add(cursor);
            }
            for (int i = 0; i < 200_000; i++) {
                feed.line(text);
            }
            for (LogCursor cursor : cursors) {
                LogEntry entry = cursor.poll();
                check(entry instanceof Gap || entry instanceof SourceEvent, entry);
            }
        }
    }

    /** Viewers that stop after their first line, cursors, paused and reactive ones, each in a segment of its own. */
    private static void stalledViewersAllOver() throws Exception {
        String text = "x".repeat(1000);
        SubscribeOptions fromHere =
                SubscribeOptions.builder().replay(Replay.last(1)).batchLines(1).build();
        try (LogHub hub = LogHub.create();
                LogFeed feed = hub.feed("busy")) {
            Broadcaster stream = feed.broadcaster();
            feed.line(text);
            for (int i = 0; i < 6000; i++) {
                switch (i % 3) {
                    case 0 -> check(stream.tail(fromHere).poll() instanceof LogLine, i);
                    case 1 -> {
                        CountDownLatch got = new CountDownLatch(1);
                        Subscription subscription = stream.subscribe(fromHere, lines -> got.countDown());
                        got.await();
                        subscription.pause();
                    }
                    default -> {
                        CountDownLatch got = new CountDownLatch(1);
                        stream.publisher(fromHere).subscribe(new OneEntry(got));
                        got.await();
                    }
                }
                for (int line = 0; line < 70; line++) { // more than a segment
                    feed.line(text);
                }
            }
        }
    }

    private record OneEntry(CountDownLatch got) implements Flow.Subscriber<LogEntry> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(1);
        }

        @Override
        public void onNext(LogEntry entry) {
            got.countDown();
        }

        @Override
        public void onError(Throwable e) {}

        @Override
        public void onComplete() {}
    }

    /** Events without lines, without end, past a viewer that is paused. */
    private static void floodOfEvents() {
        try (LogHub hub = LogHub.create();
                LogFeed feed = hub.feed("events")) {
            feed.broadcaster().subscribe(lines -> {}).pause();
            for (int i = 0; i < 1_000_000; i++) {
                feed.event(SourceEvent.of(SourceEvent.Kind.RESTARTED, "number " + i));
            }
            check(hub.stats().retainedBytes() <= 11 << 20, hub.stats());
        }
    }
}
