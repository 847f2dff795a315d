package io.logstream.docker;

import java.io.Closeable;
import java.io.IOException;

/** The newest entry that a log has, which is asked for beside the log itself. For one thread; closed by any. */
final class Newest implements Closeable {
    private final LogRequest request;
    private long time = Place.NONE;
    private int channel;
    private boolean known;

    Newest(DockerReader reader) throws IOException {
        request = reader.logs(false, 1, Place.NONE, (from, bytes, begin, end, at) -> {
            time = at;
            channel = from;
        });
    }

    boolean isKnown() throws IOException {
        Exchange.Step step = Exchange.Step.MORE;
        while (!known && step == Exchange.Step.MORE) {
            step = request.step();
        }
        if (step == Exchange.Step.DONE) {
            known = true;
            request.close();
        }
        return known;
    }

    /** Whether there is one that has not come yet to this place; once that is known. */
    boolean isBehind(Place place) {
        return request.isGranted() && time > place.time[channel];
    }

    /** Nobody has answered in time. */
    IOException unanswered() {
        return request.unanswered();
    }

    @Override
    public void close() {
        request.close();
    }
}
