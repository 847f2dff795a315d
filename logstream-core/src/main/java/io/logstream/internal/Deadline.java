package io.logstream.internal;

import java.time.Duration;

/** A moment of real time until which somebody waits, whatever clock the hub runs on. */
record Deadline(long nanos) {
    /** What every close promises to stay below, with some time left to come back. */
    static final Duration CLOSE = Duration.ofMillis(800);

    static Deadline in(Duration time) {
        return new Deadline(
                System.nanoTime() + Math.min(time.toSeconds(), 1L << 30) * 1_000_000_000L + time.toNanosPart());
    }

    boolean isOver() {
        return nanos - System.nanoTime() <= 0;
    }

    /** At least 1. */
    long nanosLeft() {
        return Math.max(1, nanos - System.nanoTime());
    }
}
