package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One viewer over streams that come and go. */
class DiscoveryTest {
    private static final StreamOptions QUICK = StreamOptions.builder()
            .retry(Duration.ofMillis(1), Duration.ofMillis(4))
            .build();

    private final LogHub hub = LogHub.create();
    private final Set found = new Set();
    private final Recorder viewer = new Recorder() {
        @Override
        public Recorder check() {
            assertThat(ends()).hasSizeLessThanOrEqualTo(1);
            return this; // the sequences of several streams
        }
    };

    @AfterEach
    void closeHub() {
        hub.close();
        viewer.check();
    }

    private static SubscribeOptions options() {
        return SubscribeOptions.defaults();
    }

    private Subscription subscribe() {
        return hub.subscribe(found, QUICK, options(), viewer);
    }

    private List<String> texts(String stream) {
        return viewer.entries().stream()
                .filter(entry -> entry instanceof LogLine && entry.stream().equals(stream))
                .map(entry -> ((LogLine) entry).text())
                .toList();
    }

    private List<SourceEvent> events(String stream, SourceEvent.Kind kind) {
        return viewer.entries().stream()
                .filter(entry -> entry instanceof SourceEvent event
                        && event.kind() == kind
                        && event.stream().equals(stream))
                .map(SourceEvent.class::cast)
                .toList();
    }

    /** Logs that a test adds and takes away. */
    private static final class Set implements LogDiscovery {
        private final Map<String, LogSource> present = new LinkedHashMap<>();
        private final List<String> gone = new ArrayList<>();
        private final List<SourceContext> contexts = new CopyOnWriteArrayList<>();
        private boolean complete;
        final Queue<Exception> openFailures = new ConcurrentLinkedQueue<>();
        final Queue<Exception> scanFailures = new ConcurrentLinkedQueue<>();
        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger open = new AtomicInteger();

        synchronized MemoryLog add(String id, int lines) {
            MemoryLog log = MemoryLog.ofLines("log of " + id, lines);
            add(id, log);
            return log;
        }

        synchronized void add(String id, MemoryLog log) {
            present.put(id, log);
            contexts.forEach(SourceContext::wake);
        }

        synchronized void remove(String id) {
            present.remove(id);
            gone.add(id);
            contexts.forEach(SourceContext::wake);
        }

        synchronized void complete() {
            complete = true;
            contexts.forEach(SourceContext::wake);
        }

        void fail(Exception e) {
            scanFailures.add(e);
            contexts.forEach(SourceContext::wake);
        }

        @Override
        public String identity() {
            return "test";
        }

        @Override
        public Scan open(SourceContext context) throws IOException {
            opened.incrementAndGet();
            raise(openFailures.poll());
            open.incrementAndGet();
            contexts.add(context);
            return new Scan() {
                @Override
                public LogReader.Outcome scan(Sink sink) throws IOException {
                    raise(scanFailures.poll());
                    synchronized (Set.this) {
                        gone.forEach(sink::gone);
                        gone.clear();
                        present.forEach(sink::found);
                        return complete ? LogReader.Outcome.END : LogReader.Outcome.WAIT;
                    }
                }

                @Override
                public void close() {
                    open.decrementAndGet();
                    contexts.remove(context);
                }
            };
        }

        private static void raise(Exception e) throws IOException {
            if (e instanceof IOException io) {
                throw io;
            } else if (e instanceof RuntimeException runtime) {
                throw runtime;
            }
        }
    }

    @Test
    void streamsThatAreThere_areShownAsAskedFor_laterOnesFromTheirBeginning() throws Exception {
        MemoryLog early = found.add("early", 2000);
        Subscription subscription = subscribe();
        viewer.awaitLines(1000);
        MemoryLog late = found.add("late", 2000);
        viewer.awaitLines(3000);
        assertThat(texts("early")).hasSize(1000);
        assertThat(texts("late")).hasSize(2000);
        assertThat(early.starts).containsExactly(Start.last(1000));
        assertThat(late.starts).containsExactly(Start.beginning());
        for (String stream : List.of("early", "late")) {
            assertThat(events(stream, SourceEvent.Kind.APPEARED)).hasSize(1);
            assertThat(hub.find(stream)).isPresent();
        }
        early.write("more\n");
        late.write("more\n");
        viewer.awaitLines(3002);
        eventually("all is counted", () -> subscription.stats().delivered() == 3002);
        assertThat(subscription.tokens()).containsOnlyKeys("early", "late");
    }

    @Test
    void laterStream_thatAnotherViewerHasReadAlready_isShownFromItsBeginning_withAGapWhereItIsNotRetained()
            throws Exception {
        StreamOptions few = QUICK.toBuilder().retainLines(100).build();
        Set foundLater = new Set();
        Recorder slow = new Recorder();
        found.add("early", 1);
        foundLater.add("early", MemoryLog.ofLines("log of early", 1));
        hub.subscribe(found, few, options(), viewer);
        hub.subscribe(foundLater, few, options(), slow);
        viewer.awaitLines(1);
        slow.awaitLines(1);
        MemoryLog late = found.add("late", 2000);
        eventually(
                "it was read",
                () -> hub.find("late").filter(s -> s.stats().tail() == 2000).isPresent());

        foundLater.add("late", late);

        slow.awaitText("1999").check();
        assertThat(slow.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.first()).isZero();
            assertThat(gap.reason()).isEqualTo(Gap.Reason.EXPIRED);
            assertThat(gap.lines() + slow.texts().size()).isEqualTo(2001);
        });
    }

    @Test
    void appearance_isToldBeforeTheLines() throws Exception {
        found.add("a", 3);
        subscribe();
        viewer.awaitLines(3);
        LogEntry first = viewer.entries().get(0);
        assertThat(first).isInstanceOf(SourceEvent.class);
        assertThat(((SourceEvent) first).kind()).isEqualTo(SourceEvent.Kind.APPEARED);
        assertThat(first.stream()).isEqualTo("a");
    }

    @Test
    void streamThatIsGone_isReadToItsEnd_thenEnds_andTheViewerGoesOn() throws Exception {
        MemoryLog log = found.add("a", 3);
        found.add("b", 1);
        subscribe();
        viewer.awaitLines(4);
        log.write("last\n");
        found.remove("a");
        eventually("its end is told", () -> !events("a", SourceEvent.Kind.ENDED).isEmpty());
        assertThat(texts("a")).endsWith("last");
        assertThat(events("a", SourceEvent.Kind.DISAPPEARED)).hasSize(1);
        assertThat(viewer.ends()).isEmpty();
        assertThat(log.open).hasValue(0);
    }

    @Test
    void sourceThatEndsItself_isReadOn_whenItsLogIsGone() throws Exception {
        MemoryLog log = found.add("a", 3).endsWithItsLog();
        found.add("b", 1);
        subscribe();
        viewer.awaitLines(4);
        found.remove("a");
        eventually(
                "that it is gone is told",
                () -> !events("a", SourceEvent.Kind.DISAPPEARED).isEmpty());
        log.write("late\n");
        viewer.awaitLines(5);
        assertThat(events("a", SourceEvent.Kind.ENDED)).isEmpty();
        log.end();
        eventually("its end is told", () -> !events("a", SourceEvent.Kind.ENDED).isEmpty());
        assertThat(texts("a")).endsWith("late");
    }

    @Test
    void streamThatComesBack_isShownAnew() throws Exception {
        found.add("a", 3);
        subscribe();
        viewer.awaitLines(3);
        found.remove("a");
        eventually("its end is told", () -> !events("a", SourceEvent.Kind.ENDED).isEmpty());
        found.add("a", 5);
        viewer.awaitLines(8);
        assertThat(events("a", SourceEvent.Kind.APPEARED)).hasSize(2);
        assertThat(texts("a")).hasSize(8);
    }

    @Test
    void sourceThatIsGoneAndCannotBeRead_endsToo() throws Exception {
        MemoryLog log = found.add("a", 3);
        subscribe();
        viewer.awaitLines(3);
        for (int i = 0; i < 100_000; i++) {
            log.openFailures.add(new IOException("no such container"));
        }
        log.fail(new IOException("gone"));
        found.remove("a");
        eventually("its end is told", () -> !events("a", SourceEvent.Kind.ENDED).isEmpty());
    }

    @Test
    void completeDiscovery_endsTheViewerWithTheLastStream() throws Exception {
        MemoryLog log = found.add("a", 3);
        subscribe();
        viewer.awaitLines(3);
        found.complete();
        log.write("on\n");
        viewer.awaitLines(4);
        assertThat(viewer.ends()).isEmpty();
        log.end();
        viewer.awaitEnd();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(found.open).hasValue(0);
    }

    @Test
    void completeDiscoveryThatFoundNothing_endsTheViewer() throws Exception {
        found.complete();
        subscribe();
        viewer.awaitEnd();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.entries()).isEmpty();
    }

    @Test
    void ioException_isRetried_andNothingIsToldTwice() throws Exception {
        found.openFailures.add(new IOException("refused"));
        found.openFailures.add(new IOException("refused"));
        found.add("a", 3);
        subscribe();
        viewer.awaitLines(3);
        assertThat(found.opened).hasValue(3);
        found.fail(new IOException("reset"));
        eventually("it is opened again", () -> found.opened.get() == 4);
        found.add("b", 3);
        viewer.awaitLines(6);
        assertThat(events("a", SourceEvent.Kind.APPEARED)).hasSize(1);
        assertThat(texts("a")).hasSize(3);
        assertThat(found.open).hasValue(1);
    }

    @Test
    void failureForGood_endsTheViewer_afterItsStreams() throws Exception {
        for (RuntimeException failure :
                List.of(new LogStreamException("forbidden"), new IllegalStateException("a bug"))) {
            Set set = new Set();
            MemoryLog log = set.add("a", 3);
            Recorder each = new Recorder() {
                @Override
                public Recorder check() {
                    return this;
                }
            };
            hub.subscribe(set, QUICK, options(), each);
            each.awaitLines(3);
            set.fail(failure);
            eventually("it is given up", () -> set.open.get() == 0);
            log.end();
            each.awaitEnd();
            assertThat(each.end()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(each.ends().get(0).message()).contains(failure.getMessage());
            hub.find("a").orElseThrow().close();
        }
    }

    @Test
    void closeOfTheViewer_endsTheDiscovery() throws Exception {
        found.add("a", 3);
        Subscription subscription = subscribe();
        viewer.awaitLines(3);
        subscription.close();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        eventually("it is closed", () -> found.open.get() == 0);
        found.add("b", 3);
        assertThat(hub.find("b")).isEmpty();
        assertThat(hub.stats().subscribers()).isZero();
    }

    @Test
    void closeOfTheHub_endsViewerAndDiscovery_alsoBeforeAnythingWasFound() throws Exception {
        subscribe();
        eventually("it looks", () -> found.open.get() == 1);
        hub.close();
        viewer.awaitEnd();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        eventually("it is closed", () -> found.open.get() == 0);
    }

    @Test
    void stuckDiscovery_holdsUpNobody() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        LogDiscovery blocked = new LogDiscovery() {
            @Override
            public String identity() {
                return "stuck";
            }

            @Override
            public Scan open(SourceContext context) throws InterruptedException, IOException {
                stuck.countDown();
                gate.await();
                throw new IOException("late");
            }
        };
        Subscription subscription = hub.subscribe(blocked, QUICK, options(), viewer);
        stuck.await();
        Recorder other = new Recorder();
        hub.open("other", MemoryLog.ofLines("other", 3)).subscribe(other);
        other.awaitLines(3);
        subscription.close();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.CLOSED);
        gate.countDown();
    }

    @Test
    void streamThatCannotBeShown_isToldAsEnded() throws Exception {
        try (LogHub small = LogHub.builder().maxStreams(1).build()) {
            found.add("a", 3);
            found.add("b", 3);
            small.subscribe(found, QUICK, options(), viewer);
            viewer.awaitEvent(SourceEvent.Kind.ENDED);
            viewer.awaitLines(3);
            assertThat(events("b", SourceEvent.Kind.ENDED).get(0).detail()).contains("maxStreams");
        }
    }

    @Test
    void filterAndPolicyThatWereChanged_holdForStreamsThatComeLater() throws Exception {
        found.add("a", 10);
        Subscription subscription = subscribe();
        viewer.awaitLines(10);
        subscription.filter(LogFilter.contains("7"));
        found.add("b", 10);
        eventually("it is passed", () -> subscription.stats().position() == 20);
        assertThat(texts("b")).containsExactly("7");
    }

    @Test
    void twoViewersOfOneDiscovery_shareTheStreams() throws Exception {
        MemoryLog log = found.add("a", 3);
        subscribe();
        Recorder second = new Recorder();
        hub.subscribe(found, QUICK, options(), second);
        viewer.awaitLines(3);
        second.awaitLines(3);
        assertThat(log.starts).hasSize(1);
    }

    @Test
    void tokens_leadADiscoveryOn() throws Exception {
        MemoryLog a = found.add("a", 3);
        Subscription subscription = subscribe();
        viewer.awaitLines(3);
        eventually("it is counted", () -> subscription.stats().delivered() == 3);
        Map<String, ResumeToken> tokens = subscription.tokens();
        hub.close();
        a.write("on\n");
        found.add("b", 2);
        try (LogHub later = LogHub.create()) {
            Recorder second = new Recorder();
            later.subscribe(
                    found,
                    QUICK,
                    SubscribeOptions.builder().replay(Replay.after(tokens)).build(),
                    second);
            second.awaitLines(3);
            assertThat(second.texts()).containsExactlyInAnyOrder("on", "0", "1");
            assertThat(second.gaps()).isEmpty();
        }
    }
}
