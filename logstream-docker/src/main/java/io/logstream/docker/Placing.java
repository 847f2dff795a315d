package io.logstream.docker;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Looks for the place some lines before the end of the log: asks for more and more of its last entries. */
final class Placing implements Stage {
    private static final int MORE = 200;

    private final DockerReader reader;
    private final int lines;
    private volatile LogRequest request;
    private volatile boolean closed;
    private Snapshot snapshot;
    private int entries;
    private int all;
    private long newest = Place.NONE;
    private long heardAt;

    Placing(DockerReader reader, int lines) throws IOException {
        this.reader = reader;
        this.lines = lines;
        entries = (int) Math.min(lines + (long) MORE, Integer.MAX_VALUE / 8);
        snapshot = new Snapshot(reader.questions().partBytes());
        request = ask();
    }

    private LogRequest ask() throws IOException {
        snapshot = new Snapshot(reader.questions().partBytes());
        heardAt = reader.now();
        all = 0;
        newest = Place.NONE;
        return reader.newest(entries, (channel, bytes, from, to, time) -> { // the daemon counts those of both channels
            all++;
            newest = time;
            if (reader.wants(channel)) {
                snapshot.entry(channel, bytes, from, to, time);
            }
        });
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) throws IOException {
        Exchange.Step step;
        do {
            step = request.step();
            heardAt = step == Exchange.Step.MORE ? reader.now() : heardAt;
        } while (step == Exchange.Step.MORE);
        if (step == Exchange.Step.WAIT) {
            Question.awaitAnswer(reader.context(), heardAt, request::unanswered);
            return LogReader.Outcome.PENDING;
        }
        if (!request.isGranted()) {
            return reader.refused(request, sink);
        }
        Place place = find(all < entries);
        if (place == null) {
            request.close();
            entries = entries <= Integer.MAX_VALUE / 8 ? 4 * entries : Integer.MAX_VALUE;
            request = ask();
            if (closed) {
                request.close();
            }
            return null;
        }
        return reader.placed(place, sink);
    }

    private @Nullable Place find(boolean whole) {
        long container = reader.questions().containerHash();
        Place place = snapshot.find(container, lines, whole);
        if (place != null || !reader.isOneChannel()) {
            return place;
        } else if (lines == 0 && !reader.questions().isPodman()) { // whose times are whole seconds
            return Place.since(container, newest + 1);
        }
        return snapshot.size() < lines ? new Place(container) : null; // to look for so few would take many questions
    }

    @Override
    public void close() {
        closed = true;
        request.close();
    }
}
