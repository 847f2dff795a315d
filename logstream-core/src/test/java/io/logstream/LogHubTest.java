package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The hub: its streams, limits, memory, threads and end. */
class LogHubTest {
    private static final Duration SHORT = Duration.ofSeconds(10); // ten times what close may take

    // ---- streams

    @Test
    void open_givesTheSameStreamForTheSameId() {
        try (LogHub hub = LogHub.create()) {
            Broadcaster stream = hub.open("s", MemoryLog.ofLines("source", 1));
            assertThat(hub.open("s", MemoryLog.ofLines("source", 1))).isSameAs(stream);
            assertThat(hub.find("s")).containsSame(stream);
            assertThat(hub.find("t")).isEmpty();
            Broadcaster other = hub.open("t", MemoryLog.ofLines("source", 1));
            assertThat(hub.streams()).containsExactlyInAnyOrder(stream, other);
            assertThat(hub.stats().streams()).isEqualTo(2);
        }
    }

    @Test
    void openOfAnIdThatReadsAnotherSource_isRefused() {
        try (LogHub hub = LogHub.create()) {
            hub.open("s", MemoryLog.ofLines("one", 1));
            assertThatThrownBy(() -> hub.open("s", MemoryLog.ofLines("another", 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("stream 's' is open already and reads another source than another");
            assertThatThrownBy(() -> hub.feed("s"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("stream 's' is open already: a feed needs an id of its own");
            hub.feed("f");
            assertThatThrownBy(() -> hub.feed("f")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> hub.open("f", MemoryLog.ofLines("one", 1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void wrongIds_areRefused() {
        try (LogHub hub = LogHub.create()) {
            for (String id : List.of("", "x".repeat(1001))) {
                assertThatThrownBy(() -> hub.open(id, MemoryLog.ofLines("one", 1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("stream id of " + id.length() + " characters: use 1 to 1000");
                assertThatThrownBy(() -> hub.feed(id)).isInstanceOf(IllegalArgumentException.class);
            }
            hub.feed("x".repeat(1000));
        }
    }

    // ---- limits

    @Test
    void limitOfStreams_isKept_andNamed() {
        try (LogHub hub = LogHub.builder().maxStreams(2).build()) {
            hub.feed("a");
            Broadcaster b = hub.open("b", MemoryLog.ofLines("b", 1));
            String message = "the hub has 2 streams, which is the limit: close some, or build it with a greater"
                    + " LogHub.Builder.maxStreams";
            assertThatThrownBy(() -> hub.feed("c"))
                    .isInstanceOf(LogStreamException.class)
                    .hasMessage(message);
            assertThatThrownBy(() -> hub.open("c", MemoryLog.ofLines("c", 1)))
                    .isInstanceOf(LogStreamException.class)
                    .hasMessage(message);
            hub.open("b", MemoryLog.ofLines("b", 1));
            b.close();
            hub.feed("c");
        }
    }

    @Test
    void limitOfStreams_isKept_whenManyThreadsOpenAtOnce() throws Exception {
        for (int round = 0; round < 20; round++) {
            try (LogHub hub = LogHub.builder().maxStreams(5).build()) {
                AtomicInteger opened = new AtomicInteger();
                CountDownLatch go = new CountDownLatch(1);
                List<Thread> threads = new ArrayList<>();
                for (int t = 0; t < 8; t++) {
                    int number = t;
                    threads.add(new Thread(() -> {
                        try {
                            go.await();
                            for (int i = 0; i < 10; i++) {
                                hub.open(number + "-" + i, MemoryLog.ofLines("one", 1));
                                opened.incrementAndGet();
                            }
                        } catch (LogStreamException e) {
                            // the limit
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                    }));
                }
                threads.forEach(Thread::start);
                go.countDown();
                for (Thread thread : threads) {
                    thread.join();
                }
                assertThat(opened).hasValue(5);
                assertThat(hub.stats().streams()).isEqualTo(5);
            }
        }
    }

    @Test
    void limitOfSubscribers_isKept_andNamed() {
        try (LogHub hub = LogHub.builder().maxSubscribers(3).build()) {
            Broadcaster a = hub.feed("a").broadcaster();
            Broadcaster b = hub.feed("b").broadcaster();
            Subscription first = a.subscribe(new Recorder());
            a.tail(SubscribeOptions.defaults());
            b.subscribe(new Recorder());
            assertThatThrownBy(() -> b.subscribe(new Recorder()))
                    .isInstanceOf(LogStreamException.class)
                    .hasMessage("the hub has 3 subscribers, which is the limit:"
                            + " close some, or build it with a greater LogHub.Builder.maxSubscribers");
            assertThat(hub.stats().subscribers()).isEqualTo(3);
            first.close();
            assertThatThrownBy(() -> hub.subscribe(List.of(a, b), SubscribeOptions.defaults(), new Recorder()))
                    .isInstanceOf(LogStreamException.class);
            assertThat(hub.stats().subscribers()).isEqualTo(2);
            b.subscribe(new Recorder());
        }
    }

    @Test
    void wrongSettings_areRefused() {
        assertThatThrownBy(() -> LogHub.builder().memoryBytes(65_535))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("memoryBytes of 65535: use at least 65536");
        assertThatThrownBy(() -> LogHub.builder().maxStreams(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogHub.builder().maxSubscribers(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogHub.builder().deliveryThreads(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogHub.builder().readerThreads(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogHub.builder().maxThreads(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void wrongStreamOptions_areRefused() {
        StreamOptions.Builder options = StreamOptions.builder();
        assertThatThrownBy(() -> options.retainLines(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retainLines of 0: use at least 1");
        assertThatThrownBy(() -> options.retainBytes(4095)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.maxLineBytes(15)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.maxLineBytes((64 << 20) + 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.linger(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("linger of PT-0.000000001S");
        assertThatThrownBy(() -> options.partialAfter(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.allowBlock(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.retry(Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.retry(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options.charset(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> options.mask(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void longestDurations_areForEver() throws Exception {
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        StreamOptions options = StreamOptions.builder()
                .linger(longest)
                .partialAfter(longest)
                .retry(longest, longest)
                .allowBlock(longest)
                .carriageReturnUpdates(true)
                .build();
        assertThat(options.toBuilder().build()).usingRecursiveComparison().isEqualTo(options);
        try (LogHub hub = LogHub.create()) {
            MemoryLog log = MemoryLog.ofLines("source", 3).write("unfinished");
            Recorder viewer = new Recorder();
            Subscription subscription = hub.open("s", log, options)
                    .subscribe(
                            SubscribeOptions.builder()
                                    .policy(BackpressurePolicy.block(longest))
                                    .build(),
                            viewer);
            viewer.awaitLines(3);
            log.fail(new java.io.IOException("gone"));
            viewer.awaitEvent(SourceEvent.Kind.RECONNECTING);
            subscription.close();
            viewer.awaitEnd().check();
            assertThat(hub.find("s")).isPresent();
        }
    }

    // ---- memory

    @Test
    void memory_isSharedFairly_theLargestGivesWay() throws Exception {
        long budget = 1 << 20;
        try (LogHub hub = LogHub.builder().memoryBytes(budget).build()) {
            LogFeed small = hub.feed("small");
            for (int i = 0; i < 200; i++) {
                small.line("a small stream with few lines " + i);
            }
            List<LogFeed> large = new ArrayList<>();
            for (int s = 0; s < 4; s++) {
                large.add(hub.feed("large " + s));
            }
            for (int i = 0; i < 40_000; i++) {
                for (LogFeed feed : large) {
                    feed.line("a large stream with many lines, of which only the newest can be kept " + i);
                }
                if (i % 1000 == 0) {
                    assertThat(hub.stats().retainedBytes()).isLessThanOrEqualTo(budget);
                }
            }
            assertThat(hub.stats().memoryBytes()).isEqualTo(budget);
            assertThat(small.broadcaster().stats().first()).isZero();
            for (LogFeed feed : large) {
                assertThat(feed.broadcaster().stats().retainedBytes()).isBetween(budget / 8, budget / 3);
            }
            long sum = hub.streams().stream()
                    .mapToLong(stream -> stream.stats().retainedBytes())
                    .sum();
            assertThat(hub.stats().retainedBytes()).isEqualTo(sum);
            hub.streams().forEach(Broadcaster::close);
            assertThat(hub.stats().retainedBytes()).isZero();
        }
    }

    @Test
    void memory_isKeptToByManyPublishersAtOnce() throws Exception {
        long budget = 1 << 20;
        try (LogHub hub = LogHub.builder().memoryBytes(budget).build()) {
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                LogFeed feed = hub.feed("s" + t);
                threads.add(new Thread(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        feed.line("x".repeat(i % 200));
                    }
                }));
            }
            threads.forEach(Thread::start);
            while (threads.stream().anyMatch(Thread::isAlive)) {
                // each of them may be about to give way for what it has just taken
                assertThat(hub.stats().retainedBytes()).isLessThanOrEqualTo(budget + 8 * 80 * 1024);
            }
            assertThat(hub.stats().retainedBytes()).isLessThanOrEqualTo(budget);
            long sum = hub.streams().stream()
                    .mapToLong(stream -> stream.stats().retainedBytes())
                    .sum();
            assertThat(hub.stats().retainedBytes()).isEqualTo(sum);
        }
    }

    @Test
    void idleStream_holdsNoMemory() {
        try (LogHub hub = LogHub.create()) {
            for (int i = 0; i < 1000; i++) {
                hub.feed("s" + i);
                hub.open("t" + i, MemoryLog.ofLines("x", 1));
            }
            assertThat(hub.stats().retainedBytes()).isZero();
            assertThat(hub.stats().deliveryThreads()).isZero();
            assertThat(hub.stats().readerThreads()).isZero();
        }
    }

    // ---- closing

    @Test
    void close_endsEverything_once() throws Exception {
        LogHub hub = LogHub.create();
        MemoryLog log = MemoryLog.ofLines("source", 10);
        List<Recorder> viewers = new ArrayList<>();
        Broadcaster stream = hub.open("s", log);
        LogFeed feed = hub.feed("f");
        for (Broadcaster each : List.of(stream, feed.broadcaster())) {
            Recorder viewer = new Recorder();
            each.subscribe(viewer);
            viewers.add(viewer);
        }
        Recorder merged = new Recorder();
        Subscription paused = hub.subscribe(List.of(stream, feed.broadcaster()), SubscribeOptions.defaults(), merged);
        merged.awaitLines(10);
        paused.pause();
        viewers.add(merged);
        hub.close();
        hub.close();
        for (Recorder viewer : viewers) {
            viewer.awaitEnd().check();
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        }
        assertThat(log.open).hasValue(0);
        assertThat(hub.streams()).isEmpty();
        assertThat(hub.stats()).isEqualTo(new LogHub.Stats(0, 0, 0, hub.stats().memoryBytes(), 0, 0, 0));
        assertThatThrownBy(() -> hub.open("s", log))
                .isInstanceOf(LogStreamException.class)
                .hasMessage("the hub is closed");
        assertThatThrownBy(() -> hub.feed("g")).isInstanceOf(LogStreamException.class);
        assertThatThrownBy(() -> stream.subscribe(new Recorder())).isInstanceOf(LogStreamException.class);
    }

    @Test
    void closeOfAnUnusedHub_doesNothing() {
        LogHub.create().close();
        LogHub.builder().deliveryThreads(100).maxThreads(1).build().close();
    }

    @Test
    void closeOfABusyHub_isShort() throws Exception {
        LogHub hub = LogHub.builder().maxThreads(4).build();
        CountDownLatch gate = new CountDownLatch(1);
        List<Recorder> viewers = new ArrayList<>();
        List<MemoryLog> logs = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            MemoryLog log = MemoryLog.ofLines("source", 10);
            logs.add(log);
            Broadcaster stream = hub.open("s" + i, log);
            Recorder viewer = i % 10 == 0
                    ? new Recorder() {
                        @Override
                        protected void batch(LogBatch lines) throws Exception {
                            gate.await();
                        }
                    }
                    : new Recorder();
            stream.subscribe(viewer);
            stream.tail(SubscribeOptions.defaults());
            viewers.add(viewer);
        }
        eventually("threads are stuck", () -> hub.stats().stuckThreads() == 4);
        long begin = System.nanoTime();
        hub.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT);
        assertThat(hub.stats().retainedBytes()).isZero();
        gate.countDown();
        for (Recorder viewer : viewers) {
            viewer.awaitEnd().check();
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        }
        eventually("every reader is closed", () -> logs.stream().allMatch(log -> log.open.get() == 0));
        eventually("no thread is left", () -> hub.stats().deliveryThreads() == 0);
    }

    @Test
    void viewersThatComeWhileTheHubIsClosed_areRefusedOrEnded() throws Exception {
        for (int round = 0; round < 50; round++) {
            LogHub hub = LogHub.create();
            Broadcaster stream = hub.feed("s").broadcaster();
            List<Recorder> joined = new ArrayList<>();
            CountDownLatch started = new CountDownLatch(1);
            Thread joining = new Thread(() -> {
                try {
                    for (int i = 0; ; i++) {
                        Recorder viewer = new Recorder();
                        stream.subscribe(viewer);
                        joined.add(viewer);
                        hub.open("t" + i, MemoryLog.ofLines("t", 1)).subscribe(new Recorder());
                        started.countDown();
                    }
                } catch (LogStreamException e) {
                    // closed
                }
            });
            joining.start();
            started.await();
            hub.close();
            joining.join();
            for (Recorder viewer : joined) {
                viewer.awaitEnd().check();
            }
            assertThat(hub.stats().subscribers()).isZero();
            assertThat(hub.stats().streams()).isZero();
        }
    }

    // ---- what is left behind

    @Test
    void viewersThatComeAndGo_leaveNothingBehind() throws Exception {
        long files = files();
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (LogHub hub = LogHub.create()) {
            MemoryLog log = MemoryLog.ofLines("source", 100);
            Broadcaster stream =
                    hub.open("s", log, StreamOptions.builder().startAtOnce(true).build());
            eventually("it is read", () -> stream.stats().tail() == 100);
            for (int i = 0; i < 1000; i++) {
                Recorder viewer = new Recorder();
                Subscription subscription = stream.subscribe(viewer);
                LogCursor cursor = stream.tail(SubscribeOptions.defaults());
                if (i % 3 == 0) {
                    viewer.awaitLines(100);
                    assertThat(cursor.poll()).isNotNull();
                }
                subscription.close();
                cursor.close();
                assertThat(viewer.check().ends()).hasSize(1);
            }
            assertThat(stream.stats().subscribers()).isZero();
            assertThat(hub.stats().subscribers()).isZero();
            assertThat(log.open).hasValue(1);
        }
        eventually(
                "no thread is left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread ->
                                !before.contains(thread) && thread.getName().startsWith("logstream-")));
        assertThat(files()).isLessThanOrEqualTo(files + 2);
    }

    /** Open descriptors of this process, where that can be told. */
    private static long files() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }

    @Test
    void threads_areDaemons_andNamed() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (LogHub hub = LogHub.create()) {
            Recorder viewer = new Recorder();
            hub.open("s", MemoryLog.ofLines("source", 10)).subscribe(viewer);
            viewer.awaitLines(10);
            List<Thread> own = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> !before.contains(thread))
                    .filter(thread -> thread.getName().startsWith("logstream-"))
                    .toList();
            assertThat(own).isNotEmpty().allMatch(Thread::isDaemon);
            assertThat(own).anyMatch(thread -> thread.getName().startsWith("logstream-delivery-"));
            assertThat(own).anyMatch(thread -> thread.getName().startsWith("logstream-reading-"));
        }
    }
}
