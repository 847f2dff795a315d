package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One viewer over several streams. */
class MergedSubscriptionTest {
    private final LogHub hub = LogHub.create();

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private static SubscribeOptions all() {
        return SubscribeOptions.builder().replay(Replay.all()).build();
    }

    private static List<String> texts(Recorder viewer, String stream) {
        return viewer.entries().stream()
                .filter(entry -> entry instanceof LogLine && entry.stream().equals(stream))
                .map(entry -> ((LogLine) entry).text())
                .toList();
    }

    private static List<SourceEvent> events(Recorder viewer, SourceEvent.Kind kind) {
        return viewer.entries().stream()
                .filter(entry -> entry instanceof SourceEvent event && event.kind() == kind)
                .map(SourceEvent.class::cast)
                .toList();
    }

    /** A viewer whose callbacks must not overlap; sequences of several streams have no order among them. */
    private static class Merged extends Recorder {
        @Override
        public Recorder check() {
            for (String stream :
                    entries().stream().map(LogEntry::stream).distinct().toList()) {
                long next = -1;
                for (LogEntry entry : entries()) {
                    if (entry.stream().equals(stream) && entry instanceof LogLine) {
                        assertThat(next < 0 || entry.sequence() == next).isTrue();
                        next = entry.sequence() + 1;
                    }
                }
            }
            assertThat(ends()).hasSizeLessThanOrEqualTo(1);
            return this;
        }
    }

    @Test
    void linesOfAllStreams_come_inOrderWithinEach() throws Exception {
        Merged viewer = new Merged();
        List<Broadcaster> streams = new ArrayList<>();
        for (int s = 0; s < 5; s++) {
            streams.add(hub.open("s" + s, MemoryLog.ofLines("source " + s, 100 * s)));
        }
        Subscription subscription = hub.subscribe(streams, all(), viewer);
        viewer.awaitLines(1000).check();
        for (int s = 0; s < 5; s++) {
            assertThat(texts(viewer, "s" + s)).hasSize(100 * s);
        }
        eventually(
                "every stream has caught up",
                () -> events(viewer, SourceEvent.Kind.CAUGHT_UP).size() == 5);
        eventually("all is counted", () -> subscription.stats().delivered() == 1000);
        assertThat(subscription.stats().position()).isEqualTo(1000);
        assertThat(subscription.stats().lag()).isZero();
        assertThat(subscription.tokens()).hasSize(5);
        assertThat(hub.stats().subscribers()).isEqualTo(5);
        subscription.close();
        assertThat(hub.stats().subscribers()).isZero();
        assertThat(subscription.stats().delivered()).isEqualTo(1000);
        assertThat(subscription.tokens()).hasSize(5);
    }

    @Test
    void busyStream_doesNotStarveTheOthers() throws Exception {
        LogFeed busy = hub.feed("busy");
        LogFeed quiet = hub.feed("quiet");
        CountDownLatch stop = new CountDownLatch(1);
        Thread publisher = new Thread(() -> {
            while (stop.getCount() > 0) {
                busy.line("x");
            }
        });
        publisher.start();
        CountDownLatch seen = new CountDownLatch(1);
        hub.subscribe(List.of(busy.broadcaster(), quiet.broadcaster()), SubscribeOptions.defaults(), new Subscriber() {
            @Override
            public void onLines(LogBatch lines) {
                if (lines.stream().equals("quiet")) {
                    seen.countDown();
                }
            }

            @Override
            public void onGap(Gap gap) {}
        });
        quiet.line("hello");
        seen.await();
        stop.countDown();
        publisher.join();
    }

    @Test
    void endOfOneStream_isAnEvent_endOfTheLast_isTheEnd() throws Exception {
        MemoryLog a = MemoryLog.ofLines("a", 3);
        MemoryLog b = MemoryLog.ofLines("b", 3);
        Merged viewer = new Merged();
        Subscription subscription = hub.subscribe(List.of(hub.open("a", a), hub.open("b", b)), all(), viewer);
        viewer.awaitLines(6);
        a.end();
        viewer.awaitEvent(SourceEvent.Kind.ENDED);
        assertThat(viewer.ends()).isEmpty();
        SourceEvent ended = events(viewer, SourceEvent.Kind.ENDED).get(0);
        assertThat(ended.stream()).isEqualTo("a");
        assertThat(ended.sequence()).isEqualTo(3);
        assertThat(ended.detail()).isEqualTo("COMPLETED");
        b.write("on\n").end();
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(texts(viewer, "b")).hasSize(4);
        assertThat(events(viewer, SourceEvent.Kind.ENDED)).hasSize(2);
        assertThat(subscription.stats().delivered()).isEqualTo(7);
        assertThat(subscription.tokens()).containsOnlyKeys("a", "b");
    }

    @Test
    void failureOfOneStream_isTheReasonOfTheEnd() throws Exception {
        MemoryLog a = MemoryLog.ofLines("a", 3).end();
        MemoryLog b = MemoryLog.ofLines("b", 3);
        b.openFailures.add(new LogStreamException("no such container"));
        Merged viewer = new Merged();
        hub.subscribe(List.of(hub.open("b", b), hub.open("a", a)), all(), viewer);
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(texts(viewer, "a")).hasSize(3);
    }

    @Test
    void closeOfOneStream_isToldAsItsEnd_alsoToAPausedOrStuckViewer() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch reached = new CountDownLatch(1);
        Broadcaster a = hub.open("a", MemoryLog.ofLines("a", 3));
        Broadcaster b = hub.open("b", MemoryLog.ofLines("b", 3));
        Merged running = new Merged();
        Merged paused = new Merged();
        Merged stuck = new Merged() {
            @Override
            protected void batch(LogBatch lines) throws Exception {
                reached.countDown();
                gate.await();
            }
        };
        hub.subscribe(List.of(a, b), all(), running);
        Subscription its = hub.subscribe(List.of(a, b), all(), paused);
        hub.subscribe(List.of(a, b), all(), stuck);
        running.awaitLines(6);
        paused.awaitLines(6);
        reached.await();
        its.pause();
        a.close();
        running.awaitEvent(SourceEvent.Kind.ENDED);
        its.resume();
        paused.awaitEvent(SourceEvent.Kind.ENDED);
        gate.countDown();
        stuck.awaitEvent(SourceEvent.Kind.ENDED);
        b.close();
        for (Merged viewer : List.of(running, paused, stuck)) {
            viewer.awaitEnd().check();
            assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
            assertThat(events(viewer, SourceEvent.Kind.ENDED))
                    .extracting(SourceEvent::stream)
                    .containsExactlyInAnyOrder("a", "b");
        }
    }

    @Test
    void pauseFilterAndPolicy_holdForAllStreams() throws Exception {
        LogFeed a = hub.feed("a");
        LogFeed b = hub.feed("b");
        Merged viewer = new Merged();
        Subscription subscription =
                hub.subscribe(List.of(a.broadcaster(), b.broadcaster()), SubscribeOptions.defaults(), viewer);
        subscription.filter(LogFilter.contains("yes"));
        subscription.policy(BackpressurePolicy.dropNewest(10));
        subscription.pause();
        for (int i = 0; i < 20; i++) {
            a.line("no " + i);
            b.line("yes " + i);
        }
        subscription.resume();
        eventually("both are passed", () -> subscription.stats().position() == 40);
        assertThat(texts(viewer, "a")).isEmpty();
        assertThat(texts(viewer, "b")).hasSize(10);
        assertThat(subscription.stats().filtered()).isEqualTo(10);
        assertThat(subscription.stats().lost()).isEqualTo(20);
        assertThat(subscription.stats().gaps()).isEqualTo(2);
        assertThatThrownBy(() -> subscription.policy(BackpressurePolicy.block()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void historyOnly_endsWhenAllStreamsAreThrough() throws Exception {
        Merged viewer = new Merged();
        hub.subscribe(
                List.of(
                        hub.open("a", MemoryLog.ofLines("a", 3)),
                        hub.open("b", MemoryLog.ofLines("b", 3)),
                        hub.feed("c").broadcaster()),
                SubscribeOptions.builder().replay(Replay.all()).follow(false).build(),
                viewer);
        viewer.awaitEnd().check();
        assertThat(viewer.texts()).hasSize(6);
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
    }

    @Test
    void viewerThatThrows_leavesAllStreams() throws Exception {
        LogFeed a = hub.feed("a");
        LogFeed b = hub.feed("b");
        Merged viewer = new Merged() {
            @Override
            protected void batch(LogBatch lines) {
                throw new IllegalStateException("mine");
            }
        };
        hub.subscribe(List.of(a.broadcaster(), b.broadcaster()), SubscribeOptions.defaults(), viewer);
        a.line("x");
        viewer.awaitEnd().check();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
        assertThat(hub.stats().subscribers()).isZero();
    }

    @Test
    void wrongStreams_areRefused() {
        assertThatThrownBy(() -> hub.subscribe(List.of(), SubscribeOptions.defaults(), new Recorder()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a merged subscription needs at least one stream");
        try (LogHub other = LogHub.create()) {
            Broadcaster foreign = other.feed("foreign").broadcaster();
            Broadcaster own = hub.feed("own").broadcaster();
            assertThatThrownBy(() -> hub.subscribe(List.of(own, foreign), SubscribeOptions.defaults(), new Recorder()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("stream 'foreign' is of another hub");
            assertThat(own.stats().subscribers()).isZero();
        }
    }
}
