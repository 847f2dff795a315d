package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One viewer's hold on a stream: pausing, filtering, its account, its end, and where its callbacks run. */
class SubscriptionTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofSeconds(10); // ten times what close may take

    private final LogHub hub = LogHub.create();
    private final LogFeed feed =
            hub.feed("s", StreamOptions.builder().retainLines(100).build());
    private final Broadcaster stream = feed.broadcaster();
    private int published;

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private void publish(int lines) {
        for (int i = 0; i < lines; i++) {
            feed.line(Integer.toString(published++));
        }
    }

    private static SubscribeOptions.Builder options() {
        return SubscribeOptions.builder();
    }

    private static void checkAccount(Subscription.Stats stats) {
        assertThat(stats.delivered() + stats.filtered() + stats.lost()).isEqualTo(stats.position() - stats.joined());
    }

    private static void awaitPosition(Subscription subscription, long position) throws Exception {
        eventually("it is at " + position, () -> subscription.stats().position() == position);
        checkAccount(subscription.stats());
    }

    /** A viewer that holds on at its first line until it is let go. */
    private static final class Stuck extends Recorder {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch gate = new CountDownLatch(1);

        @Override
        protected void line(LogLine line) {
            reached.countDown();
            while (gate.getCount() > 0) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    // deaf
                }
            }
        }
    }

    // ---- pausing

    @Test
    void pausedViewer_getsNothing_andGoesOnWhereItWas() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        awaitPosition(subscription, 10);
        subscription.pause();
        assertThat(subscription.stats().paused()).isTrue();
        publish(20);
        Recorder other = new Recorder();
        stream.subscribe(other);
        other.awaitText("29");
        assertThat(subscription.stats().position()).isEqualTo(10);
        assertThat(subscription.stats().lag()).isEqualTo(20);
        subscription.resume();
        assertThat(subscription.stats().paused()).isFalse();
        awaitPosition(subscription, 30);
        assertThat(viewer.check().texts()).hasSize(30);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void pausedViewerThatWasLapped_getsTheGapAtItsPlace() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        awaitPosition(subscription, 10);
        subscription.pause();
        publish(1000);
        subscription.resume();
        awaitPosition(subscription, 1010);
        viewer.check();
        assertThat(viewer.gaps()).hasSize(1);
        Gap gap = viewer.gaps().get(0);
        assertThat(gap.first()).isEqualTo(10);
        assertThat(gap.reason()).isEqualTo(Gap.Reason.LAPPED);
        assertThat(gap.exact()).isTrue();
        assertThat(gap.bytes()).isEqualTo(bytes(10, gap.last()));
        assertThat(subscription.stats().lost()).isEqualTo(gap.lines());
        assertThat(subscription.stats().gaps()).isEqualTo(1);
        assertThat(subscription.stats().delivered()).isEqualTo(1010 - gap.lines());
        assertThat(viewer.texts().get(10)).isEqualTo(Long.toString(gap.last() + 1));
    }

    private static long bytes(long first, long last) {
        long bytes = 0;
        for (long i = first; i <= last; i++) {
            bytes += Long.toString(i).length() + 1;
        }
        return bytes;
    }

    @Test
    void gapTokens_standOnBothSidesOfTheGap() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        subscription.pause();
        publish(1000);
        subscription.resume();
        awaitPosition(subscription, 1000);
        Gap gap = viewer.gaps().get(0);
        Recorder behind = new Recorder();
        stream.subscribe(options().replay(Replay.after("s", gap.after())).build(), behind);
        behind.awaitText("999").check();
        assertThat(behind.gaps()).isEmpty();
        assertThat(behind.texts().get(0)).isEqualTo(Long.toString(gap.last() + 1));
        Recorder before = new Recorder();
        stream.subscribe(options().replay(Replay.after("s", gap.before())).build(), before);
        before.awaitText("999").check();
        assertThat(before.gaps()).hasSize(1);
        assertThat(before.gaps().get(0).first()).isEqualTo(gap.first());
        assertThat(before.gaps().get(0).reason()).isEqualTo(Gap.Reason.EXPIRED);
        assertThat(before.gaps().get(0).before()).isEqualTo(gap.before());
    }

    @Test
    void pausedViewer_isStillToldOfTheEndOfAllThings() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        viewer.awaitLines(10);
        subscription.pause();
        stream.close();
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(subscription.awaitEnd(LONG)).isTrue();
    }

    @Test
    void pausedViewerOfAStreamThatEnds_getsTheRestWhenItGoesOn() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        viewer.awaitLines(10);
        subscription.pause();
        publish(10);
        feed.close();
        subscription.resume();
        viewer.awaitEnd().check();
        assertThat(viewer.texts()).hasSize(20);
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
    }

    // ---- filtering

    @Test
    void filter_holdsBackAndCounts() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(
                options().filter(LogFilter.regex("0$")).batchLines(3).build(), viewer);
        for (int i = 0; i < 10; i++) {
            publish(100);
            awaitPosition(subscription, published);
        }
        assertThat(viewer.checkFiltered().gaps()).isEmpty();
        assertThat(viewer.texts()).hasSize(100).allMatch(text -> text.endsWith("0"));
        assertThat(subscription.stats().delivered()).isEqualTo(100);
        assertThat(subscription.stats().filtered()).isEqualTo(900);
    }

    @Test
    void filterChangedWhileRunning_holdsFromTheNextBatch() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        awaitPosition(subscription, 10);
        subscription.filter(LogFilter.contains("5"));
        publish(10);
        awaitPosition(subscription, 20);
        subscription.filter(LogFilter.all());
        publish(10);
        awaitPosition(subscription, 30);
        assertThat(viewer.texts()).hasSize(21).contains("15").doesNotContain("14");
        assertThat(subscription.stats().filtered()).isEqualTo(9);
    }

    @Test
    void last_countsBeforeTheFilter() throws Exception {
        publish(100);
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(
                options()
                        .replay(Replay.last(20))
                        .filter(LogFilter.contains("9"))
                        .build(),
                viewer);
        awaitPosition(subscription, 100);
        assertThat(viewer.texts()).containsExactly("89", "90", "91", "92", "93", "94", "95", "96", "97", "98", "99");
        assertThat(subscription.stats().joined()).isEqualTo(80);
    }

    @Test
    void filterThatThrows_endsItsSubscriptionOnly() throws Exception {
        for (Throwable thrown : List.of(new IllegalStateException("bad"), new StackOverflowError())) {
            Recorder viewer = new Recorder();
            Recorder other = new Recorder();
            Subscription subscription = stream.subscribe(
                    options()
                            .filter(line -> {
                                throw SubscriptionTest.<RuntimeException>sneaky(thrown);
                            })
                            .build(),
                    viewer);
            stream.subscribe(options().replay(Replay.none()).build(), other);
            publish(1);
            viewer.awaitEnd().check();
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
            assertThat(viewer.ends().get(0).cause()).isSameAs(thrown);
            other.awaitLines(1).check();
            checkAccount(subscription.stats());
            assertThat(subscription.stats().delivered() + subscription.stats().filtered())
                    .isZero();
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> T sneaky(Throwable t) throws T {
        throw (T) t;
    }

    // ---- tokens and stats

    @Test
    void tokens_tellThePlaceAfterTheLastFinishedCallback() throws Exception {
        Stuck viewer = new Stuck();
        Subscription subscription = stream.subscribe(options().batchLines(1).build(), viewer);
        ResumeToken begin = subscription.tokens().get("s");
        publish(1);
        viewer.reached.await();
        assertThat(subscription.tokens()).containsOnlyKeys("s").containsEntry("s", begin);
        assertThat(subscription.stats().delivered()).isZero();
        viewer.gate.countDown();
        eventually("it moves on", () -> !subscription.tokens().get("s").equals(begin));
        assertThat(subscription.tokens()).containsEntry("s", viewer.lastToken());
    }

    @Test
    void statsAfterTheEnd_stay() throws Exception {
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        awaitPosition(subscription, 10);
        ResumeToken token = subscription.tokens().get("s");
        subscription.close();
        publish(10);
        assertThat(subscription.stats().delivered()).isEqualTo(10);
        checkAccount(subscription.stats());
        assertThat(subscription.tokens()).containsEntry("s", token);
    }

    // ---- the end

    @Test
    void close_endsOnce_andNothingComesAfterIt() throws Exception {
        for (int i = 0; i < 200; i++) {
            Recorder viewer = new Recorder();
            Subscription subscription = stream.subscribe(options().batchLines(1).build(), viewer);
            publish(20);
            subscription.close();
            int seen = viewer.size();
            assertThat(viewer.ends()).hasSize(1);
            subscription.close();
            publish(5);
            assertThat(viewer.check().size()).isEqualTo(seen);
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
            assertThat(subscription.end()).contains(viewer.ends().get(0));
            assertThat(subscription.awaitEnd(Duration.ZERO)).isTrue();
        }
        assertThat(stream.stats().subscribers()).isZero();
    }

    @Test
    void awaitEnd_waitsAsLongAsToldTo() throws Exception {
        Subscription subscription = stream.subscribe(new Recorder());
        assertThat(subscription.awaitEnd(Duration.ofMillis(1))).isFalse();
        assertThat(subscription.end()).isEmpty();
        AtomicBoolean ended = new AtomicBoolean();
        Thread waiting = new Thread(() -> {
            try {
                ended.set(subscription.awaitEnd(Duration.ofSeconds(Long.MAX_VALUE)));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        waiting.start();
        feed.close();
        waiting.join();
        assertThat(ended).isTrue();
    }

    @Test
    void closeOfAStuckViewer_returns_andItsEndComesWhenItIsLetGo() throws Exception {
        Stuck viewer = new Stuck();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        viewer.reached.await();
        long begin = System.nanoTime();
        subscription.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT);
        assertThat(stream.stats().subscribers()).isZero();
        assertThat(viewer.ends()).isEmpty();
        publish(10);
        viewer.gate.countDown();
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(viewer.texts()).hasSizeLessThanOrEqualTo(10);
    }

    @Test
    void closeOfAStreamWithAStuckViewer_returns_andItsEndComesWhenItIsLetGo() throws Exception {
        Stuck viewer = new Stuck();
        Subscription subscription = stream.subscribe(viewer);
        publish(10);
        viewer.reached.await();
        long begin = System.nanoTime();
        stream.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT);
        assertThat(hub.stats().subscribers()).isZero();
        assertThat(hub.stats().retainedBytes()).isZero();
        viewer.gate.countDown();
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(subscription.awaitEnd(LONG)).isTrue();
    }

    @Test
    void closeOfAHubWithAStuckViewer_returns_andItsEndComesWhenItIsLetGo() throws Exception {
        Stuck viewer = new Stuck();
        Subscription subscription = stream.subscribe(viewer);
        Recorder other = new Recorder();
        stream.subscribe(other);
        publish(10);
        viewer.reached.await();
        long begin = System.nanoTime();
        hub.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT);
        assertThat(other.awaitEnd().check().end()).isEqualTo(EndReason.Kind.CLOSED);
        viewer.gate.countDown();
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(subscription.awaitEnd(LONG)).isTrue();
    }

    @Test
    void endOfTheStream_reachesAStuckViewerWhenItIsLetGo_afterAllLines() throws Exception {
        Stuck viewer = new Stuck();
        stream.subscribe(options().batchLines(1).build(), viewer);
        publish(10);
        viewer.reached.await();
        feed.close();
        viewer.gate.countDown();
        viewer.awaitEnd().check();
        assertThat(viewer.texts()).hasSize(10);
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
    }

    // ---- executors

    @Test
    void callbacks_runOnTheGivenExecutor_oneAtATimeInOrder() throws Exception {
        AtomicInteger numbered = new AtomicInteger();
        Executor threadPerTask = task -> new Thread(task, "virtual-" + numbered.incrementAndGet()).start();
        List<String> threads = new java.util.concurrent.CopyOnWriteArrayList<>();
        Recorder viewer = new Recorder() {
            @Override
            protected void batch(LogBatch lines) {
                threads.add(Thread.currentThread().getName());
            }
        };
        Subscription subscription =
                stream.subscribe(options().executor(threadPerTask).batchLines(7).build(), viewer);
        for (int i = 0; i < 100; i++) {
            publish(50);
            awaitPosition(subscription, published);
        }
        assertThat(viewer.check().texts()).hasSize(5000);
        assertThat(threads).allMatch(name -> name.startsWith("virtual-"));
        subscription.close();
        assertThat(viewer.check().end()).isEqualTo(EndReason.Kind.CLOSED);
    }

    @Test
    void stuckViewersOnAnExecutor_takeNoThreadOfTheHub() throws Exception {
        ExecutorService elsewhere = Executors.newCachedThreadPool();
        try (LogHub one = LogHub.builder().deliveryThreads(1).maxThreads(1).build()) {
            LogFeed lines = one.feed("s");
            List<Stuck> stuck =
                    java.util.stream.Stream.generate(Stuck::new).limit(20).toList();
            stuck.forEach(viewer ->
                    lines.broadcaster().subscribe(options().executor(elsewhere).build(), viewer));
            Recorder viewer = new Recorder();
            lines.broadcaster().subscribe(viewer);
            lines.line("a");
            for (Stuck each : stuck) {
                each.reached.await();
            }
            lines.line("b");
            viewer.awaitText("b").check();
            assertThat(one.stats().deliveryThreads()).isEqualTo(1);
            stuck.forEach(each -> each.gate.countDown());
        } finally {
            elsewhere.shutdown();
        }
    }

    @Test
    void executorThatRefuses_endsItsViewerOnly() throws Exception {
        for (RuntimeException refusal :
                List.of(new RejectedExecutionException("full"), new IllegalStateException("broken"))) {
            AtomicBoolean refuse = new AtomicBoolean();
            Executor executor = task -> {
                if (refuse.get()) {
                    throw refusal;
                }
                new Thread(task).start();
            };
            Recorder viewer = new Recorder();
            Recorder other = new Recorder();
            Subscription subscription = stream.subscribe(
                    options().replay(Replay.none()).executor(executor).build(), viewer);
            stream.subscribe(options().replay(Replay.none()).build(), other);
            viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
            refuse.set(true);
            publish(1);
            viewer.awaitEnd().check();
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
            assertThat(viewer.ends().get(0).cause()).isSameAs(refusal);
            assertThat(subscription.awaitEnd(LONG)).isTrue();
            other.awaitLines(1);
            publish(1);
            other.awaitLines(2).check();
        }
        eventually("they have left", () -> stream.stats().subscribers() == 2);
    }

    @Test
    void executorThatRefusesFromTheBeginning_endsItsViewer() throws Exception {
        publish(1);
        Recorder viewer = new Recorder();
        stream.subscribe(
                options()
                        .executor(task -> {
                            throw new RejectedExecutionException("closed");
                        })
                        .build(),
                viewer);
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
    }

    @Test
    void executorThatRunsTheTaskAtOnce_harmsNobody() throws Exception {
        Stuck viewer = new Stuck();
        Recorder other = new Recorder();
        stream.subscribe(options().replay(Replay.none()).executor(Runnable::run).build(), viewer);
        stream.subscribe(options().replay(Replay.none()).build(), other);
        Recorder deep = new Recorder();
        stream.subscribe(
                options()
                        .replay(Replay.none())
                        .executor(Runnable::run)
                        .batchLines(1)
                        .build(),
                deep);
        publish(1);
        viewer.reached.await();
        for (int i = 0; i < 200; i++) {
            publish(50);
            int expected = published;
            eventually(
                    "the others get it",
                    () -> other.texts().size() == expected && deep.texts().size() == expected);
        }
        viewer.gate.countDown();
        other.check();
        deep.check();
    }

    // ---- arguments

    @Test
    void wrongArguments_areRefused() {
        assertThatThrownBy(() -> options().batchLines(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("batchLines of 0: use 1 to 65536");
        assertThatThrownBy(() -> options().batchLines(65_537)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> options().replay(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> options().policy(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> options().filter(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> options().executor(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Replay.last(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Replay.since(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> stream.subscribe((Subscriber) null)).isInstanceOf(NullPointerException.class);
        Subscription subscription = stream.subscribe(new Recorder());
        assertThatThrownBy(() -> subscription.filter(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> subscription.policy(null)).isInstanceOf(NullPointerException.class);
        assertThat(hub.stats().subscribers()).isEqualTo(1);
    }

    @Test
    void options_areCopiedByTheirBuilder() {
        Executor executor = Runnable::run;
        SubscribeOptions all = options()
                .replay(Replay.all())
                .policy(BackpressurePolicy.disconnect(7))
                .filter(LogFilter.contains("a"))
                .follow(false)
                .batchLines(3)
                .executor(executor)
                .build();
        SubscribeOptions copy = all.toBuilder().build();
        assertThat(copy).usingRecursiveComparison().isEqualTo(all);
        assertThat(copy.executor()).isSameAs(executor);
        SubscribeOptions defaults = SubscribeOptions.defaults();
        assertThat(defaults.replay()).isEqualTo(Replay.last(1000));
        assertThat(defaults.policy()).isEqualTo(BackpressurePolicy.dropOldest());
        assertThat(defaults.follow()).isTrue();
        assertThat(defaults.batchLines()).isEqualTo(512);
        assertThat(defaults.executor()).isNull();
    }
}
