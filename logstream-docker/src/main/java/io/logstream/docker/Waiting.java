package io.logstream.docker;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Waits until something happens to the container, or for some time, and then asks what it is like. */
final class Waiting implements Stage {
    private final DockerReader reader;
    private final long until;

    Waiting(DockerReader reader, Duration atMost) {
        this.reader = reader;
        until = reader.now() + atMost.toNanos();
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) {
        long left = left();
        if (reader.runs().takeChanged() || left <= 0) {
            return reader.askAgain();
        }
        reader.context().wakeWithin(Duration.ofNanos(left));
        return reader.isPlaced() ? LogReader.Outcome.WAIT : LogReader.Outcome.PENDING;
    }

    /** How many nanoseconds are left, if nothing happens. */
    long left() {
        return until - reader.now();
    }

    @Override
    public void close() {}
}
