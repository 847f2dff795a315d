package io.logstream.docker;

import java.io.Closeable;
import java.io.IOException;

/**
 * The newest entry that a log has, which is asked for beside the log itself. The daemon counts entries before it leaves out those
 * of a channel that is not wanted: so for one channel alone more and more may be asked for, until one comes. For one thread; closed
 * by any.
 */
final class Newest implements Closeable {
    private static final int MORE = 40;
    /** From so many on all are asked for. */
    private static final int MOST = 2_000_000;

    private final DockerReader reader;
    private final boolean wide;
    private volatile LogRequest request;
    private volatile boolean closed;
    private int tail = 1;
    private long time = Place.NONE;
    private int channel;
    private boolean known;

    /**
     * Asks.
     *
     * @param wide whether to look for an entry of one channel behind those of the other
     */
    Newest(DockerReader reader, boolean wide) throws IOException {
        this.reader = reader;
        this.wide = wide && reader.isOneChannel();
        request = ask();
    }

    private LogRequest ask() throws IOException {
        return reader.logs(false, tail, Place.NONE, (from, bytes, begin, end, at) -> {
            time = at;
            channel = from;
        });
    }

    boolean isKnown() throws IOException {
        while (!known) {
            Exchange.Step step = request.step();
            if (step == Exchange.Step.WAIT) {
                return false;
            } else if (step == Exchange.Step.DONE) {
                request.close();
                known = !isGranted() || time != Place.NONE || !wide || tail == Integer.MAX_VALUE;
                if (!known) {
                    tail = tail < MOST ? tail * MORE : Integer.MAX_VALUE;
                    request = ask();
                    if (closed) {
                        request.close();
                    }
                }
            }
        }
        return true;
    }

    /** Whether the daemon has told it, or that there is none; once it is known. */
    boolean isGranted() {
        return request.isGranted();
    }

    /** Whether there is one that has not come yet to this place; once that is known. */
    boolean isBehind(Place place) {
        return isGranted() && time > place.time[channel];
    }

    /** Nobody has answered in time. */
    IOException unanswered() {
        return request.unanswered();
    }

    @Override
    public void close() {
        closed = true;
        request.close();
    }
}
