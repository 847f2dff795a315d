package io.logstream.internal;

import io.logstream.Channel;
import io.logstream.LogLine;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A line in a segment. */
final class Line implements LogLine {
    private final StreamName name;
    private final Segment segment;
    private final int index;

    Line(StreamName name, Segment segment, int index) {
        this.name = name;
        this.segment = segment;
        this.index = index;
    }

    @Override
    public String stream() {
        return name.id();
    }

    @Override
    public long sequence() {
        return segment.firstSequence + index;
    }

    @Override
    public long lineNumber() {
        return segment.lineNumber(index);
    }

    @Override
    public Channel channel() {
        return segment.channel(index);
    }

    @Override
    public long epochNanos() {
        return segment.time(index);
    }

    @Override
    public boolean hasSourceTime() {
        return (segment.flags[index] & Segment.SOURCE_TIME) != 0;
    }

    @Override
    public Ending ending() {
        return segment.ending(index);
    }

    @Override
    public boolean isContinuation() {
        return (segment.flags[index] & Segment.CONTINUATION) != 0;
    }

    @Override
    public int length() {
        return segment.length(index);
    }

    @Override
    public byte byteAt(int at) {
        return segment.bytes[segment.from(index) + Objects.checkIndex(at, length())];
    }

    @Override
    public int copyTo(byte[] target, int offset) {
        int length = length();
        System.arraycopy(segment.bytes, segment.from(index), target, offset, length);
        return length;
    }

    @Override
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(segment.bytes, segment.from(index), length())
                .slice()
                .asReadOnlyBuffer();
    }

    @Override
    public String text() {
        return new String(segment.bytes, segment.from(index), length(), name.charset());
    }

    @Override
    public LogLine copy() {
        int from = segment.from(index);
        int length = segment.starts[index + 1] - from;
        if (length == segment.bytes.length && segment.flags.length == 1) {
            return this;
        }
        long number = lineNumber();
        Place place = new Place(segment.slot(index), sequence(), number < 0 ? -1 : number - 1);
        Segment own = new Segment(place, null);
        own.reserve(length, 1, false);
        own.add(segment.bytes, from, length, length, segment.flags[index], segment.time(index));
        return new Line(name, own, 0);
    }

    @Override
    public String toString() {
        return stream() + "#" + sequence() + " " + text();
    }
}
