package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what happens before the first read; that is events only. */
final class EarlySink implements LineSink {
    private final List<SourceEvent> events = new ArrayList<>();
    private @Nullable SourcePosition position;

    void handOver(LineSink sink) {
        if (position != null) {
            sink.position(position);
            position = null;
        }
        if (!events.isEmpty()) {
            events.forEach(sink::event);
            events.clear();
        }
    }

    @Override
    public int room() {
        return 0;
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
        throw new IllegalStateException("bytes before the first read");
    }

    @Override
    public void endLine(Channel channel) {
        throw new IllegalStateException("a line end before the first read");
    }

    @Override
    public void gap(long lines, Gap.Reason reason) {
        throw new IllegalStateException("a gap before the first read");
    }

    @Override
    public void event(SourceEvent event) {
        events.add(event);
    }

    @Override
    public void position(@Nullable SourcePosition next) {
        position = next;
    }
}
