package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.spi.Start;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One stream: where reading begins, how viewers join, what stays when it ends or rests. */
class BroadcasterTest {
    private final LogHub hub = LogHub.create();

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private static SubscribeOptions with(Replay replay) {
        return SubscribeOptions.builder().replay(replay).build();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private Recorder watch(Broadcaster stream, Replay replay) {
        Recorder viewer = new Recorder();
        stream.subscribe(with(replay), viewer);
        return viewer;
    }

    // ---- joining

    @Test
    void viewer_getsHistoryThenTheSeamThenLiveLines() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 5);
        Recorder viewer = watch(hub.open("s", log), Replay.all());
        viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        log.write("live\n");
        viewer.awaitText("live").check();
        assertThat(viewer.texts()).containsExactly("0", "1", "2", "3", "4", "live");
        assertThat(viewer.events()).containsExactly(SourceEvent.Kind.CAUGHT_UP);
        assertThat(viewer.entries().get(5)).isInstanceOf(SourceEvent.class);
        assertThat(viewer.entries().get(5).sequence()).isEqualTo(5);
        assertThat(viewer.entries().get(5).stream()).isEqualTo("s");
    }

    @Test
    void lines_tellWhatTheyAre() throws Exception {
        MemoryLog log = new MemoryLog("source").write("one\ntwo\r\n\u00e4\n");
        Recorder viewer = watch(hub.open("s", log), Replay.all()).awaitLines(3).check();
        LogLine two = (LogLine) viewer.entries().get(1);
        assertThat(two.stream()).isEqualTo("s");
        assertThat(two.text()).isEqualTo("two").hasSize(two.length());
        assertThat(two.lineNumber()).isEqualTo(2);
        assertThat(two.sequence()).isEqualTo(1);
        assertThat(two.channel()).isEqualTo(Channel.STDOUT);
        assertThat(two.ending()).isEqualTo(LogLine.Ending.CRLF);
        assertThat(two.isPartial()).isFalse();
        assertThat(two.isContinuation()).isFalse();
        assertThat(two.hasSourceTime()).isFalse();
        assertThat(two.time())
                .isBetween(Instant.now().minusSeconds(300), Instant.now().plusSeconds(300));
        assertThat(two.byteAt(2)).isEqualTo((byte) 'o');
        assertThat(two.copy()).isSameAs(two);
        assertThatThrownBy(() -> two.byteAt(3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(two.bytes().remaining()).isEqualTo(3);
        assertThat(two.bytes().isReadOnly()).isTrue();
        assertThat(((LogLine) viewer.entries().get(2)).length()).isEqualTo(2);
    }

    @Test
    void updates_tellWhatTheyAre_whereCarriageReturnsMakeThem() throws Exception {
        MemoryLog log =
                new MemoryLog("source").write("zero\n10%\r20%\r\nlast\r").end();
        StreamOptions updates =
                StreamOptions.builder().carriageReturnUpdates(true).build();
        Recorder viewer = new Recorder();
        hub.open("s", log, updates)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        List<LogLine> lines = viewer.awaitEnd().check().entries().stream()
                .filter(LogLine.class::isInstance)
                .map(LogLine.class::cast)
                .toList();
        assertThat(lines).extracting(LogLine::text).containsExactly("zero", "10%", "20%", "last");
        assertThat(lines)
                .extracting(LogLine::ending)
                .containsExactly(LogLine.Ending.LF, LogLine.Ending.CR, LogLine.Ending.CRLF, LogLine.Ending.CR);
        assertThat(lines).extracting(LogLine::isPartial).containsExactly(false, true, false, true);
        assertThat(lines).extracting(LogLine::isContinuation).containsExactly(false, false, true, false);
        assertThat(lines).extracting(LogLine::sequence).containsExactly(0L, 1L, 2L, 3L);
        assertThat(lines).extracting(LogLine::lineNumber).containsExactly(1L, 2L, 2L, 3L);
        assertThat(lines.get(1).copy().ending()).isEqualTo(LogLine.Ending.CR);
    }

    @Test
    void firstViewer_saysWhereReadingBegins() throws Exception {
        Instant since = Instant.parse("2026-01-01T00:00:00Z");
        record Case(Replay replay, Start start) {}
        List<Case> cases = List.of(
                new Case(Replay.none(), Start.end()),
                new Case(Replay.last(0), Start.end()),
                new Case(Replay.last(7), Start.last(7)),
                new Case(Replay.all(), Start.beginning()),
                new Case(Replay.since(since), Start.since(since)));
        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            MemoryLog log = MemoryLog.ofLines("source", 10);
            Recorder viewer = watch(hub.open("s" + i, log), each.replay());
            viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
            assertThat(log.starts).containsExactly(each.start());
        }
    }

    @Test
    void secondViewer_joinsWithoutAnotherReader_whereItAsks() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 100);
        Broadcaster stream = hub.open("s", log);
        watch(stream, Replay.all()).awaitLines(100);
        assertThat(watch(stream, Replay.last(10)).awaitLines(10).texts()).isEqualTo(numbers(90, 100));
        assertThat(watch(stream, Replay.all()).awaitLines(100).texts()).isEqualTo(numbers(0, 100));
        assertThat(watch(stream, Replay.last(1000)).awaitLines(100).texts()).isEqualTo(numbers(0, 100));
        Recorder none = watch(stream, Replay.none());
        none.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        log.write("new\n");
        assertThat(none.awaitLines(1).check().texts()).containsExactly("new");
        assertThat(log.starts).hasSize(1);
    }

    @Test
    void viewer_canJoinSinceATime() throws Exception {
        MemoryLog log = new MemoryLog("source");
        Broadcaster stream = hub.open("s", log);
        Recorder first = watch(stream, Replay.all());
        Instant begin = Instant.ofEpochSecond(Instant.now().getEpochSecond() - 100);
        for (int i = 0; i < 10; i++) {
            long time = begin.plusSeconds(i).getEpochSecond() * 1_000_000_000L;
            byte[] line = (i + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
            log.next(sink -> sink.bytes(Channel.STDERR, java.nio.ByteBuffer.wrap(line), time));
        }
        LogLine line = (LogLine) first.awaitLines(10).entries().stream()
                .filter(LogLine.class::isInstance)
                .findFirst()
                .orElseThrow();
        assertThat(line.hasSourceTime()).isTrue();
        assertThat(line.time().getEpochSecond()).isEqualTo(begin.getEpochSecond());
        assertThat(line.channel()).isEqualTo(Channel.STDERR);
        assertThat(watch(stream, Replay.since(begin.plusSeconds(7)))
                        .awaitLines(3)
                        .texts())
                .containsExactly("7", "8", "9");
        Recorder none = watch(stream, Replay.since(Instant.MAX));
        none.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        assertThat(none.texts()).isEmpty();
        assertThat(watch(stream, Replay.since(Instant.MIN)).awaitLines(10).texts())
                .hasSize(10);
    }

    @Test
    void joining_leavesNoGapAndNoDuplicate_whileLinesCome() throws Exception {
        int lines = 10_000; // a hundred viewers may keep all of them
        LogFeed feed = hub.feed("s");
        Thread publisher = new Thread(() -> {
            for (int i = 0; i < lines; i++) {
                feed.line(Integer.toString(i));
            }
            feed.close();
        });
        publisher.start();
        List<Recorder> viewers = new ArrayList<>();
        for (int i = 0; publisher.isAlive() && i < 100; i++) {
            viewers.add(watch(feed.broadcaster(), i % 2 == 0 ? Replay.last(1 + i) : Replay.none()));
            long seen = feed.broadcaster().stats().tail();
            eventually("lines come", () -> feed.broadcaster().stats().tail() > seen || !publisher.isAlive());
        }
        publisher.join();
        for (Recorder viewer : viewers) {
            viewer.awaitEnd().check();
            List<LogEntry> seen = viewer.entries().stream()
                    .filter(entry -> !(entry instanceof SourceEvent))
                    .toList();
            for (LogEntry entry : seen) {
                if (entry instanceof LogLine line) {
                    assertThat(line.text()).isEqualTo(Long.toString(line.sequence()));
                    assertThat(line.lineNumber()).isEqualTo(line.sequence() + 1);
                }
            }
            if (!seen.isEmpty()) {
                LogEntry last = seen.get(seen.size() - 1);
                assertThat(last instanceof Gap gap ? gap.last() : last.sequence())
                        .isEqualTo(lines - 1);
            }
        }
    }

    @Test
    void historyOnly_endsWhereLiveBegins() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        SubscribeOptions historyOnly =
                SubscribeOptions.builder().replay(Replay.all()).follow(false).build();
        Recorder first = new Recorder();
        stream.subscribe(historyOnly, first);
        assertThat(first.awaitEnd().check().end()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
        assertThat(first.texts()).isEqualTo(numbers(0, 10));
        assertThat(first.events()).isEmpty();
        Recorder second = new Recorder();
        stream.subscribe(historyOnly.toBuilder().replay(Replay.last(3)).build(), second);
        assertThat(second.awaitEnd().check().end()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
        assertThat(second.texts()).isEqualTo(numbers(7, 10));
        Recorder none = new Recorder();
        stream.subscribe(historyOnly.toBuilder().replay(Replay.none()).build(), none);
        assertThat(none.awaitEnd().check().end()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
        assertThat(none.entries()).isEmpty();
    }

    @Test
    void historyOnly_ofAStreamThatIsWrittenAllTheTime_ends() throws Exception {
        LogFeed feed = hub.feed("s");
        for (int i = 0; i < 5000; i++) {
            feed.line("" + i);
        }
        Thread writer = new Thread(() -> {
            try {
                for (int i = 5000; ; i++) {
                    feed.line("" + i);
                }
            } catch (IllegalStateException e) {
                // the end of this test
            }
        });
        writer.start();
        for (int i = 0; i < 50; i++) {
            Recorder viewer = new Recorder();
            feed.broadcaster()
                    .subscribe(
                            SubscribeOptions.builder()
                                    .replay(Replay.last(100))
                                    .follow(false)
                                    .build(),
                            viewer);
            assertThat(viewer.awaitEnd().check().end()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
            assertThat(viewer.texts()).hasSize(100);
        }
        hub.close();
        writer.join();
    }

    @Test
    void batches_areNoLargerThanAskedFor() throws Exception {
        Broadcaster stream = hub.open("s", MemoryLog.ofLines("source", 1000));
        List<Integer> sizes = new ArrayList<>();
        Recorder viewer = new Recorder() {
            @Override
            protected void batch(LogBatch lines) {
                sizes.add(lines.size());
                assertThat(lines.stream()).isEqualTo("s");
                assertThat(lines.sequence(lines.size() - 1)).isEqualTo(lines.sequence(0) + lines.size() - 1);
                byte[] copy = new byte[100];
                int length = lines.copyTo(0, copy, 7);
                assertThat(length).isEqualTo(lines.length(0));
                assertThat(copy[7]).isEqualTo(lines.byteAt(0, 0));
                assertThat(lines.channel(0)).isEqualTo(Channel.STDOUT);
                assertThatThrownBy(() -> lines.line(lines.size())).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> lines.byteAt(0, length)).isInstanceOf(IndexOutOfBoundsException.class);
            }
        };
        stream.subscribe(
                SubscribeOptions.builder().replay(Replay.all()).batchLines(7).build(), viewer);
        viewer.awaitLines(1000).check();
        assertThat(viewer.ends()).isEmpty();
        assertThat(sizes).allSatisfy(size -> assertThat(size).isBetween(1, 7)).hasSizeGreaterThan(142);
    }

    @Test
    void firstViewerOfALongLog_startsAtTheLastLines() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 5000);
        Recorder viewer = new Recorder();
        hub.open("s", log).subscribe(viewer);
        viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP).check();
        assertThat(viewer.texts()).isEqualTo(numbers(4000, 5000));
        assertThat(((LogLine) viewer.entries().get(0)).lineNumber()).isEqualTo(4001);
        assertThat(log.starts).containsExactly(Start.last(1000));
    }

    // ---- the end

    @Test
    void endOfTheSource_endsEveryViewerOnce() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        Recorder early = watch(stream, Replay.all()).awaitLines(10);
        log.write("last").end();
        assertThat(early.awaitEnd().check().end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(early.texts()).endsWith("9", "last");
        assertThat(((LogLine) early.entries().get(early.size() - 1)).isPartial())
                .isTrue();
        assertThat(stream.end())
                .hasValueSatisfying(end -> assertThat(end.kind()).isEqualTo(EndReason.Kind.COMPLETED));
        assertThat(stream.stats().state()).isEqualTo(Broadcaster.State.ENDED);
        assertThat(log.open).hasValue(0);
    }

    @Test
    void lateViewer_getsTheHistoryThenTheEndWithItsReason() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10).end();
        Broadcaster stream = hub.open("s", log);
        watch(stream, Replay.all()).awaitEnd();
        Recorder late = watch(stream, Replay.last(3)).awaitEnd().check();
        assertThat(late.texts()).containsExactly("7", "8", "9");
        assertThat(late.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(late.events()).isEmpty();
        Recorder none = watch(stream, Replay.none()).awaitEnd().check();
        assertThat(none.entries()).isEmpty();
        Recorder historyOnly = new Recorder();
        stream.subscribe(SubscribeOptions.builder().follow(false).build(), historyOnly);
        assertThat(historyOnly.awaitEnd().check().texts()).hasSize(10);
        assertThat(hub.stats().subscribers()).isZero();
    }

    @Test
    void failedStream_tellsLateViewersWhy() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 2).next(sink -> {});
        Broadcaster stream = hub.open("s", log);
        Recorder early = watch(stream, Replay.all()).awaitLines(2);
        log.next(sink -> {
            throw new LogStreamException("no such container: 17");
        });
        for (Recorder viewer : List.of(early, watch(stream, Replay.all()))) {
            viewer.awaitEnd().check();
            assertThat(viewer.texts()).containsExactly("0", "1");
            assertThat(viewer.ends().get(0).kind()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(viewer.ends().get(0).message()).isEqualTo("no such container: 17");
            assertThat(viewer.ends().get(0).cause()).isInstanceOf(LogStreamException.class);
        }
        assertThat(stream.stats().state()).isEqualTo(Broadcaster.State.FAILED);
    }

    @Test
    void endedStreamWithoutViewers_isForgottenAfterTheLinger() throws Exception {
        StreamOptions brief =
                StreamOptions.builder().linger(Duration.ofMillis(20)).build();
        MemoryLog log = MemoryLog.ofLines("source", 10).end();
        Broadcaster stream = hub.open("s", log, brief);
        watch(stream, Replay.all()).awaitEnd();
        eventually("it is forgotten", () -> hub.find("s").isEmpty());
        assertThat(hub.stats().streams()).isZero();
        assertThat(hub.stats().retainedBytes()).isZero();
        assertThatThrownBy(() -> stream.subscribe(new Recorder()))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("'s' has ended (COMPLETED) and its history is no longer kept");
        Broadcaster again = hub.open("s", log, brief);
        assertThat(again).isNotSameAs(stream);
        assertThat(watch(again, Replay.all()).awaitEnd().texts()).hasSize(10);
    }

    @Test
    void endedStream_isKeptWhileSomebodyWatches() throws Exception {
        StreamOptions brief = StreamOptions.builder().linger(Duration.ZERO).build();
        Broadcaster stream = hub.open("s", MemoryLog.ofLines("source", 10).end(), brief);
        try (LogCursor slow = stream.tail(with(Replay.all()))) {
            Recorder fast = watch(stream, Replay.all()).awaitEnd();
            assertThat(fast.texts()).hasSize(10);
            assertThat(hub.find("s")).containsSame(stream);
            for (int i = 0; i < 10; i++) {
                assertThat(((LogLine) slow.await(Duration.ofSeconds(60))).text())
                        .isEqualTo("" + i);
            }
            assertThat(slow.await(Duration.ofSeconds(60))).isNull();
            assertThat(slow.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        }
        eventually("it is forgotten", () -> hub.find("s").isEmpty());
    }

    // ---- resting

    @Test
    void streamWithoutViewers_restsAfterTheLinger_andIsReadAnew() throws Exception {
        StreamOptions brief =
                StreamOptions.builder().linger(Duration.ofMillis(20)).build();
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log, brief);
        Recorder first = new Recorder();
        Subscription subscription = stream.subscribe(with(Replay.last(2)), first);
        first.awaitLines(2);
        long epoch = stream.stats().epoch();
        subscription.close();
        eventually("it rests", () -> stream.stats().state() == Broadcaster.State.IDLE && log.open.get() == 0);
        assertThat(hub.stats().retainedBytes()).isZero();
        assertThat(hub.find("s")).containsSame(stream);
        assertThat(stream.end()).isEmpty();
        Recorder second = watch(stream, Replay.all()).awaitLines(10).check();
        assertThat(second.texts()).isEqualTo(numbers(0, 10));
        assertThat(stream.stats().epoch()).isNotEqualTo(epoch);
        assertThat(log.starts).containsExactly(Start.last(2), Start.beginning());
    }

    @Test
    void viewerWhoComesBackWithinTheLinger_findsTheSameRun() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        Recorder first = new Recorder();
        Subscription subscription = stream.subscribe(with(Replay.all()), first);
        first.awaitLines(10);
        subscription.close();
        log.write("meanwhile\n");
        eventually("it is read on", () -> stream.stats().tail() == 11);
        assertThat(watch(stream, Replay.last(2)).awaitLines(2).texts()).containsExactly("9", "meanwhile");
        assertThat(log.starts).hasSize(1);
    }

    @Test
    void streamThatNobodyWatches_isNotRead() {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        assertThat(stream.stats().state()).isEqualTo(Broadcaster.State.IDLE);
        assertThat(stream.stats().epoch()).isZero();
        assertThat(log.starts).isEmpty();
    }

    @Test
    void streamStartedAtOnce_isReadWithoutViewers_andNeverRests() throws Exception {
        StreamOptions atOnce =
                StreamOptions.builder().startAtOnce(true).linger(Duration.ZERO).build();
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log, atOnce);
        eventually("it is read", () -> stream.stats().tail() == 10);
        eventually("it is live", () -> stream.stats().state() == Broadcaster.State.LIVE); // once the read has returned
        Recorder viewer = new Recorder();
        Subscription subscription = stream.subscribe(viewer);
        viewer.awaitLines(10);
        subscription.close();
        log.write("on\n");
        eventually("it is read on", () -> stream.stats().tail() == 11);
        assertThat(log.starts).containsExactly(Start.last(1000));
    }

    @Test
    void start_readsOnWithoutViewers() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream =
                hub.open("s", log, StreamOptions.builder().linger(Duration.ZERO).build());
        stream.start();
        stream.start();
        eventually("it is read", () -> stream.stats().tail() == 10);
        assertThat(watch(stream, Replay.all()).awaitLines(10).texts()).hasSize(10);
        assertThat(log.starts).hasSize(1);
    }

    // ---- closing

    @Test
    void close_endsEveryViewerOnce_andForgetsTheStream() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        Recorder a = watch(stream, Replay.all()).awaitLines(10);
        Recorder b = watch(stream, Replay.none());
        stream.close();
        stream.close();
        assertThat(a.awaitEnd().check().end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(b.awaitEnd().check().end()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(hub.find("s")).isEmpty();
        assertThat(stream.end().orElseThrow().kind()).isEqualTo(EndReason.Kind.CLOSED);
        assertThat(stream.stats().state()).isEqualTo(Broadcaster.State.ENDED);
        assertThat(log.open).hasValue(0);
        assertThat(hub.stats().subscribers()).isZero();
        assertThat(hub.stats().retainedBytes()).isZero();
        assertThatThrownBy(() -> stream.subscribe(new Recorder())).isInstanceOf(LogStreamException.class);
        assertThatThrownBy(() -> stream.tail(SubscribeOptions.defaults())).isInstanceOf(LogStreamException.class);
        assertThatThrownBy(() -> hub.subscribe(List.of(stream), SubscribeOptions.defaults(), new Recorder()))
                .isInstanceOf(LogStreamException.class);
        assertThat(hub.stats().subscribers()).isZero();
    }

    @Test
    void closeByAnInterruptedThread_stillFreesEverything() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        Recorder viewer = watch(stream, Replay.all()).awaitLines(10);
        Thread.currentThread().interrupt();
        stream.close();
        assertThat(Thread.interrupted()).isTrue();
        viewer.awaitEnd().check();
        eventually("its memory is free", () -> hub.stats().retainedBytes() == 0);
        eventually("its reader is closed", () -> log.open.get() == 0);
        assertThat(hub.stats().subscribers()).isZero();
    }

    @Test
    void bytesThatAStuckReaderBringsAfterTheEnd_areNotKept() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 10);
        Broadcaster stream = hub.open("s", log);
        watch(stream, Replay.all()).awaitLines(10);
        var gate = log.blockRead();
        eventually("the reader is stuck", () -> log.atGate.get() == 1);
        stream.close();
        log.write("late\n".repeat(1000));
        gate.countDown();
        eventually("the reader is let go", () -> log.open.get() == 0 && log.atGate.get() == 0);
        eventually("nothing is kept", () -> hub.stats().retainedBytes() == 0);
    }

    // ---- the account

    @Test
    void stats_tellWhatTheStreamDoes() throws Exception {
        MemoryLog log = new MemoryLog("source");
        Broadcaster stream = hub.open("s", log);
        assertThat(stream.id()).isEqualTo("s");
        Recorder viewer = watch(stream, Replay.all()).awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        log.write("12345\n".repeat(100)).next(sink -> sink.gap(5, Gap.Reason.DROPPED));
        viewer.awaitLines(100).awaitGap();
        Broadcaster.Stats stats = stream.stats();
        assertThat(stats.state()).isEqualTo(Broadcaster.State.LIVE);
        assertThat(stats.epoch()).isPositive();
        assertThat(stats.first()).isZero();
        assertThat(stats.tail()).isEqualTo(100);
        assertThat(stats.readBytes()).isEqualTo(600);
        assertThat(stats.subscribers()).isEqualTo(1);
        assertThat(stats.upstreamGaps()).isEqualTo(1);
        assertThat(stats.retries()).isZero();
        assertThat(stats.lastError()).isEmpty();
        assertThat(stats.retainedBytes()).isPositive().isEqualTo(hub.stats().retainedBytes());
    }

    @Test
    void streamThatWaitsForItsLog_isWaiting_untilItAppears() throws Exception {
        MemoryLog log = new MemoryLog("source");
        Broadcaster stream = hub.open("s", log);
        log.next(sink -> sink.event(SourceEvent.of(SourceEvent.Kind.WAITING, "no such file")));
        Recorder viewer = watch(stream, Replay.all()).awaitEvent(SourceEvent.Kind.WAITING);
        viewer.awaitEvent(SourceEvent.Kind.CAUGHT_UP);
        assertThat(stream.stats().state()).isEqualTo(Broadcaster.State.WAITING);
        log.next(sink -> sink.event(SourceEvent.of(SourceEvent.Kind.APPEARED, "")));
        viewer.awaitEvent(SourceEvent.Kind.APPEARED);
        eventually("it is live", () -> stream.stats().state() == Broadcaster.State.LIVE);
        log.next(sink -> sink.event(SourceEvent.of(SourceEvent.Kind.DISAPPEARED, "")));
        eventually("it waits again", () -> stream.stats().state() == Broadcaster.State.WAITING);
        log.write("back\n");
        viewer.awaitText("back").check();
        eventually("it is live again", () -> stream.stats().state() == Broadcaster.State.LIVE);
    }

    // ---- retention

    @Test
    void history_isBoundedInLines() throws Exception {
        StreamOptions few = StreamOptions.builder().retainLines(100).build();
        LogFeed feed = hub.feed("s", few);
        for (int i = 0; i < 10_000; i++) {
            feed.line("" + i);
        }
        Broadcaster.Stats stats = feed.broadcaster().stats();
        assertThat(stats.tail()).isEqualTo(10_000);
        assertThat(stats.tail() - stats.first()).isBetween(100L, 130L);
        Recorder viewer = watch(feed.broadcaster(), Replay.all());
        assertThat(viewer.awaitText("9999").check().texts()).hasSizeBetween(100, 130);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void history_isBoundedInBytes() throws Exception {
        StreamOptions small = StreamOptions.builder().retainBytes(100_000).build();
        LogFeed feed = hub.feed("s", small);
        for (int i = 0; i < 10_000; i++) {
            feed.line("x".repeat(1 + i % 997));
            assertThat(feed.broadcaster().stats().retainedBytes()).isLessThanOrEqualTo(100_000);
        }
        assertThat(feed.broadcaster().stats().retainedBytes()).isGreaterThan(50_000);
    }
}
