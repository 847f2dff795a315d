package io.logstream.internal.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes down all that it is given as one text: bytes as they are, the rest in angle brackets. */
final class TextSink implements LineSink {
    final StringBuilder text = new StringBuilder();
    final List<Place> places = new ArrayList<>();
    int room = 1 << 20;
    private boolean placed;

    /** A position, and how much text was there when it came. */
    record Place(int length, SourcePosition position) {}

    SourcePosition lastPosition() {
        return places.get(places.size() - 1).position();
    }

    String takeText() {
        String taken = text.toString();
        text.setLength(0);
        return taken;
    }

    @Override
    public int room() {
        return room;
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
        if (!placed) {
            throw new AssertionError("bytes before the first position");
        }
        text.append(ISO_8859_1.decode(bytes));
    }

    @Override
    public void endLine(Channel channel) {
        text.append("<end>\n");
    }

    @Override
    public void gap(long lines, Gap.Reason reason) {
        text.append("<gap ").append(lines).append(' ').append(reason).append(">");
    }

    @Override
    public void event(SourceEvent event) {
        text.append('<').append(event.kind()).append('>');
    }

    @Override
    public void position(@Nullable SourcePosition next) {
        placed = true;
        if (next == null) {
            places.clear(); // from none of them what comes now is handed over
        } else {
            places.add(new Place(text.length(), next));
        }
    }
}
