package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A correct source with one bug, as adapters have had them. */
final class WrongSource implements LogSource {

    /** The bugs, each with the case that has to find it. */
    enum Bug {
        POSITION_OFF_BY_ONE("exactlyTheRestIsHandedOver_atEveryPosition"),
        POSITION_OF_BYTES_BEFORE("exactlyTheRestIsHandedOver_atPositionsWithinLines"),
        POSITION_MISSING("positionComes_withEveryReadOfBytes"),
        POSITION_NOT_BEHIND_BYTES("positionComes_withEveryReadOfBytes"),
        POSITION_IGNORED_ONCE_BROKEN("readingGoesOnExactly_afterBrokenConnection"),
        POSITION_SHARED_BY_READERS("readersAreIndependent_atDifferentPositions"),
        READER_SHARED("readersAreIndependent_openedTwice"),
        LINES_BEFORE_OFF_BY_ONE("linesBeforeAreRightOrUnknown_inEveryPosition"),
        BYTE_LOST_AT_CHUNK_EDGE("bytesAreExact_inLittleRoom"),
        BYTES_DECODED("bytesAreExact_forAnyBytes"),
        CARRIAGE_RETURNS_DROPPED("bytesAreExact_forLineEndsOfAllKinds"),
        UNFINISHED_LINE_KEPT_BACK("bytesAreExact_withoutLastLineEnd"),
        UNFINISHED_LINE_LOST_AT_END("endComes_afterUnfinishedLine"),
        BUFFER_RETAINED("bytesDoNotChange_whileSinkTakesThem"),
        ROOM_IGNORED("roomIsRespected_withMuchToRead"),
        CHANNELS_MIXED("channelsAreNotMixed_writtenInTurns"),
        TIME_IN_MICROSECONDS("everythingIsHandedOver_fromBeginning"),
        SINK_USED_BY_ANOTHER_THREAD("everythingIsHandedOver_fromBeginning"),
        END_BY_SILENCE("readerWaits_onSilence"),
        END_BEFORE_REST("endComes_afterEverything"),
        END_NEVER("endComes_onEmptyLog"),
        WAKE_IGNORED("readIsAskedFor_whenSomethingIsWritten"),
        BLOCKS_IN_READ("readReturnsSoon_onSilence"),
        SPINS("readsAreFew_onSilence"),
        MORE_FOR_EVER("readerWaits_onEmptyLog"),
        WAITING_REPEATED("readerWaitsWithEvent_beforeLogAppears"),
        EVENT_PLACED("everythingIsHandedOver_fromBeginning"),
        ONE_THREAD_ONLY("everythingIsHandedOver_fromBeginning"),
        INTERRUPT_LOSES_BYTES("nothingIsLost_onInterruptedThread"),
        CLOSE_FAILS_TWICE("closingDoesNothing_theSecondTime"),
        CLOSE_ENDS_OTHERS("closingDoesNothing_theSecondTime"),
        CLOSE_BREAKS_READ("closingReturns_duringRead"),
        TASK_LEFT_BEHIND("nothingIsLeft_afterManyReaders"),
        LAST_LINES_TOO_FEW("readingBeginsNoLater_fromLastLines"),
        END_FOUND_LATE("nothingLaterIsMissed_fromEnd"),
        SINCE_TOO_LATE("readingBeginsNoLater_sinceTime"),
        HISTORY_CUT_SHORT("historyIsComplete_forViewerThatDoesNotFollow"),
        HISTORY_CALLED_LIVE("historyIsNoLag_howeverLittleIsAllowed"),
        GAP_UNTOLD("gapComesFirst_atPositionThatIsGone"),
        GAP_OF_A_VIEWER("gapComesFirst_atPositionThatIsGone"),
        PASSWORD_IN_IDENTITY("identityTellsNoSecrets_whateverIsRead"),
        IDENTITY_CHANGES("identityIsTheSame_atEveryCall");

        final String foundBy;

        Bug(String foundBy) {
            this.foundBy = foundBy;
        }
    }

    private final ScriptedSource source;
    private final Set<Bug> bugs;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicReference<@Nullable LogReader> shared = new AtomicReference<>();
    private final AtomicReference<@Nullable Start> firstPosition = new AtomicReference<>();
    private volatile byte[] retained = new byte[1];
    private volatile boolean ending;
    private volatile boolean broken;

    WrongSource(ScriptedSource source, Set<Bug> bugs) {
        this.source = source;
        this.bugs = bugs;
    }

    boolean has(Bug bug) {
        return bugs.contains(bug);
    }

    /** To be called before something is appended. */
    void onAppend() {
        if (retained.length > 0) {
            retained[0]++;
        }
    }

    /** To be called before the log ends. */
    void onEnd() {
        ending = true;
    }

    /** To be called before the connections are broken. */
    void onBreak() {
        broken = true;
    }

    @Override
    public String identity() {
        if (has(Bug.PASSWORD_IN_IDENTITY)) {
            return "ssh://me:hunter2@host/app.log";
        }
        return source.identity() + (has(Bug.IDENTITY_CHANGES) ? count.incrementAndGet() : "");
    }

    @Override
    public LogReader open(Start asked, SourceContext given) throws IOException {
        Start start = wrong(asked);
        SourceContext context = has(Bug.WAKE_IGNORED) ? new Deaf(given) : given;
        if (has(Bug.TASK_LEFT_BEHIND)) {
            context.blocking().execute(() -> {
                while (!ending) {
                    LockSupport.parkNanos(1_000_000_000);
                }
            });
        }
        boolean late = start instanceof Start.End && has(Bug.END_FOUND_LATE);
        LogReader reader = new WrongReader(start, context, late ? null : source.open(start, context));
        if (has(Bug.READER_SHARED) && !shared.compareAndSet(null, reader)) {
            reader.close();
            return Objects.requireNonNull(shared.get());
        }
        return reader;
    }

    private Start wrong(Start start) {
        if (start instanceof Start.Last last && has(Bug.LAST_LINES_TOO_FEW)) {
            return Start.last(last.lines() / 2);
        } else if (start instanceof Start.Since since && has(Bug.SINCE_TOO_LATE)) {
            return Start.since(since.time().plusNanos(1));
        } else if (start instanceof Start.At && has(Bug.POSITION_SHARED_BY_READERS)) {
            return Objects.requireNonNull(firstPosition.updateAndGet(first -> first == null ? start : first));
        } else if (start instanceof Start.At && has(Bug.POSITION_IGNORED_ONCE_BROKEN) && broken) {
            return Start.beginning();
        }
        return start;
    }

    /** A context that does not wake. */
    private record Deaf(SourceContext context) implements SourceContext {
        @Override
        public void wake() {}

        @Override
        public void wakeWithin(Duration time) {}

        @Override
        public TimeSource time() {
            return context.time();
        }

        @Override
        public Executor blocking() {
            return context.blocking();
        }
    }

    private final class WrongReader implements LogReader {
        private final Start start;
        private final SourceContext context;
        private final WrongSink wrongSink = new WrongSink();
        private @Nullable LogReader reader;
        private @Nullable Thread thread;
        private volatile boolean closed;
        private boolean askedBefore;

        WrongReader(Start start, SourceContext context, @Nullable LogReader reader) {
            this.start = start;
            this.context = context;
            this.reader = reader;
        }

        @Override
        public Outcome read(LineSink sink) throws IOException {
            if (!askedBefore && (has(Bug.HISTORY_CUT_SHORT) || has(Bug.HISTORY_CALLED_LIVE))) {
                askedBefore = true; // as a reader would that waits for an answer
                context.wake();
                return Outcome.WAIT;
            }
            reader = reader == null ? source.open(start, context) : reader;
            thread = thread == null ? Thread.currentThread() : thread;
            if (has(Bug.ONE_THREAD_ONLY) && thread != Thread.currentThread()) {
                throw new IllegalStateException("this reader belongs to " + thread);
            }
            if (has(Bug.WAITING_REPEATED)) {
                sink.event(SourceEvent.of(SourceEvent.Kind.WAITING, "nothing yet"));
            }
            if (has(Bug.SINK_USED_BY_ANOTHER_THREAD)) {
                CompletableFuture.runAsync(() -> sink.event(SourceEvent.of(SourceEvent.Kind.APPEARED, "")))
                        .join();
            }
            Outcome outcome = reader.read(wrongSink.over(sink));
            if (has(Bug.CLOSE_BREAKS_READ)) {
                LockSupport.parkNanos(2_000_000);
                Objects.requireNonNull(closed ? null : reader, "the reader's own state");
            }
            return wrong(outcome);
        }

        private Outcome wrong(Outcome outcome) {
            if (outcome == Outcome.MORE) {
                return has(Bug.END_BEFORE_REST) && ending ? Outcome.END : outcome;
            } else if (outcome == Outcome.END) {
                return has(Bug.END_NEVER) ? Outcome.WAIT : outcome;
            }
            if (has(Bug.BLOCKS_IN_READ)) {
                LockSupport.parkNanos(200_000_000);
            }
            if (has(Bug.SPINS)) {
                context.wake();
            }
            return has(Bug.END_BY_SILENCE) ? Outcome.END : has(Bug.MORE_FOR_EVER) ? Outcome.MORE : outcome;
        }

        @Override
        public void close() throws IOException {
            if (closed && has(Bug.CLOSE_FAILS_TWICE)) {
                throw new IllegalStateException("closed already");
            }
            if (closed && has(Bug.CLOSE_ENDS_OTHERS)) {
                source.breakReaders();
            }
            closed = true;
            if (reader != null) {
                reader.close();
            }
        }
    }

    private final class WrongSink implements LineSink {
        private LineSink sink = this;
        private @Nullable SourcePosition told;
        private byte[] keptBack = new byte[0];
        private int calls;

        LineSink over(LineSink given) {
            sink = given;
            return this;
        }

        @Override
        public int room() {
            return has(Bug.ROOM_IGNORED) ? Integer.MAX_VALUE : sink.room();
        }

        @Override
        public void bytes(Channel given, ByteBuffer bytes, long epochNanos) {
            if (has(Bug.POSITION_NOT_BEHIND_BYTES) && told != null) {
                sink.position(told);
            }
            boolean atEdge = bytes.remaining() == sink.room();
            byte[] data = new byte[bytes.remaining()];
            bytes.get(data);
            if (has(Bug.BYTE_LOST_AT_CHUNK_EDGE) && atEdge) {
                data = Arrays.copyOf(data, data.length - 1);
            } else if (has(Bug.BYTES_DECODED)) {
                data = new String(data, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
            } else if (has(Bug.CARRIAGE_RETURNS_DROPPED)) {
                data = new String(data, StandardCharsets.ISO_8859_1)
                        .replace("\r", "")
                        .getBytes(StandardCharsets.ISO_8859_1);
            } else if (has(Bug.UNFINISHED_LINE_LOST_AT_END) && ending) {
                data = Arrays.copyOf(data, lineEnd(data));
            } else if (has(Bug.UNFINISHED_LINE_KEPT_BACK)) {
                byte[] all = Arrays.copyOf(keptBack, keptBack.length + data.length);
                System.arraycopy(data, 0, all, keptBack.length, data.length);
                keptBack = Arrays.copyOfRange(all, lineEnd(all), all.length);
                data = Arrays.copyOf(all, lineEnd(all));
            } else if (has(Bug.INTERRUPT_LOSES_BYTES) && Thread.currentThread().isInterrupted()) {
                data = new byte[0];
            }
            if (has(Bug.BUFFER_RETAINED)) {
                retained = data;
            }
            Channel channel = has(Bug.CHANNELS_MIXED) && ++calls % 10 == 0 ? Channel.STDERR : given;
            sink.bytes(channel, ByteBuffer.wrap(data), has(Bug.TIME_IN_MICROSECONDS) ? epochNanos / 1000 : epochNanos);
        }

        private static int lineEnd(byte[] data) {
            int end = data.length;
            while (end > 0 && data[end - 1] != '\n') {
                end--;
            }
            return end;
        }

        @Override
        public void endLine(Channel channel) {
            sink.endLine(channel);
        }

        @Override
        public void gap(long lines, Gap.Reason reason) {
            if (!has(Bug.GAP_UNTOLD)) {
                sink.gap(lines, has(Bug.GAP_OF_A_VIEWER) ? Gap.Reason.LAPPED : reason);
            }
        }

        @Override
        public void event(SourceEvent event) {
            sink.event(has(Bug.EVENT_PLACED) ? event.at("app", 0) : event);
        }

        @Override
        public void position(@Nullable SourcePosition next) {
            Objects.requireNonNull(next, "what this source wraps always knows its position");
            SourcePosition before = told;
            told = next;
            if (has(Bug.POSITION_OF_BYTES_BEFORE) && before != null) {
                sink.position(before);
            } else if (has(Bug.POSITION_OFF_BY_ONE)) {
                ByteBuffer data = ByteBuffer.wrap(next.data());
                data.putInt(8, Math.max(0, data.getInt(8) - 1));
                sink.position(SourcePosition.of(data.array(), next.linesBefore()));
            } else if (has(Bug.LINES_BEFORE_OFF_BY_ONE)) {
                sink.position(SourcePosition.of(next.data(), next.linesBefore() + 1));
            } else if (!has(Bug.POSITION_NOT_BEHIND_BYTES) && (!has(Bug.POSITION_MISSING) || before == null)) {
                sink.position(next);
            }
        }
    }
}
