package io.logstream.internal;

import io.logstream.Channel;
import io.logstream.LogBatch;
import io.logstream.LogLine;
import io.logstream.ResumeToken;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Lines of one segment: a range of them or, behind a filter, some of a range. */
final class Batch implements LogBatch {
    private final Run run;
    private final Segment segment;
    private final byte[] bytes;
    private final int[] starts;
    private final byte[] flags;
    private final int terminator;
    private final int first;
    private final int size;
    private final long endSlot;
    private final int @Nullable [] chosen;

    /**
     * @param chosen the indexes of the lines, or null for all of them from {@code first} on
     * @param endSlot the slot behind the range
     */
    Batch(Run run, Segment segment, int first, int size, int @Nullable [] chosen, long endSlot) {
        this.run = run;
        this.segment = segment;
        this.bytes = segment.bytes;
        this.starts = segment.starts;
        this.flags = segment.flags;
        this.terminator = segment.commonTerminator();
        this.first = first;
        this.size = size;
        this.chosen = chosen;
        this.endSlot = endSlot;
    }

    private int at(int index) {
        Objects.checkIndex(index, size);
        return chosen == null ? first + index : chosen[index];
    }

    @Override
    public String stream() {
        return run.name.id();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public LogLine line(int index) {
        return new Line(run.name, segment, at(index));
    }

    @Override
    public long sequence(int index) {
        return segment.firstSequence + at(index);
    }

    @Override
    public int length(int index) {
        return lengthOf(at(index));
    }

    private int lengthOf(int line) {
        int end = terminator == Segment.MIXED ? Segment.terminator(flags[line]) : terminator;
        return starts[line + 1] - starts[line] - end;
    }

    @Override
    public byte byteAt(int index, int at) {
        int line = at(index);
        return bytes[starts[line] + Objects.checkIndex(at, lengthOf(line))];
    }

    @Override
    public int copyTo(int index, byte[] target, int offset) {
        int line = at(index);
        int length = lengthOf(line);
        System.arraycopy(bytes, starts[line], target, offset, length);
        return length;
    }

    @Override
    public Channel channel(int index) {
        return segment.channel(at(index));
    }

    @Override
    public ResumeToken token() {
        return run.tokenAt(endSlot, segment);
    }
}
