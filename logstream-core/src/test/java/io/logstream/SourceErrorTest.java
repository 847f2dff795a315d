package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a source does wrong, and what becomes of its stream. */
class SourceErrorTest {
    private static final StreamOptions QUICK = StreamOptions.builder()
            .retry(Duration.ofMillis(1), Duration.ofMillis(4))
            .build();

    private final LogHub hub = LogHub.create();

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private Recorder watch(LogSource source) {
        Recorder viewer = new Recorder();
        hub.open("s", source, QUICK)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    private Broadcaster stream() {
        return hub.find("s").orElseThrow();
    }

    // ---- failures that pass

    @Test
    void ioException_isRetriedFromTheSamePlace_withOneEventForTheOutageAndOneForItsEnd() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 1000);
        Recorder viewer = watch(log).awaitLines(1000);
        viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        for (int i = 0; i < 5; i++) {
            log.openFailures.add(new IOException("connection refused"));
        }
        log.fail(new IOException("connection reset"));
        log.write("after\n");
        viewer.awaitText("after").check();
        assertThat(viewer.texts()).hasSize(1001);
        assertThat(viewer.gaps()).isEmpty();
        assertThat(viewer.events())
                .containsExactly(
                        SourceEvent.Kind.CAUGHT_UP, SourceEvent.Kind.RECONNECTING, SourceEvent.Kind.RECONNECTED);
        List<LogEntry> tail = viewer.entries().subList(viewer.size() - 3, viewer.size());
        assertThat(((SourceEvent) tail.get(0)).detail()).isEqualTo("connection reset");
        assertThat(((SourceEvent) tail.get(1)).kind()).isEqualTo(SourceEvent.Kind.RECONNECTED);
        assertThat(stream().stats().retries()).isEqualTo(6);
        assertThat(stream().stats().lastError()).isEqualTo("connection refused");
        assertThat(stream().stats().state()).isEqualTo(Broadcaster.State.LIVE);
        assertThat(log.starts).hasSize(7);
        assertThat(log.open).hasValue(1);
    }

    @Test
    void twoOutages_areTwoPairsOfEvents() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 1);
        Recorder viewer = watch(log).awaitLines(1).awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        for (int i = 0; i < 2; i++) {
            log.fail(new IOException("outage " + i)).write("after " + i + "\n");
            viewer.awaitText("after " + i);
        }
        assertThat(viewer.check().events())
                .containsExactly(
                        SourceEvent.Kind.CAUGHT_UP,
                        SourceEvent.Kind.RECONNECTING,
                        SourceEvent.Kind.RECONNECTED,
                        SourceEvent.Kind.RECONNECTING,
                        SourceEvent.Kind.RECONNECTED);
    }

    @Test
    void sourceThatCannotBeOpenedAtFirst_isTriedAgainWhereItWasToBegin() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3);
        log.openFailures.add(new IOException("not now"));
        log.openFailures.add(new IOException("not now"));
        Recorder viewer = watch(log).awaitLines(3).check();
        assertThat(log.starts).containsExactly(Start.beginning(), Start.beginning(), Start.beginning());
        assertThat(viewer.events()).startsWith(SourceEvent.Kind.RECONNECTING, SourceEvent.Kind.RECONNECTED);
        assertThat(viewer.gaps()).isEmpty();
    }

    /** Who learns that what was away is back need not wait; without it this test would take an hour. */
    @Test
    void sourceThatSaysItIsBack_isTriedAtOnce_alsoWhereItCouldNotBeOpened() throws Exception {
        List<SourceContext> tries = new CopyOnWriteArrayList<>();
        LogSource source = new LogSource() {
            @Override
            public String identity() {
                return "away";
            }

            @Override
            public LogReader open(Start start, SourceContext context) throws IOException {
                tries.add(context);
                if (tries.size() == 2) {
                    throw new IOException("refused");
                }
                return new LogReader() {
                    @Override
                    public Outcome read(LineSink sink) throws IOException {
                        if (tries.size() == 1) {
                            throw new IOException("reset");
                        }
                        sink.bytes(Channel.STDOUT, ByteBuffer.wrap("back\n".getBytes(StandardCharsets.US_ASCII)), 0);
                        return Outcome.END;
                    }

                    @Override
                    public void close() {}
                };
            }
        };
        Recorder viewer = new Recorder();
        StreamOptions slow = StreamOptions.builder()
                .retry(Duration.ofHours(1), Duration.ofHours(2))
                .build();
        Broadcaster stream = hub.open("s", source, slow);
        stream.subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        for (int i = 1; i <= 2; i++) {
            int tried = i;
            eventually("try " + tried + " has failed", () -> stream.stats().retries() == tried);
            tries.get(i - 1).retry();
        }
        viewer.awaitText("back").awaitEnd();
        tries.forEach(SourceContext::retry); // of those that are over: nothing
        assertThat(tries).hasSize(3);
    }

    @Test
    void streamInAnOutage_isReconnecting() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3);
        Recorder viewer = new Recorder();
        Broadcaster stream = hub.open(
                "s",
                log,
                StreamOptions.builder()
                        .retry(Duration.ofHours(1), Duration.ofHours(1))
                        .build());
        stream.subscribe(viewer);
        viewer.awaitLines(3);
        log.fail(new IOException("gone"));
        viewer.awaitEvent(SourceEvent.Kind.RECONNECTING);
        eventually("it says so", () -> stream.stats().state() == Broadcaster.State.RECONNECTING);
        assertThat(stream.stats().lastError()).isEqualTo("gone");
        assertThat(log.open).hasValue(0);
        assertThat(viewer.ends()).isEmpty();
    }

    @Test
    void unfinishedLine_survivesAnOutage() throws Exception {
        MemoryLog log = new MemoryLog("source").write("one\nhal");
        StreamOptions patient = QUICK.toBuilder().partialAfter(Duration.ZERO).build();
        Recorder viewer = new Recorder();
        hub.open("s", log, patient)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        viewer.awaitLines(1);
        eventually("half of it is read", () -> log.read.get() == 7);
        log.fail(new IOException("reset")).write("f a line\n");
        viewer.awaitLines(2).check();
        assertThat(viewer.texts()).containsExactly("one", "half a line");
    }

    @Test
    void sourceWithoutPositions_givesOneGapPerOutage() throws Exception {
        MemoryLog log = new MemoryLog("source", false).write("one\ntwo\n");
        Recorder viewer = watch(log).awaitLines(2);
        for (int i = 0; i < 5; i++) {
            log.openFailures.add(new IOException("connection refused"));
        }
        log.fail(new IOException("connection reset"));
        viewer.awaitEvent(SourceEvent.Kind.RECONNECTED);
        log.write("three\n");
        viewer.awaitText("three").check();
        assertThat(viewer.gaps()).hasSize(1);
        Gap gap = viewer.gaps().get(0);
        assertThat(gap.reason()).isEqualTo(Gap.Reason.RECONNECTED);
        assertThat(gap.exact()).isFalse();
        assertThat(gap.lines()).isZero();
        assertThat(viewer.texts()).containsExactly("one", "two", "three");
    }

    // ---- failures that do not pass

    @Test
    void logStreamException_failsTheStream_atOnce() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3);
        log.openFailures.add(new LogStreamException("wrong host key"));
        Recorder viewer = watch(log).awaitEnd().check();
        assertThat(viewer.ends().get(0)).hasToString("FAILED: wrong host key");
        assertThat(viewer.entries()).isEmpty();
        assertThat(log.starts).hasSize(1);
        assertThat(stream().end().orElseThrow().kind()).isEqualTo(EndReason.Kind.FAILED);
    }

    @Test
    void anyOtherException_failsTheStream_afterWhatWasRead() throws Exception {
        for (Throwable bug : List.of(new IllegalStateException("bug"), new StackOverflowError("deep"))) {
            MemoryLog log = MemoryLog.ofLines("source", 3);
            Recorder viewer = watch(log).awaitLines(3);
            log.next(sink -> {
                sink.bytes(Channel.STDOUT, ByteBuffer.wrap("unfinished".getBytes(StandardCharsets.UTF_8)), 0);
                throwAny(bug);
            });
            viewer.awaitEnd().check();
            assertThat(viewer.texts()).containsExactly("0", "1", "2", "unfinished");
            assertThat(viewer.ends().get(0).kind()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(viewer.ends().get(0).message()).contains(bug.toString());
            assertThat(viewer.ends().get(0).cause()).isSameAs(bug);
            assertThat(log.open).hasValue(0);
            stream().close();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwAny(Throwable t) throws T {
        throw (T) t;
    }

    @Test
    void runtimeExceptionWhenOpened_failsTheStream() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3);
        log.openFailures.add(new UnsupportedOperationException());
        assertThat(watch(log).awaitEnd().check().end()).isEqualTo(EndReason.Kind.FAILED);
    }

    @Test
    void failedStream_harmsNoOther() throws Exception {
        MemoryLog good = MemoryLog.ofLines("good", 3);
        Recorder viewer = new Recorder();
        hub.open("good", good).subscribe(viewer);
        viewer.awaitLines(3);
        MemoryLog bad = MemoryLog.ofLines("bad", 3);
        bad.openFailures.add(new StackOverflowError());
        watch(bad).awaitEnd();
        good.write("on\n");
        viewer.awaitText("on").check();
    }

    @Test
    void downstreamGapFromASource_isItsBug() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3).next(sink -> sink.gap(1, Gap.Reason.LAPPED));
        Recorder viewer = watch(log).awaitEnd().check();
        assertThat(viewer.ends().get(0).message()).contains("LAPPED");
    }

    // ---- what a source tells

    @Test
    void upstreamGap_standsAtItsPlace_andCountsNoSequence() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3);
        Recorder viewer = watch(log).awaitLines(3).awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        log.next(sink -> sink.gap(7, Gap.Reason.TRUNCATED)).write("on\n");
        viewer.awaitText("on").check();
        Gap gap = viewer.gaps().get(0);
        assertThat(gap.stream()).isEqualTo("s");
        assertThat(gap.first()).isEqualTo(3);
        assertThat(gap.last()).isEqualTo(2);
        assertThat(gap.lines()).isEqualTo(7);
        assertThat(gap.exact()).isTrue();
        assertThat(gap.reason()).isEqualTo(Gap.Reason.TRUNCATED);
        assertThat(gap.before()).isNotNull();
        assertThat(gap.after()).isNotNull();
        LogLine on = (LogLine) viewer.entries().get(viewer.size() - 1);
        assertThat(on.sequence()).isEqualTo(3);
        assertThat(on.lineNumber()).isEqualTo(11);
    }

    @Test
    void events_standAtTheirPlaces() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 3);
        Recorder viewer = watch(log).awaitLines(3).awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        log.next(sink -> sink.event(SourceEvent.finished(3, "killed"))).write("on\n");
        viewer.awaitText("on").check();
        SourceEvent event = (SourceEvent) viewer.entries().get(viewer.size() - 2);
        assertThat(event.kind()).isEqualTo(SourceEvent.Kind.FINISHED);
        assertThat(event.exitCode()).hasValue(3);
        assertThat(event.detail()).isEqualTo("killed");
        assertThat(event.stream()).isEqualTo("s");
        assertThat(event.sequence()).isEqualTo(3);
    }

    @Test
    void channels_keepTheirUnfinishedLinesApart() throws Exception {
        MemoryLog log = new MemoryLog("source");
        Recorder viewer = watch(log).awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        log.next(sink -> {
            text(sink, Channel.STDOUT, "out ");
            text(sink, Channel.STDERR, "err ");
            text(sink, Channel.STDOUT, "line\nnext");
            text(sink, Channel.STDERR, "line\n");
            sink.endLine(Channel.STDOUT);
            sink.endLine(Channel.STDERR);
        });
        viewer.awaitLines(4).check();
        assertThat(viewer.texts()).containsExactly("out line", "err line", "next", "");
        List<LogLine> lines = viewer.entries().stream()
                .filter(LogLine.class::isInstance)
                .map(LogLine.class::cast)
                .toList();
        assertThat(lines.get(1).channel()).isEqualTo(Channel.STDERR);
        assertThat(lines.get(2).ending()).isEqualTo(LogLine.Ending.IMPLIED);
        assertThat(lines.get(2).isPartial()).isFalse();
    }

    private static void text(LineSink sink, Channel channel, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        sink.bytes(channel, text.startsWith("e") ? ByteBuffer.wrap(bytes) : direct, LineSink.NO_TIME);
    }

    @Test
    void unfinishedLine_isShownAfterTheQuietTime_andContinued() throws Exception {
        StreamOptions quick =
                QUICK.toBuilder().partialAfter(Duration.ofMillis(5)).build();
        MemoryLog log = new MemoryLog("source").write("progress: ");
        Recorder viewer = new Recorder();
        hub.open("s", log, quick)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        viewer.awaitText("progress: ");
        log.write("50%");
        viewer.awaitText("50%");
        log.write(" done\n");
        viewer.awaitText(" done").check();
        List<LogLine> lines = viewer.entries().stream()
                .filter(LogLine.class::isInstance)
                .map(LogLine.class::cast)
                .toList();
        assertThat(lines).extracting(LogLine::isPartial).containsExactly(true, true, false);
        assertThat(lines).extracting(LogLine::isContinuation).containsExactly(false, true, true);
        assertThat(lines).extracting(LogLine::lineNumber).containsExactly(1L, 1L, 1L);
    }

    @Test
    void zeroQuietTime_neverShowsAPart() throws Exception {
        StreamOptions never = QUICK.toBuilder().partialAfter(Duration.ZERO).build();
        MemoryLog log = new MemoryLog("source").write("a\nhalf");
        Recorder viewer = new Recorder();
        hub.open("s", log, never).subscribe(viewer);
        viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        assertThat(viewer.texts()).containsExactly("a");
        log.write(" whole\n");
        viewer.awaitText("half whole").check();
    }

    @Test
    void lineLongerThanTheMaximum_comesInParts() throws Exception {
        StreamOptions narrow = QUICK.toBuilder().maxLineBytes(16).build();
        MemoryLog log = new MemoryLog("source").write("x".repeat(40) + "\nshort\n");
        Recorder viewer = new Recorder();
        hub.open("s", log, narrow).subscribe(viewer);
        viewer.awaitText("short").check();
        assertThat(viewer.texts()).containsExactly("x".repeat(16), "x".repeat(16), "x".repeat(8), "short");
        assertThat(((LogLine) viewer.entries().get(2)).lineNumber()).isEqualTo(1);
    }

    // ---- stuck sources

    @Test
    void stuckSources_delayOnlyThemselves() throws Exception {
        try (LogHub one = LogHub.builder().readerThreads(1).build()) {
            List<CountDownLatch> gates = new java.util.ArrayList<>();
            for (int i = 0; i < 5; i++) {
                MemoryLog stuck = new MemoryLog("stuck " + i);
                gates.add(i % 2 == 0 ? stuck.blockOpen() : stuck.blockRead());
                one.open("stuck " + i, stuck).start();
                MemoryLog good = MemoryLog.ofLines("good " + i, 3);
                Recorder viewer = new Recorder();
                one.open("good " + i, good).subscribe(viewer);
                viewer.awaitLines(3).check();
                eventually("it is stuck", () -> stuck.atGate.get() == 1);
            }
            assertThat(one.stats().readerThreads()).isGreaterThan(5);
            gates.forEach(CountDownLatch::countDown);
        }
    }

    @Test
    void tasksThatComeAtTheSameTime_doNotWaitForAStuckOne() throws Exception {
        try (LogHub one = LogHub.builder().readerThreads(1).build()) {
            MemoryLog first = new MemoryLog("first");
            one.open("first", first).start();
            eventually("the only thread has begun and sleeps", () -> first.starts.size() == 1);
            for (int i = 0; i < 20; i++) {
                MemoryLog stuck = new MemoryLog("stuck");
                CountDownLatch gate = stuck.blockOpen();
                Broadcaster stuckStream = one.open("stuck " + i, stuck);
                MemoryLog good = MemoryLog.ofLines("good", 1);
                Broadcaster goodStream = one.open("good " + i, good);
                stuckStream.start();
                goodStream.start();
                eventually("the other one is read", () -> goodStream.stats().tail() == 1);
                gate.countDown();
                stuckStream.close();
            }
        }
    }

    @Test
    void stuckSource_doesNotHoldUpClosing() throws Exception {
        MemoryLog stuckInOpen = new MemoryLog("open");
        MemoryLog stuckInRead = MemoryLog.ofLines("read", 3);
        CountDownLatch open = stuckInOpen.blockOpen();
        Recorder a = new Recorder();
        hub.open("open", stuckInOpen).subscribe(a);
        Recorder b = new Recorder();
        hub.open("read", stuckInRead).subscribe(b);
        b.awaitLines(3);
        CountDownLatch read = stuckInRead.blockRead();
        eventually("both are stuck", () -> stuckInOpen.atGate.get() + stuckInRead.atGate.get() == 2);
        eventually("they count as stuck", () -> hub.stats().stuckThreads() == 2);
        long begin = System.nanoTime();
        hub.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        a.awaitEnd().check();
        b.awaitEnd().check();
        assertThat(a.end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(b.end()).isEqualTo(EndReason.Kind.CLOSED);
        eventually("a stuck reader is closed from outside", () -> stuckInRead.open.get() == 0);
        open.countDown();
        read.countDown();
        eventually("no reader is left", () -> stuckInOpen.open.get() == 0);
    }

    @Test
    void openingThatBlocks_isInterruptedByClose() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch opening = new CountDownLatch(1);
        LogSource source = source((start, context) -> {
            opening.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
            throw new AssertionError();
        });
        Recorder viewer = watch(source);
        opening.await();
        stream().close();
        interrupted.await();
        assertThat(viewer.awaitEnd().check().end()).isEqualTo(EndReason.Kind.CLOSED);
    }

    private interface Opening {
        LogReader open(Start start, SourceContext context) throws IOException, InterruptedException;
    }

    private static LogSource source(Opening opening) {
        return new LogSource() {
            @Override
            public String identity() {
                return "source";
            }

            @Override
            public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
                return opening.open(start, context);
            }
        };
    }

    // ---- blocking streams

    @Test
    void inputStream_isReadToItsEnd() throws Exception {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            all.append(i).append('\n');
        }
        LogSource source = source((start, context) -> LogReader.ofInputStream(
                new ByteArrayInputStream(all.toString().getBytes(StandardCharsets.UTF_8)), Channel.STDERR, context));
        AtomicInteger count = new AtomicInteger();
        Recorder viewer = new Recorder() {
            @Override
            public void onLines(LogBatch batch) {
                batch.forEach(line -> {
                    assertThat(line.text()).isEqualTo("" + count.getAndIncrement());
                    assertThat(line.channel()).isEqualTo(Channel.STDERR);
                });
            }
        };
        hub.open("s", source, StreamOptions.builder().retainLines(200_000).build())
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        viewer.awaitEnd();
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(count).hasValue(100_000);
    }

    @Test
    void inputStreamThatBlocks_isShownLive_andClosedFromOutside() throws Exception {
        PipedInputStream in = new PipedInputStream();
        PipedOutputStream out = new PipedOutputStream(in);
        CountDownLatch closed = new CountDownLatch(1);
        InputStream watched = new FilterInputStream(in) {
            @Override
            public void close() throws IOException {
                closed.countDown();
                super.close();
            }
        };
        Recorder viewer = watch(source((start, context) -> LogReader.ofInputStream(watched, Channel.STDOUT, context)));
        out.write("one\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        viewer.awaitText("one");
        out.write("two\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        viewer.awaitText("two").check();
        stream().close();
        closed.await();
        viewer.awaitEnd();
    }

    @Test
    void inputStreamThatFails_isRetried_afterWhatItHadBrought() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        LogSource source = source((start, context) -> {
            if (opened.incrementAndGet() > 1) {
                return LogReader.ofInputStream(
                        new ByteArrayInputStream("again\n".getBytes(StandardCharsets.UTF_8)), Channel.STDOUT, context);
            }
            InputStream failing =
                    new FilterInputStream(new ByteArrayInputStream("one\ntwo\n".getBytes(StandardCharsets.UTF_8))) {
                        @Override
                        public int read(byte[] target, int offset, int length) throws IOException {
                            int n = super.read(target, offset, length);
                            if (n < 0) {
                                throw new IOException("broken pipe");
                            }
                            return n;
                        }
                    };
            return LogReader.ofInputStream(failing, Channel.STDOUT, context);
        });
        Recorder viewer = watch(source).awaitEnd().check();
        assertThat(viewer.texts()).containsExactly("one", "two", "again");
        assertThat(viewer.gaps()).hasSize(1);
        assertThat(viewer.events()).contains(SourceEvent.Kind.RECONNECTING, SourceEvent.Kind.RECONNECTED);
    }
}
