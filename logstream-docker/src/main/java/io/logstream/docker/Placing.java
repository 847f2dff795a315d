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
        return reader.logs(false, entries, Place.NONE, snapshot);
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
        // Entries are counted before those of a channel that is not wanted are left out.
        boolean whole = entries == Integer.MAX_VALUE || (!reader.isOneChannel() && snapshot.size() < entries);
        Place place = snapshot.find(reader.questions().containerHash(), lines, whole);
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

    @Override
    public void close() {
        closed = true;
        request.close();
    }
}
