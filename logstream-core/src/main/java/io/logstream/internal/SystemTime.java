package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The system's clock; the thread for its alarms is the {@link Lookout} of this process. */
final class SystemTime implements TimeSource, AutoCloseable {
    private final Lookout lookout = Lookout.shared();
    private volatile boolean closed;

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /** Nanoseconds since 1970; the nearest that there are for times that are centuries away. */
    static long epochNanos(Instant time) {
        long years = ChronoUnit.DAYS.between(Instant.EPOCH, time) / 365;
        if (years < -290 || years > 290) {
            return years < 0 ? Long.MIN_VALUE + 1 : Long.MAX_VALUE;
        }
        return ChronoUnit.NANOS.between(Instant.EPOCH, time);
    }

    @Override
    public Alarm after(Duration delay, Runnable action) {
        long nanos = Math.min(delay.toNanos(), Long.MAX_VALUE / 4); // so that any two can be compared
        Alarm alarm = lookout.at(this, nanoTime() + nanos, action);
        if (closed) {
            lookout.forget(this);
        }
        return alarm;
    }

    /** Unsets all alarms; none can be set any more. */
    @Override
    public void close() {
        closed = true;
        lookout.forget(this);
    }
}
