package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to a viewer that is too slow, and to those beside it. */
class BackpressureTest {
    private static final StreamOptions FEW =
            StreamOptions.builder().retainLines(1000).build();
    private static final StreamOptions BLOCKABLE = StreamOptions.builder()
            .retainBytes(64 * 1024)
            .allowBlock(BackpressurePolicy.FOREVER)
            .build();

    private final LogHub hub = LogHub.create();
    private int published;

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private void publish(LogFeed feed, int lines) {
        for (int i = 0; i < lines; i++) {
            feed.line(Integer.toString(published++));
        }
    }

    private static SubscribeOptions with(BackpressurePolicy policy) {
        return SubscribeOptions.builder().policy(policy).build();
    }

    /** Polls all there is now, checks that nothing is missing unaccounted for, and returns the gaps. */
    private static List<Gap> drain(LogCursor cursor) {
        Subscription.Stats before = cursor.stats();
        long lines = 0;
        List<Gap> gaps = new java.util.ArrayList<>();
        long next = before.position();
        for (LogEntry entry = cursor.poll(); entry != null; entry = cursor.poll()) {
            assertThat(entry.sequence()).isEqualTo(next);
            if (entry instanceof LogLine line) {
                assertThat(line.text()).isEqualTo("" + line.sequence());
                next++;
                lines++;
            } else if (entry instanceof Gap gap) {
                gaps.add(gap);
                next = gap.last() + 1;
            }
        }
        Subscription.Stats after = cursor.stats();
        assertThat(after.delivered() - before.delivered()).isEqualTo(lines);
        assertThat(after.position()).isEqualTo(next);
        assertThat(after.delivered() + after.filtered() + after.lost()).isEqualTo(after.position() - after.joined());
        return gaps;
    }

    // ---- dropOldest

    @Test
    void dropOldest_skipsToTheNewestThreeQuarters() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(SubscribeOptions.defaults())) {
            drain(cursor);
            publish(feed, 10_000);
            long first = feed.broadcaster().stats().first();
            List<Gap> gaps = drain(cursor);
            assertThat(gaps).hasSize(1);
            assertThat(gaps.get(0).reason()).isEqualTo(Gap.Reason.LAPPED);
            assertThat(gaps.get(0).first()).isZero();
            assertThat(gaps.get(0).last() + 1).isBetween(first + (10_000 - first) / 5, first + (10_000 - first) / 3);
        }
    }

    @Test
    void dropOldest_losesNothingWithinWhatIsRetained() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(SubscribeOptions.defaults())) {
            for (int i = 0; i < 20; i++) {
                publish(feed, 1000);
                assertThat(drain(cursor)).isEmpty();
            }
        }
    }

    // ---- dropNewest

    @Test
    void dropNewest_keepsTheWindow_thenOneGap_thenGoesOnFromTheTail() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.dropNewest(100)))) {
            drain(cursor);
            publish(feed, 500);
            List<Gap> gaps = drain(cursor);
            assertThat(gaps).hasSize(1);
            Gap gap = gaps.get(0);
            assertThat(gap.reason()).isEqualTo(Gap.Reason.WINDOW_FULL);
            assertThat(gap.first()).isEqualTo(100);
            assertThat(gap.last()).isEqualTo(499);
            assertThat(gap.exact()).isTrue();
            assertThat(cursor.stats().delivered()).isEqualTo(100);
            publish(feed, 100);
            assertThat(drain(cursor)).isEmpty();
            assertThat(cursor.stats().delivered()).isEqualTo(200);
        }
    }

    @Test
    void dropNewest_keepsToTheWindowItHadWhenItWasFull_whileMoreComes() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.dropNewest(100)))) {
            drain(cursor);
            publish(feed, 150);
            for (int i = 0; i < 50; i++) {
                assertThat(((LogLine) cursor.poll()).sequence()).isEqualTo(i);
            }
            publish(feed, 50);
            List<Gap> gaps = drain(cursor);
            assertThat(gaps).hasSize(1);
            assertThat(gaps.get(0).first()).isEqualTo(100);
            assertThat(gaps.get(0).last()).isEqualTo(199);
        }
    }

    @Test
    void dropNewest_pinsNoMemory_andLosesWhatOfTheWindowIsNotRetained() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.dropNewest(100)))) {
            drain(cursor);
            publish(feed, 10_000);
            List<Gap> gaps = drain(cursor);
            assertThat(gaps).isNotEmpty();
            assertThat(gaps.get(0).first()).isZero();
            assertThat(gaps.get(gaps.size() - 1).last()).isEqualTo(9999);
            assertThat(cursor.stats().lost()).isEqualTo(10_000);
            publish(feed, 50);
            assertThat(drain(cursor)).isEmpty();
        }
    }

    // ---- disconnect

    @Test
    void disconnect_endsTheViewerThatIsTooFarBehind_withAGap() {
        LogFeed feed = hub.feed("s", FEW);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.disconnect(100)));
        drain(cursor);
        publish(feed, 100);
        assertThat(drain(cursor)).isEmpty();
        publish(feed, 101);
        List<Gap> gaps = drain(cursor);
        assertThat(gaps).hasSize(1);
        assertThat(gaps.get(0).reason()).isEqualTo(Gap.Reason.DISCONNECTED);
        assertThat(gaps.get(0).first()).isEqualTo(100);
        assertThat(gaps.get(0).last()).isEqualTo(200);
        EndReason end = cursor.end().orElseThrow();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.TOO_SLOW);
        assertThat(end.message()).isEqualTo("the viewer was 101 lines behind, its policy allows 100");
        assertThat(feed.broadcaster().stats().subscribers()).isZero();
    }

    @Test
    void disconnect_countsOnlyWhatCameAfterTheHistory() {
        LogFeed feed = hub.feed("s", FEW);
        publish(feed, 500);
        LogCursor cursor = feed.broadcaster()
                .tail(SubscribeOptions.builder()
                        .replay(Replay.last(500))
                        .policy(BackpressurePolicy.disconnect(100))
                        .build());
        publish(feed, 100);
        drain(cursor);
        assertThat(cursor.stats().delivered()).isEqualTo(600);
        assertThat(cursor.end()).isEmpty();
    }

    @Test
    void dropNewest_keepsTheHistoryBesidesItsWindow() {
        LogFeed feed = hub.feed("s", FEW);
        publish(feed, 500);
        LogCursor cursor = feed.broadcaster()
                .tail(SubscribeOptions.builder()
                        .replay(Replay.last(500))
                        .policy(BackpressurePolicy.dropNewest(100))
                        .build());
        publish(feed, 150);
        List<Gap> gaps = drain(cursor);
        assertThat(cursor.stats().delivered()).isEqualTo(600);
        assertThat(gaps).hasSize(1);
        assertThat(gaps.get(0).reason()).isEqualTo(Gap.Reason.WINDOW_FULL);
        assertThat(gaps.get(0).lines()).isEqualTo(50);
    }

    // ---- block

    @Test
    void block_losesNothing_andHoldsTheFeedBack() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block()));
        int lines = 100_000;
        Thread publisher = new Thread(() -> publish(feed, lines));
        publisher.start();
        eventually("the publisher waits", () -> publisher.getState() == Thread.State.WAITING);
        long held = feed.broadcaster().stats().tail();
        assertThat(held).isLessThan(lines);
        assertThat(feed.broadcaster().stats().retainedBytes()).isLessThanOrEqualTo(80 * 1024);
        for (int next = 0; next < lines; ) {
            LogEntry entry = cursor.await(Duration.ofSeconds(60));
            assertThat(entry).isNotNull().isNotInstanceOf(Gap.class);
            if (entry instanceof LogLine line) {
                assertThat(line.text()).isEqualTo("" + next++);
            }
            if (next % 1000 == 0) {
                assertThat(feed.broadcaster().stats().retainedBytes()).isLessThanOrEqualTo(80 * 1024);
            }
        }
        publisher.join();
        cursor.close();
    }

    @Test
    void block_holdsASourceBack_whichIsNotReadMeanwhile() throws Exception {
        MemoryLog log = new MemoryLog("source");
        for (int i = 0; i < 50_000; i++) {
            log.write(i + "\n");
        }
        Broadcaster stream = hub.open("s", log, BLOCKABLE);
        CountDownLatch gate = new CountDownLatch(1);
        Recorder viewer = new Recorder() {
            @Override
            protected void batch(LogBatch lines) throws Exception {
                gate.await();
            }
        };
        stream.subscribe(
                SubscribeOptions.builder()
                        .replay(Replay.all())
                        .policy(BackpressurePolicy.block())
                        .build(),
                viewer);
        eventually("what may be retained fills up", () -> stream.stats().retainedBytes() > 32 * 1024);
        assertThat(log.read.get()).isLessThan(100_000);
        gate.countDown();
        viewer.awaitLines(50_000).check();
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void blockWithPatience_fallsBack_untilTheViewerMakesProgress() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block(Duration.ofMillis(30))));
        drain(cursor);
        publish(feed, 50_000); // returns although nobody takes anything
        List<Gap> gaps = drain(cursor);
        assertThat(gaps).hasSize(1);
        assertThat(gaps.get(0).reason()).isEqualTo(Gap.Reason.LAPPED);
        Thread publisher = new Thread(() -> publish(feed, 500));
        publisher.start();
        publisher.join(); // fits: it blocks again, but need not
        assertThat(drain(cursor)).isEmpty();
    }

    @Test
    void blockWithPatience_doesNotWaitForItAgain_beforeThereIsProgress() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block(Duration.ofMillis(200))));
        drain(cursor);
        long begin = System.nanoTime();
        publish(feed, 200_000); // fills what is retained about fifty times
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
        cursor.close();
    }

    @Test
    void blockWithFallbackDisconnect_endsTheViewer() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster()
                .tail(with(BackpressurePolicy.block(Duration.ofMillis(10), BackpressurePolicy.disconnect(10))));
        drain(cursor);
        publish(feed, 50_000);
        drain(cursor);
        assertThat(cursor.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.TOO_SLOW);
    }

    @Test
    void blockingViewerThatLeaves_letsTheStreamGo() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block()));
        Thread publisher = new Thread(() -> publish(feed, 50_000));
        publisher.start();
        eventually("the publisher waits", () -> publisher.getState() == Thread.State.WAITING);
        cursor.close();
        publisher.join();
    }

    @Test
    void blockingViewerThatChangesItsPolicy_letsTheStreamGo() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block()));
        Thread publisher = new Thread(() -> publish(feed, 50_000));
        publisher.start();
        eventually("the publisher waits", () -> publisher.getState() == Thread.State.WAITING);
        cursor.policy(BackpressurePolicy.dropOldest());
        publisher.join();
        assertThat(drain(cursor)).hasSize(1);
    }

    @Test
    void closedStream_letsItsPublisherGo() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        feed.broadcaster().tail(with(BackpressurePolicy.block()));
        Thread publisher = new Thread(() -> {
            try {
                publish(feed, 50_000);
            } catch (IllegalStateException e) {
                // it is closed
            }
        });
        publisher.start();
        eventually("the publisher waits", () -> publisher.getState() == Thread.State.WAITING);
        feed.broadcaster().close();
        publisher.join();
    }

    @Test
    void interruptedPublisher_waitsNoLonger_andStaysInterrupted() throws Exception {
        LogFeed feed = hub.feed("s", BLOCKABLE);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block()));
        AtomicInteger interrupted = new AtomicInteger();
        Thread publisher = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                publish(feed, 1);
            }
            interrupted.incrementAndGet();
        });
        publisher.start();
        eventually("the publisher waits", () -> publisher.getState() == Thread.State.WAITING);
        publisher.interrupt();
        publisher.join();
        assertThat(interrupted).hasValue(1);
        assertThat(drain(cursor)).isEmpty();
    }

    @Test
    void linesOfManyKilobytes_areHeldBackToo() throws Exception {
        StreamOptions megabyte = StreamOptions.builder()
                .retainBytes(1 << 20)
                .allowBlock(BackpressurePolicy.FOREVER)
                .build();
        LogFeed feed = hub.feed("s", megabyte);
        LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block()));
        String line = "x".repeat(200_000);
        Thread publisher = new Thread(() -> {
            for (int i = 0; i < 50; i++) {
                feed.line(line);
            }
        });
        publisher.start();
        eventually("the publisher waits", () -> publisher.getState() == Thread.State.WAITING);
        assertThat(feed.broadcaster().stats().retainedBytes()).isLessThanOrEqualTo(2 << 20);
        int got = 0;
        while (got < 50) {
            got += cursor.await(Duration.ofSeconds(60)) instanceof LogLine ? 1 : 0;
        }
        publisher.join();
    }

    @Test
    void memoryBudget_beatsABlockingViewer_whereTheFeedCannotWait() throws Exception {
        try (LogHub small = LogHub.builder().memoryBytes(256 * 1024).build()) {
            LogFeed feed = small.feed("s", BLOCKABLE);
            LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.block()));
            drain(cursor);
            CountDownLatch done = new CountDownLatch(1);
            LogFeed trigger = small.feed("trigger");
            trigger.broadcaster().subscribe(lines -> {
                publish(feed, 100_000);
                done.countDown();
            });
            trigger.line("go");
            done.await();
            assertThat(small.stats().retainedBytes()).isLessThanOrEqualTo(256 * 1024);
            assertThat(drain(cursor)).hasSize(1);
        }
    }

    // ---- what is allowed

    @Test
    void blockThatIsNotAllowed_isRefused() {
        Broadcaster none = hub.feed("none").broadcaster();
        assertThatThrownBy(() -> none.subscribe(with(BackpressurePolicy.block()), new Recorder()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("stream 'none' may be blocked for at most PT0S, not PT")
                .hasMessageEndingWith(
                        ": choose another policy or patience, or open the stream with StreamOptions.allowBlock");
        assertThatThrownBy(() -> none.tail(with(BackpressurePolicy.block(Duration.ofMillis(1)))))
                .isInstanceOf(IllegalArgumentException.class);
        Broadcaster second = hub.feed(
                        "second",
                        StreamOptions.builder()
                                .allowBlock(Duration.ofSeconds(1))
                                .build())
                .broadcaster();
        second.tail(with(BackpressurePolicy.block(Duration.ofSeconds(1)))).close();
        assertThatThrownBy(() -> second.tail(with(BackpressurePolicy.block(Duration.ofMillis(1001)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most PT1S, not PT1.001S");
        Subscription subscription = second.subscribe(new Recorder());
        assertThatThrownBy(() -> subscription.policy(BackpressurePolicy.block()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> hub.subscribe(
                        List.of(second, none), with(BackpressurePolicy.block(Duration.ofSeconds(1))), new Recorder()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(hub.stats().subscribers()).isEqualTo(1);
    }

    @Test
    void refusedReactiveViewer_isToldByOnError() throws Exception {
        Broadcaster stream = hub.feed("s").broadcaster();
        CountDownLatch failed = new CountDownLatch(1);
        stream.publisher(with(BackpressurePolicy.block())).subscribe(new java.util.concurrent.Flow.Subscriber<>() {
            @Override
            public void onSubscribe(java.util.concurrent.Flow.Subscription subscription) {}

            @Override
            public void onNext(LogEntry entry) {}

            @Override
            public void onError(Throwable e) {
                assertThat(e).isInstanceOf(IllegalArgumentException.class);
                failed.countDown();
            }

            @Override
            public void onComplete() {}
        });
        failed.await();
        assertThat(hub.stats().subscribers()).isZero();
    }

    @Test
    void wrongPolicies_areRefused() {
        assertThatThrownBy(() -> BackpressurePolicy.dropNewest(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dropNewest window of 0 lines: use at least 1");
        assertThatThrownBy(() -> BackpressurePolicy.disconnect(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BackpressurePolicy.block(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BackpressurePolicy.block(Duration.ofSeconds(1), BackpressurePolicy.block()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("block can't fall back to block: use another policy");
        assertThat(BackpressurePolicy.block(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(BackpressurePolicy.block());
    }

    // ---- changing while running

    @Test
    void policyChangedWhileRunning_holdsFromThePlaceOfTheViewer() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(SubscribeOptions.defaults())) {
            drain(cursor);
            publish(feed, 500);
            cursor.policy(BackpressurePolicy.dropNewest(100));
            List<Gap> gaps = drain(cursor);
            assertThat(gaps).hasSize(1);
            assertThat(gaps.get(0).first()).isEqualTo(100);
            publish(feed, 500);
            cursor.policy(BackpressurePolicy.dropOldest());
            assertThat(drain(cursor)).isEmpty();
            publish(feed, 50);
            cursor.policy(BackpressurePolicy.disconnect(10));
            assertThat(drain(cursor)).hasSize(1);
            assertThat(cursor.end()).isPresent();
        }
    }

    @Test
    void policyChangedInsideAFullWindow_forgetsTheWindow() {
        LogFeed feed = hub.feed("s", FEW);
        try (LogCursor cursor = feed.broadcaster().tail(with(BackpressurePolicy.dropNewest(100)))) {
            drain(cursor);
            publish(feed, 500);
            for (int i = 0; i < 50; i++) {
                cursor.poll();
            }
            cursor.policy(BackpressurePolicy.dropOldest());
            assertThat(drain(cursor)).isEmpty();
            assertThat(cursor.stats().delivered()).isEqualTo(500);
        }
    }
}
