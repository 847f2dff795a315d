package io.logstream;

import java.time.Duration;

/** How long a test tagged "stress" goes on: its share of what {@code dev/stress --minutes} gives to all of them. */
public final class StressTime {
    private StressTime() {}

    /** {@code -Dstress.seconds=N}; ten minutes unless given. */
    public static Duration get() {
        return Duration.ofSeconds(Long.getLong("stress.seconds", 600));
    }
}
