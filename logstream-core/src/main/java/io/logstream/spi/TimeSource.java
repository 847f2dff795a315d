package io.logstream.spi;

import java.time.Duration;

/**
 * A clock with an alarm: the only source of time in the library, so that tests can put their own. Threadsafe.
 */
public interface TimeSource {

    /** An alarm that was set. */
    @FunctionalInterface
    interface Alarm {
        /** Unsets the alarm. Does nothing if it has gone off. */
        void cancel();
    }

    /**
     * A reading of the monotonic clock: only differences have a meaning.
     *
     * @return nanoseconds
     */
    long nanoTime();

    /**
     * The time of day.
     *
     * @return nanoseconds since 1970-01-01T00:00:00Z
     */
    long epochNanos();

    /**
     * Sets an alarm.
     *
     * @param delay when it goes off, from now
     * @param action what it does then; it must be short and not throw
     * @return the alarm
     */
    Alarm after(Duration delay, Runnable action);
}
