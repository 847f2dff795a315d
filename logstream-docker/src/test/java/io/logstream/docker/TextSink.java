package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Keeps what a reader hands over. */
final class TextSink implements LineSink {
    final StringBuilder text = new StringBuilder();
    /** The text with the events and gaps between it. */
    final StringBuilder told = new StringBuilder();

    final List<SourceEvent> events = new ArrayList<>();
    final List<Gap.Reason> gaps = new ArrayList<>();
    final List<SourcePosition> positions = new ArrayList<>();

    /** What was handed over last; other threads may look at it. */
    volatile String latest = "";

    int room = Integer.MAX_VALUE;

    @Override
    public int room() {
        return Math.max(0, room);
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
        String read = StandardCharsets.UTF_8.decode(bytes).toString();
        latest = read;
        text.append(read);
        told.append(read);
        room -= read.length();
    }

    @Override
    public void endLine(Channel channel) {
        text.append('\n');
        told.append('\n');
    }

    @Override
    public void gap(long lines, Gap.Reason reason) {
        gaps.add(reason);
        told.append("[gap ").append(lines).append(' ').append(reason).append(']');
    }

    @Override
    public void event(SourceEvent event) {
        events.add(event);
        told.append('[').append(event.kind()).append(']');
    }

    @Override
    public void position(SourcePosition next) {
        positions.add(next);
    }
}
