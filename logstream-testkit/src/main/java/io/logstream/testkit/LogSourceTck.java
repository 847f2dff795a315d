package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.BackpressurePolicy;
import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import io.logstream.spi.LogSource;
import io.logstream.spi.Start;
import io.logstream.testkit.LogUnderTest.Ability;
import io.logstream.testkit.RecordingSink.Mark;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The contract of {@link LogSource}, as cases that every source passes. Extend it, and say what log is read:
 *
 * <pre>{@code
 * class MySourceTest extends LogSourceTck {
 *     @Override
 *     protected LogUnderTest newLog() {
 *         return new MyLog();
 *     }
 * }
 * }</pre>
 *
 * <p>A case is skipped only where the log says that it lacks an {@link Ability}. With every read of every case it is
 * checked that the sink is used by the reading thread alone, that about as much is handed over as there is room, that
 * gaps are upstream and events not placed, that times are plausible and that positions come when they should.
 *
 * <p>The cases run over real time. Each waits for what it wants to see, as long as {@link #patience()}.
 */
public abstract non-sealed class LogSourceTck extends ByteCases {
    private static final String STREAM = "tck";
    private static final StreamOptions OPTIONS = StreamOptions.builder()
            .retry(Duration.ofMillis(20), Duration.ofMillis(200))
            .build();

    /** Made by the test engine, anew for each case. */
    protected LogSourceTck() {}

    /** When the connection breaks, reading goes on at the last position, and nothing is missing or comes twice. */
    @Test
    void readingGoesOnExactly_afterBrokenConnection() throws Exception {
        needs(Ability.BREAK, Ability.POSITIONS);
        writeLines(100);
        Reading reading = open(Start.beginning()).room(500);
        for (int i = 0; i < 5; i++) {
            try {
                reading.read();
            } catch (IOException e) {
                reading.reopen();
            }
            log.breakConnections();
            writeLines(20);
        }
        reading.untilSameOverFailures("the log", written);
    }

    /** At a position of which the log no longer has the rest, a gap comes before any bytes. */
    @Test
    void gapComesFirst_atPositionThatIsGone() throws Exception {
        needs(Ability.FORGET, Ability.POSITIONS);
        writeLines(100);
        Reading all = open(Start.beginning()).room(1000);
        all.untilSame("the log", written);
        all.close();
        Mark middle = all.sink.marks.get(all.sink.marks.size() / 2);
        log.forget();
        written = new Content();
        writeLines(10);
        Reading reading = open(Start.at(middle.position()));
        reading.untilSame("what the log has now", written);
        assertThat(reading.sink.gaps).isNotEmpty();
        assertThat(reading.sink.gaps.get(0).bytesBefore()).isZero();
    }

    /** Viewers that join at any time while the log is written get every line once, in order. */
    @Test
    void everyLineComesOnce_forViewersThatJoinWhileLogIsWritten() throws Exception {
        writeLines(100);
        FutureTask<Object> writing = new FutureTask<>(() -> {
            for (int i = 0; i < 50; i++) {
                writeLines(20);
            }
            return "written";
        });
        List<Viewer> viewers = new ArrayList<>();
        try (LogHub hub = LogHub.create()) {
            start("tck-writer", writing);
            for (int i = 0; i < 6; i++) {
                Content content = new Content();
                Viewer viewer = viewer(hub, Replay.all(), content);
                viewer.until("some lines", () -> content.size() > 1000);
                viewers.add(viewer);
            }
            Content tail = new Content();
            Viewer last = viewer(hub, Replay.last(50), tail);
            writing.get(patience().toNanos() * 5, TimeUnit.NANOSECONDS);
            for (int i = 0; i < viewers.size(); i++) {
                viewers.get(i).untilSame("the log for viewer " + i, written);
            }
            last.until("the last line", () -> endsLike(tail, lastLine()));
            assertIsEndOfLog(tail);
            assertThat(tail.lines()).isGreaterThanOrEqualTo(50);
        }
    }

    /** A viewer that wants the history alone gets all of it, also the first one, for whom it is only then read. */
    @Test
    void historyIsComplete_forViewerThatDoesNotFollow() throws Exception {
        needs(Ability.HISTORY);
        writeLines(300);
        SubscribeOptions history =
                SubscribeOptions.builder().replay(Replay.all()).follow(false).build();
        Content content = new Content();
        try (LogHub hub = LogHub.create();
                Viewer viewer = viewer(hub, history, content)) {
            EndReason end = viewer.untilEnd();
            content.assertSame("the history", written);
            assertThat(end.kind()).isIn(EndReason.Kind.HISTORY_COMPLETE, EndReason.Kind.COMPLETED);
        }
    }

    /** The history that a viewer has asked for is no lag of his. */
    @Test
    void historyIsNoLag_howeverLittleIsAllowed() throws Exception {
        needs(Ability.HISTORY);
        writeLines(300);
        SubscribeOptions strict = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.disconnect(1))
                .build();
        Content content = new Content();
        try (LogHub hub = LogHub.create();
                Viewer viewer = viewer(hub, strict, content)) {
            viewer.untilSame("the history", written);
        }
    }

    /** Viewers that resume by token after restarts together get the bytes of the log, once. */
    @Test
    void nothingIsLostOrRepeated_resumedByTokenAfterRestarts() throws Exception {
        needs(Ability.POSITIONS);
        Content got = new Content();
        ResumeToken token = null;
        for (int i = 0; i < 5; i++) {
            writeLines(60);
            int enough = lines - 37;
            Replay replay = token == null ? Replay.all() : Replay.after(STREAM, ResumeToken.parse(token.toString()));
            try (LogHub hub = LogHub.create();
                    Viewer viewer = viewer(hub, replay, got)) {
                viewer.until(enough + " lines", () -> got.lines() >= enough);
                token = viewer.token(STREAM);
                assertThat(viewer.gaps()).isZero();
                if (i == 4) {
                    viewer.untilSame("what all viewers have got", written);
                }
            }
        }
    }

    /** The end reaches every viewer with its reason, also one that comes after it. */
    @Test
    void viewersLearnWhy_whenLogEnds() throws Exception {
        needs(Ability.END);
        Content early = new Content();
        Content late = new Content();
        try (LogHub hub = LogHub.create()) {
            Viewer viewer = viewer(hub, Replay.all(), early);
            writeLines(100);
            log.end();
            assertThat(viewer.untilEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            early.assertSame("the log at its end", written);
            assertThat(viewer(hub, Replay.all(), late).untilEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            late.assertSame("the log for a late viewer", written);
        }
    }

    /** A hub reads on after a broken connection, and its viewers get everything once and no gap. */
    @Test
    void everyLineComesOnce_overBrokenConnections() throws Exception {
        needs(Ability.BREAK, Ability.POSITIONS);
        Content got = new Content();
        try (LogHub hub = LogHub.create();
                Viewer viewer = viewer(hub, Replay.all(), got)) {
            for (int i = 0; i < 5; i++) {
                writeLines(50);
                int enough = lines - 25;
                viewer.until(enough + " lines", () -> got.lines() >= enough);
                log.breakConnections();
            }
            writeLines(50);
            viewer.untilSame("the log", written);
            assertThat(viewer.gaps()).isZero();
        }
    }

    /** A hub that reads this source is closed within a second, and its viewers learn it. */
    @Test
    void hubClosesInTime_whileLogIsRead() throws Exception {
        writeLines(100);
        for (int i = 0; i < 5; i++) {
            LogHub hub = LogHub.create();
            CountDownLatch seen = new CountDownLatch(1);
            Subscription viewer = hub.open(STREAM, log.source(), OPTIONS).subscribe(batch -> seen.countDown());
            assertThat(seen.await(patience().toNanos(), TimeUnit.NANOSECONDS)).isTrue();
            long start = System.nanoTime();
            hub.close();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("the second that is promised, and slack for a slow machine")
                    .isLessThan(Duration.ofSeconds(3));
            assertThat(viewer.end()).map(EndReason::kind).contains(EndReason.Kind.CLOSED);
            hub.close();
        }
    }

    private Viewer viewer(LogHub hub, Replay replay, Content content) {
        return viewer(hub, SubscribeOptions.builder().replay(replay).build(), content);
    }

    private Viewer viewer(LogHub hub, SubscribeOptions options, Content content) {
        return new Viewer(hub.open(STREAM, log.source(), OPTIONS), options, content, patience());
    }
}
