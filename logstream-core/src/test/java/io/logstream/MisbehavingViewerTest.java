package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Viewers whose code throws, blocks, interrupts or re-enters harm themselves, and nobody else. */
class MisbehavingViewerTest {
    private static final Duration SHORT = Duration.ofSeconds(10); // ten times what close may take

    private final LogHub hub = LogHub.builder().deliveryThreads(1).build();
    private final LogFeed feed = hub.feed("s");
    private final Broadcaster stream = feed.broadcaster();
    private final Recorder good = new Recorder();
    private int published;

    @BeforeEach
    void watch() {
        stream.subscribe(SubscribeOptions.builder().replay(Replay.none()).build(), good);
    }

    @AfterEach
    void closeHub() {
        hub.close();
        good.check();
        assertThat(good.ends()).hasSize(1);
    }

    private void publish() throws Exception {
        feed.line(Integer.toString(published));
        good.awaitText(Integer.toString(published++));
    }

    /** What a viewer's code does. */
    private interface Code {
        void run() throws Throwable;
    }

    private static Recorder onLines(Code code) {
        return new Recorder() {
            @Override
            protected void batch(LogBatch lines) {
                MisbehavingViewerTest.<RuntimeException>run(code);
            }
        };
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void run(Code code) throws T {
        try {
            code.run();
        } catch (Throwable e) {
            throw (T) e;
        }
    }

    private Subscription subscribe(Recorder viewer) {
        return stream.subscribe(SubscribeOptions.builder().replay(Replay.none()).build(), viewer);
    }

    private static int deep(int level) {
        return level < 0 ? 0 : deep(level + 1) + 1;
    }

    // ---- throwing

    @Test
    void whateverACallbackThrows_endsItsSubscriptionOnly() throws Exception {
        List<Code> codes = List.of(
                () -> {
                    throw new IllegalStateException("mine");
                },
                () -> {
                    throw new Exception("checked");
                },
                () -> {
                    throw new InterruptedException("interrupted");
                },
                () -> {
                    throw new OutOfMemoryError("mine");
                },
                () -> {
                    throw new LinkageError("mine");
                },
                () -> deep(0),
                () -> {
                    throw new UnprintableException();
                });
        List<Recorder> viewers = new ArrayList<>();
        for (Code code : codes) {
            Recorder viewer = onLines(code);
            subscribe(viewer);
            viewers.add(viewer);
        }
        publish();
        for (Recorder viewer : viewers) {
            viewer.awaitEnd().check();
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
            assertThat(viewer.ends().get(0).cause()).isNotNull();
            assertThat(viewer.texts()).containsExactly("0");
        }
        publish();
        assertThat(stream.stats().subscribers()).isEqualTo(1);
    }

    /** An exception that can't even be printed. */
    private static final class UnprintableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("no text");
        }
    }

    @Test
    void throwingInOnGap_onEvent_andOnEnd_endsItsSubscriptionOnly() throws Exception {
        AtomicInteger ends = new AtomicInteger();
        Subscriber inEvent = new Subscriber() {
            @Override
            public void onLines(LogBatch lines) {}

            @Override
            public void onEvent(SourceEvent event) {
                throw new IllegalStateException("in onEvent");
            }

            @Override
            public void onEnd(EndReason reason) {
                assertThat(reason.kind()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
                ends.incrementAndGet();
                throw new IllegalStateException("in onEnd");
            }
        };
        Subscription subscription = stream.subscribe(inEvent);
        assertThat(subscription.awaitEnd(Duration.ofSeconds(60))).isTrue();
        publish();
        assertThat(ends).hasValue(1);
        StreamOptions few = StreamOptions.builder().retainLines(16).build();
        try (LogFeed small = hub.feed("small", few)) {
            Subscriber inGap = new Subscriber() {
                @Override
                public void onLines(LogBatch lines) {}

                @Override
                public void onGap(Gap gap) throws Exception {
                    throw new Exception("in onGap");
                }

                @Override
                public void onEnd(EndReason reason) {
                    ends.incrementAndGet();
                    deep(0);
                }
            };
            Subscription lapped = small.broadcaster().subscribe(inGap);
            lapped.pause();
            for (int i = 0; i < 1000; i++) {
                small.line("x");
            }
            lapped.resume();
            assertThat(lapped.awaitEnd(Duration.ofSeconds(60))).isTrue();
            Subscription.Stats stats = lapped.stats();
            assertThat(stats.delivered() + stats.lost()).isEqualTo(stats.position() - stats.joined());
        }
        assertThat(ends).hasValue(2);
        publish();
    }

    // ---- blocking

    @Test
    void viewersThatBlockForEver_holdUpNobody() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger stuck = new AtomicInteger();
        List<Recorder> viewers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Recorder viewer = onLines(() -> {
                stuck.incrementAndGet();
                gate.await();
            });
            viewers.add(viewer);
            subscribe(viewer);
        }
        publish();
        eventually("all of them are stuck", () -> stuck.get() == 10);
        for (int i = 0; i < 100; i++) {
            publish();
        }
        assertThat(hub.stats().deliveryThreads()).isBetween(11, 64);
        eventually("they count as stuck", () -> hub.stats().stuckThreads() == 10);
        gate.countDown();
        for (Recorder viewer : viewers) {
            viewer.awaitLines(101).check();
        }
        eventually(
                "the pool shrinks when there is nothing to do",
                () -> hub.stats().deliveryThreads() <= 1);
        publish();
    }

    @Test
    void poolGrowsToItsBoundOnly() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        try (LogHub small = LogHub.builder().deliveryThreads(1).maxThreads(3).build()) {
            LogFeed lines = small.feed("s");
            AtomicInteger stuck = new AtomicInteger();
            for (int i = 0; i < 5; i++) {
                lines.broadcaster().subscribe(onLines(() -> {
                    stuck.incrementAndGet();
                    gate.await();
                }));
            }
            lines.line("x");
            eventually("as many are stuck as there may be threads", () -> stuck.get() == 3);
            assertThat(small.stats().deliveryThreads()).isEqualTo(3);
            gate.countDown();
            eventually("the others get it in the end", () -> stuck.get() == 5);
        }
    }

    @Test
    void viewerThatBlocksForEver_doesNotSlowTheSource_norClosing() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch reached = new CountDownLatch(1);
        Recorder blocked = onLines(() -> {
            reached.countDown();
            gate.await();
        });
        Subscription subscription = subscribe(blocked);
        publish();
        reached.await();
        for (int i = 0; i < 200_000; i++) {
            feed.line("x");
        }
        eventually("the other has seen all", () -> {
            Recorder late = new Recorder();
            try (Subscription join = stream.subscribe(
                    SubscribeOptions.builder().replay(Replay.last(1)).build(), late)) {
                return join.stats().tail() == 200_001;
            }
        });
        assertThat(subscription.stats().lag()).isEqualTo(200_001);
        long begin = System.nanoTime();
        stream.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT);
        gate.countDown();
        blocked.awaitEnd().check();
    }

    // ---- interrupting

    @Test
    void interruptLeftBehind_reachesNobodyElse() throws Exception {
        AtomicReference<Boolean> seen = new AtomicReference<>(false);
        subscribe(onLines(() -> Thread.currentThread().interrupt()));
        subscribe(onLines(() -> {
            if (Thread.currentThread().isInterrupted()) {
                seen.set(true);
            }
        }));
        for (int i = 0; i < 50; i++) {
            publish();
        }
        assertThat(seen.get()).isFalse();
    }

    // ---- re-entering

    @Test
    void callbackCanCloseItself_andGetsItsEndAfterwards() throws Exception {
        AtomicReference<Subscription> own = new AtomicReference<>();
        Recorder viewer = onLines(() -> {
            eventually("it is known", () -> own.get() != null);
            own.get().close();
            own.get().close();
        });
        own.set(subscribe(viewer));
        publish();
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        publish();
        assertThat(viewer.texts()).containsExactly("0");
    }

    @Test
    void callbackCanClosePauseAndResumeOthers() throws Exception {
        Recorder other = new Recorder();
        Subscription its = subscribe(other);
        subscribe(onLines(() -> {
            its.pause();
            its.resume();
            its.filter(LogFilter.contains("x"));
            its.policy(BackpressurePolicy.dropNewest(5));
            its.stats();
            its.tokens();
            its.close();
        }));
        publish();
        other.awaitEnd().check();
        publish();
    }

    @Test
    void callbackCanSubscribe() throws Exception {
        Recorder later = new Recorder();
        AtomicInteger joined = new AtomicInteger();
        subscribe(onLines(() -> {
            if (joined.getAndIncrement() == 0) {
                subscribe(later);
                hub.open("other", MemoryLog.ofLines("other", 3)).subscribe(later);
            }
        }));
        publish();
        later.awaitLines(3);
        publish();
        later.awaitText("1");
    }

    @Test
    void callbackCanPublish_andNeverWaits() throws Exception {
        StreamOptions blocking = StreamOptions.builder()
                .allowBlock(BackpressurePolicy.FOREVER)
                .retainBytes(8192)
                .build();
        try (LogHub small = LogHub.builder()
                .deliveryThreads(1)
                .maxThreads(1)
                .memoryBytes(1 << 20)
                .build()) {
            LogFeed held = small.feed("held", blocking);
            Subscription blocker = held.broadcaster()
                    .subscribe(
                            SubscribeOptions.builder()
                                    .policy(BackpressurePolicy.block())
                                    .build(),
                            new Recorder());
            blocker.pause();
            LogFeed trigger = small.feed("trigger");
            AtomicInteger echoed = new AtomicInteger();
            trigger.broadcaster().subscribe(lines -> {
                for (int i = 0; i < 10_000; i++) {
                    held.line("echo of a line that is long enough to fill what is retained " + i);
                    echoed.incrementAndGet();
                }
            });
            trigger.line("go");
            eventually("all is published", () -> echoed.get() == 10_000);
            assertThat(held.broadcaster().stats().tail()).isEqualTo(10_000);
            assertThat(small.stats().retainedBytes()).isLessThanOrEqualTo(1 << 20);
        }
    }

    @Test
    void callbackCanPublishToItsOwnStream() throws Exception {
        Recorder echo = new Recorder() {
            @Override
            protected void line(LogLine line) {
                if (line.length() < 10) {
                    feed.line(line.text() + "x");
                }
            }
        };
        subscribe(echo);
        publish();
        echo.awaitText("0xxxxxxxxx").check();
    }

    @Test
    void callbackCanCloseTheStream() throws Exception {
        Recorder viewer = onLines(stream::close);
        subscribe(viewer);
        feed.line("0");
        viewer.awaitEnd().check();
        good.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(hub.find("s")).isEmpty();
    }

    @Test
    void callbackCanCloseTheHub() throws Exception {
        Recorder viewer = onLines(hub::close);
        subscribe(viewer);
        feed.line("0");
        viewer.awaitEnd().check();
        good.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThatThrownBy(() -> hub.feed("x"))
                .isInstanceOf(LogStreamException.class)
                .hasMessage("the hub is closed");
    }

    @Test
    void callbackOnAnExecutorCanCloseTheHub() throws Exception {
        Recorder viewer = onLines(hub::close);
        stream.subscribe(
                SubscribeOptions.builder()
                        .replay(Replay.none())
                        .executor(task -> new Thread(task).start())
                        .build(),
                viewer);
        feed.line("0");
        viewer.awaitEnd().check();
        good.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
    }

    @Test
    void executorThatTakesForEver_holdsUpNeitherTheFeedNorOtherViewers() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        LogFeed alone = hub.feed("watched by one");
        try {
            for (Broadcaster watched : List.of(stream, alone.broadcaster())) {
                watched.subscribe(
                        SubscribeOptions.builder()
                                .replay(Replay.none())
                                .executor(task -> awaitQuietly(stuck))
                                .build(),
                        new Recorder());
            }
            alone.line("0");
            publish();
            good.awaitText("0").check();
            alone.close();
        } finally {
            stuck.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void onEndCanSubscribeAgain() throws Exception {
        Recorder again = new Recorder();
        Subscriber restless = new Subscriber() {
            @Override
            public void onLines(LogBatch lines) throws Exception {
                throw new Exception("mine");
            }

            @Override
            public void onEnd(EndReason reason) {
                stream.subscribe(again);
            }
        };
        stream.subscribe(SubscribeOptions.builder().replay(Replay.none()).build(), restless);
        publish();
        again.awaitText("0").check();
    }
}
