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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pull form of a viewer. */
class LogCursorTest {
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

    private LogCursor tail() {
        return stream.tail(SubscribeOptions.defaults());
    }

    private static String text(LogEntry entry) {
        return ((LogLine) entry).text();
    }

    private static void pass(LogCursor cursor, SourceEvent.Kind kind) {
        LogEntry entry = cursor.poll();
        assertThat(entry).isInstanceOf(SourceEvent.class);
        assertThat(((SourceEvent) entry).kind()).isEqualTo(kind);
    }

    // ---- polling

    @Test
    void poll_givesLinesAndTheSeam_thenNull() {
        publish(3);
        try (LogCursor cursor = tail()) {
            assertThat(text(cursor.poll())).isEqualTo("0");
            assertThat(text(cursor.poll())).isEqualTo("1");
            assertThat(text(cursor.poll())).isEqualTo("2");
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            assertThat(cursor.poll()).isNull();
            assertThat(cursor.end()).isEmpty();
            publish(1);
            assertThat(text(cursor.poll())).isEqualTo("3");
            assertThat(cursor.poll()).isNull();
            assertThat(cursor.stats().delivered()).isEqualTo(4);
        }
    }

    @Test
    void polledLines_areToKeep() {
        publish(50);
        List<LogLine> lines = new ArrayList<>();
        try (LogCursor cursor = tail()) {
            for (LogEntry entry = cursor.poll(); entry != null; entry = cursor.poll()) {
                if (entry instanceof LogLine line) {
                    lines.add(line);
                }
            }
        }
        publish(1000);
        feed.close();
        hub.close();
        for (int i = 0; i < 50; i++) {
            assertThat(lines.get(i).text()).isEqualTo("" + i);
            assertThat(lines.get(i).sequence()).isEqualTo(i);
            assertThat(lines.get(i).lineNumber()).isEqualTo(i + 1);
        }
    }

    @Test
    void lappedCursor_getsTheGap_thenGoesOn() {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            publish(10);
            assertThat(text(cursor.poll())).isEqualTo("0");
            publish(1000);
            Gap gap = (Gap) cursor.poll();
            assertThat(gap.first()).isEqualTo(1);
            assertThat(gap.reason()).isEqualTo(Gap.Reason.LAPPED);
            assertThat(text(cursor.poll())).isEqualTo(Long.toString(gap.last() + 1));
            assertThat(cursor.stats().lost()).isEqualTo(gap.lines());
            while (cursor.poll() != null) {
                // to the end
            }
            Subscription.Stats stats = cursor.stats();
            assertThat(stats.delivered() + stats.lost()).isEqualTo(1010);
            assertThat(stats.lag()).isZero();
        }
    }

    @Test
    void filteredCursor_passesOverWhatItHoldsBack() {
        SubscribeOptions nines =
                SubscribeOptions.builder().filter(LogFilter.contains("9")).build();
        publish(100);
        try (LogCursor cursor = stream.tail(nines)) {
            assertThat(text(cursor.poll())).isEqualTo("9");
            assertThat(text(cursor.poll())).isEqualTo("19");
            assertThat(cursor.stats().filtered()).isEqualTo(18);
            cursor.filter(LogFilter.all());
            assertThat(text(cursor.poll())).isEqualTo("20");
        }
    }

    @Test
    void filterThatThrows_endsTheCursor() {
        publish(1);
        LogCursor cursor = stream.tail(SubscribeOptions.builder()
                .filter(line -> {
                    throw new IllegalStateException("bad");
                })
                .build());
        assertThat(cursor.poll()).isNull();
        assertThat(cursor.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.SUBSCRIBER_FAILED);
        assertThat(cursor.poll()).isNull();
        assertThat(stream.stats().subscribers()).isZero();
    }

    @Test
    void pausedCursor_givesNothing() throws Exception {
        publish(3);
        try (LogCursor cursor = tail()) {
            cursor.pause();
            assertThat(cursor.poll()).isNull();
            assertThat(cursor.await(Duration.ofMillis(1))).isNull();
            cursor.resume();
            assertThat(text(cursor.poll())).isEqualTo("0");
        }
    }

    @Test
    void tokens_followThePolls() {
        publish(10);
        try (LogCursor cursor = tail()) {
            for (int i = 0; i < 5; i++) {
                cursor.poll();
            }
            SubscribeOptions after = SubscribeOptions.builder()
                    .replay(Replay.after(cursor.tokens()))
                    .build();
            try (LogCursor resumed = stream.tail(after)) {
                assertThat(text(resumed.poll())).isEqualTo("5");
            }
        }
    }

    @Test
    void tokenOfALappedCursor_standsBeforeTheGap_untilThatIsTold() {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            publish(10);
            cursor.poll();
            ResumeToken before = cursor.tokens().get("s");
            publish(1000);
            SubscribeOptions after =
                    SubscribeOptions.builder().replay(Replay.after("s", before)).build();
            try (LogCursor resumed = stream.tail(after)) {
                assertThat(resumed.tokens()).containsEntry("s", before);
                Gap gap = (Gap) resumed.poll();
                assertThat(gap.reason()).isEqualTo(Gap.Reason.EXPIRED);
                assertThat(gap.first()).isEqualTo(1);
                assertThat(gap.before()).isEqualTo(before);
                assertThat(resumed.tokens()).containsEntry("s", gap.after());
                assertThat(resumed.stats().joined()).isEqualTo(1);
                assertThat(resumed.stats().lost()).isEqualTo(gap.lines());
            }
        }
    }

    // ---- waiting

    @Test
    void await_returnsWhenALineComes() throws Exception {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            AtomicReference<String> got = new AtomicReference<>();
            Thread waiting = new Thread(() -> {
                try {
                    got.set(text(cursor.await(LONG)));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            waiting.start();
            eventually(
                    "it waits",
                    () -> waiting.getState() == Thread.State.TIMED_WAITING
                            || waiting.getState() == Thread.State.WAITING);
            publish(1);
            waiting.join();
            assertThat(got).hasValue("0");
        }
    }

    @Test
    void await_neverMissesALine() throws Exception {
        int lines = 20_000;
        LogFeed many = hub.feed("many");
        try (LogCursor cursor = many.broadcaster().tail(SubscribeOptions.defaults())) {
            Thread publisher = new Thread(() -> {
                for (int i = 0; i < lines; i++) {
                    many.line("" + i);
                    if (i % 100 == 0) {
                        LockSupport.parkNanos(1); // lets the reader fall asleep now and then
                    }
                }
            });
            publisher.start();
            for (int i = 0; i < lines; ) {
                LogEntry entry = cursor.await(LONG);
                assertThat(entry).isNotNull();
                if (entry instanceof LogLine line) {
                    assertThat(line.text()).isEqualTo("" + i++);
                }
            }
            publisher.join();
        }
    }

    @Test
    void await_endsWithItsTime() throws Exception {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            assertThat(cursor.await(Duration.ZERO)).isNull();
            assertThat(cursor.await(Duration.ofMillis(5))).isNull();
            assertThat(cursor.end()).isEmpty();
        }
    }

    @Test
    void await_isInterruptible() throws Exception {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> cursor.await(LONG)).isInstanceOf(InterruptedException.class);
            publish(1);
            assertThat(text(cursor.await(LONG))).isEqualTo("0");
        }
    }

    @Test
    void await_returnsNullAtTheEnd() throws Exception {
        LogCursor cursor = tail();
        publish(1);
        feed.close();
        assertThat(text(cursor.await(LONG))).isEqualTo("0");
        assertThat(cursor.await(LONG)).isNull();
        assertThat(cursor.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(cursor.awaitEnd(Duration.ZERO)).isTrue();
        assertThat(cursor.await(LONG)).isNull();
        assertThat(stream.stats().subscribers()).isZero();
    }

    /** Something that ends a cursor while a thread waits for it. */
    private interface Ending {
        void end(LogCursor cursor);
    }

    @Test
    void await_returnsWhenTheCursorItsStreamOrItsHubIsClosed() throws Exception {
        List<Ending> endings =
                List.of(LogCursor::close, cursor -> hub.find("t").orElseThrow().close(), cursor -> hub.close());
        for (Ending ending : endings) {
            LogFeed other = hub.feed("t");
            LogCursor cursor = other.broadcaster().tail(SubscribeOptions.defaults());
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            AtomicReference<EndReason.Kind> seen = new AtomicReference<>();
            Thread waiting = new Thread(() -> {
                try {
                    assertThat(cursor.await(LONG)).isNull();
                    seen.set(cursor.end().orElseThrow().kind());
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            waiting.start();
            eventually("it waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);
            ending.end(cursor);
            waiting.join();
            assertThat(seen).hasValue(EndReason.Kind.CLOSED);
            assertThat(cursor.awaitEnd(LONG)).isTrue();
            other.broadcaster().close();
        }
    }

    // ---- closing

    @Test
    void closedCursor_givesNothingMore() {
        publish(10);
        LogCursor cursor = tail();
        cursor.poll();
        cursor.close();
        cursor.close();
        assertThat(cursor.poll()).isNull();
        assertThat(cursor.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(cursor.stats().delivered()).isEqualTo(1);
        assertThat(stream.stats().subscribers()).isZero();
    }

    @Test
    void idleCursors_doNotHoldUpClosing() throws Exception {
        List<LogCursor> cursors = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            cursors.add(tail());
            if (i % 3 == 0) {
                cursors.get(i).pause();
            }
        }
        publish(10);
        long begin = System.nanoTime();
        stream.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SHORT);
        for (LogCursor cursor : cursors) {
            assertThat(cursor.awaitEnd(LONG)).isTrue();
            assertThat(cursor.poll()).isNull();
            assertThat(cursor.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.CLOSED);
        }
    }

    // ---- being told

    @Test
    void onReady_tellsOnce_soonAfterThereIsSomething() throws Exception {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            AtomicInteger told = new AtomicInteger();
            cursor.onReady(told::incrementAndGet);
            publish(1);
            eventually("it is told", () -> told.get() == 1);
            publish(5);
            CountDownLatch again = new CountDownLatch(1);
            cursor.onReady(again::countDown);
            again.await();
            assertThat(told).hasValue(1);
        }
    }

    @Test
    void onReady_tellsOfTheEnd() throws Exception {
        LogCursor cursor = tail();
        pass(cursor, SourceEvent.Kind.CAUGHT_UP);
        CountDownLatch told = new CountDownLatch(1);
        cursor.onReady(told::countDown);
        feed.close();
        told.await();
        assertThat(cursor.poll()).isNull();
        assertThat(cursor.end()).isPresent();
        CountDownLatch afterwards = new CountDownLatch(1);
        cursor.onReady(afterwards::countDown);
        afterwards.await();
    }

    @Test
    void onReady_driveAWholeLoop() throws Exception {
        int lines = 5000;
        LogFeed many = hub.feed("many");
        LogCursor cursor = many.broadcaster().tail(SubscribeOptions.defaults());
        List<String> got = java.util.Collections.synchronizedList(new ArrayList<>());
        Runnable loop = new Runnable() {
            @Override
            public void run() {
                for (LogEntry entry = cursor.poll(); entry != null; entry = cursor.poll()) {
                    if (entry instanceof LogLine line) {
                        got.add(line.text());
                    }
                }
                if (cursor.end().isEmpty()) {
                    cursor.onReady(this);
                }
            }
        };
        cursor.onReady(loop);
        for (int i = 0; i < lines; i++) {
            many.line("" + i);
        }
        many.close();
        assertThat(cursor.awaitEnd(LONG)).isTrue();
        assertThat(got).hasSize(lines).endsWith("" + (lines - 1));
    }

    @Test
    void onReadyThatThrows_harmsNobody() throws Exception {
        try (LogCursor cursor = tail()) {
            pass(cursor, SourceEvent.Kind.CAUGHT_UP);
            publish(1);
            cursor.onReady(() -> {
                throw new StackOverflowError();
            });
            CountDownLatch told = new CountDownLatch(1);
            eventually("another is told", () -> {
                cursor.onReady(told::countDown);
                return told.await(10, java.util.concurrent.TimeUnit.MILLISECONDS);
            });
            assertThat(text(cursor.poll())).isEqualTo("0");
        }
    }

    @Test
    void poll_givesAndCountsNothing_whenItsFilterClosesTheCursor() {
        publish(2);
        AtomicReference<LogCursor> cursor = new AtomicReference<>();
        cursor.set(stream.tail(SubscribeOptions.builder()
                .filter(line -> {
                    cursor.get().close();
                    return true;
                })
                .build()));

        assertThat(cursor.get().poll()).isNull();
        assertThat(cursor.get().stats().delivered()).isZero();
        assertThat(cursor.get().stats().position())
                .isEqualTo(cursor.get().stats().joined());
        assertThat(cursor.get().end()).isPresent();
    }

    @Test
    void poll_givesNothingAndEnds_whenItsFilterClosesTheStream() {
        publish(2);
        try (LogCursor cursor = stream.tail(SubscribeOptions.builder()
                .filter(line -> {
                    stream.close();
                    return true;
                })
                .build())) {
            assertThat(cursor.poll()).isNull();
            assertThat(cursor.stats().delivered()).isZero();
            assertThat(cursor.end()).isPresent();
        }
    }

    @Test
    void endIsTold_whenTheStreamIsClosedWhileAFilterTakesLong() throws Exception {
        publish(2);
        CountDownLatch inFilter = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (LogCursor cursor = stream.tail(SubscribeOptions.builder()
                .filter(line -> {
                    inFilter.countDown();
                    awaitQuietly(closed);
                    return true;
                })
                .build())) {
            AtomicReference<LogEntry> polled = new AtomicReference<>();
            Thread poller = new Thread(() -> polled.set(cursor.poll()));
            poller.start();
            inFilter.await();
            stream.close();
            closed.countDown();
            poller.join();

            assertThat(polled.get()).isNull();
            assertThat(cursor.awaitEnd(LONG)).isTrue();
            assertThat(cursor.stats().delivered()).isZero();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
