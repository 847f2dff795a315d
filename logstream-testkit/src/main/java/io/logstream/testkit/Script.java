package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The steps of a {@link ScriptedSource}, and the places between them. Guarded by its source.
 *
 * <p>A position is 12 bytes: {@code step (8) | offset within its bytes (4)}, big-endian.
 */
final class Script {

    /** One thing that a reader comes to. */
    sealed interface Step {}

    @SuppressWarnings("ArrayRecordComponent") // a step is never compared
    record Bytes(Channel channel, byte[] data, long epochNanos) implements Step {}

    record EndLine(Channel channel) implements Step {}

    record Missing(long lines, Gap.Reason reason) implements Step {}

    record Event(SourceEvent event) implements Step {}

    record Failure(Exception exception, AtomicInteger times) implements Step {}

    record Pause(Duration time) implements Step {}

    record End() implements Step {}

    /** A place before a step, or within its bytes. */
    record Place(int step, int offset) {}

    /** A place that is in no script, as if it were forgotten. */
    private static final Place NOWHERE = new Place(-1, 0);

    private final List<Step> steps = new ArrayList<>();
    private final List<Long> linesBefore = new ArrayList<>(List.of(0L));
    private int first;
    private boolean ended;

    void add(Step step) {
        if (ended) {
            throw new IllegalStateException("the script has ended: nothing can follow");
        }
        ended = step instanceof End;
        long before = linesBefore.get(steps.size());
        steps.add(step);
        linesBefore.add(before < 0 ? before : linesAfter(before, step));
    }

    private static long linesAfter(long before, Step step) {
        if (step instanceof Bytes bytes) {
            return before + lineEnds(bytes, bytes.data.length);
        }
        if (step instanceof Missing missing) {
            return missing.lines < 0 ? -1 : before + missing.lines;
        }
        return step instanceof EndLine ? before + 1 : before;
    }

    /** Drops all steps so far. */
    void forget() {
        first = steps.size();
    }

    Place first() {
        return new Place(first, 0);
    }

    int size() {
        return steps.size();
    }

    Step step(int index) {
        return steps.get(index);
    }

    SourcePosition position(Place place) {
        long lines = linesBefore.get(place.step);
        if (lines >= 0 && place.offset > 0) {
            lines += lineEnds((Bytes) steps.get(place.step), place.offset);
        }
        byte[] data =
                ByteBuffer.allocate(12).putLong(place.step).putInt(place.offset).array();
        return SourcePosition.of(data, lines);
    }

    Place place(Start start) {
        if (start instanceof Start.At at) {
            return place(ByteBuffer.wrap(at.position().data()));
        }
        if (start instanceof Start.Last last) {
            return lineStart(steps.size(), total() - last.lines());
        }
        if (start instanceof Start.Since since) {
            return lineStart(firstSince(since.time()), Long.MAX_VALUE);
        }
        return start instanceof Start.End ? new Place(steps.size(), 0) : first();
    }

    /** The place of a position, or {@link #NOWHERE} if this script has no such place. */
    private Place place(ByteBuffer data) {
        if (data.remaining() != 12) {
            return NOWHERE;
        }
        long step = data.getLong();
        int offset = data.getInt();
        boolean there = step >= 0
                && step <= steps.size()
                && (offset == 0
                        || offset > 0
                                && step < steps.size()
                                && steps.get((int) step) instanceof Bytes bytes
                                && offset < bytes.data.length);
        return there ? new Place((int) step, offset) : NOWHERE;
    }

    private long total() {
        return steps.subList(first, steps.size()).stream()
                .mapToLong(Script::lineEnds)
                .sum();
    }

    /** The first step that was not certainly written before. */
    private int firstSince(Instant time) {
        for (int i = first; i < steps.size(); i++) {
            if (steps.get(i) instanceof Bytes bytes && !isBefore(bytes.epochNanos, time)) {
                return i;
            }
        }
        return steps.size();
    }

    private static boolean isBefore(long epochNanos, Instant time) {
        return epochNanos != LineSink.NO_TIME
                && Instant.ofEpochSecond(0, epochNanos).isBefore(time);
    }

    /** The last place before which no more lines end, which is not behind a step, and where no channel is within a line. */
    private Place lineStart(int atMost, long linesAtMost) {
        Place found = first();
        Set<Channel> within = EnumSet.noneOf(Channel.class);
        long lines = 0;
        for (int i = first; i < atMost && lines <= linesAtMost; i++) {
            if (within.isEmpty()) {
                found = new Place(i, 0);
            }
            if (steps.get(i) instanceof EndLine end) {
                lines++;
                within.remove(end.channel);
            } else if (steps.get(i) instanceof Bytes bytes) {
                for (int at = 0; at < bytes.data.length && lines <= linesAtMost; at++) {
                    if (within.isEmpty()) {
                        found = new Place(i, at);
                    }
                    if (bytes.data[at] == '\n') {
                        lines++;
                        within.remove(bytes.channel);
                    } else {
                        within.add(bytes.channel);
                    }
                }
            }
        }
        return within.isEmpty() && lines <= linesAtMost ? new Place(atMost, 0) : found;
    }

    private static long lineEnds(Step step) {
        return step instanceof Bytes bytes ? lineEnds(bytes, bytes.data.length) : step instanceof EndLine ? 1 : 0;
    }

    private static long lineEnds(Bytes bytes, int until) {
        long lines = 0;
        for (int i = 0; i < until; i++) {
            lines += bytes.data[i] == '\n' ? 1 : 0;
        }
        return lines;
    }
}
