package io.logstream.internal.file;

import io.logstream.spi.TimeSource;
import java.time.Duration;

/** A clock that only moves when it is told to; its time of day begins at the present one. */
final class VirtualTime implements TimeSource {
    private final long epochAtZero = System.currentTimeMillis() * 1_000_000;
    private long nanos = 1_000_000_000;

    void advance(Duration time) {
        nanos += time.toNanos();
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public long epochNanos() {
        return epochAtZero + nanos;
    }

    @Override
    public Alarm after(Duration delay, Runnable action) {
        throw new UnsupportedOperationException("a file reader sets no alarms");
    }
}
