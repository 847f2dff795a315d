package io.logstream.benchmarks;

import java.lang.management.ManagementFactory;
import java.time.Duration;

/** The time that a run, or a part of it, has. */
final class TimeLimit {
    /** Seconds that the launcher needed before it started this JVM. */
    private static final String USED = "benchmarks.used";

    private static final Duration QUICK = Duration.ofMinutes(4);
    private static final Duration FULL = Duration.ofMinutes(20);
    private static final Duration RESERVE = Duration.ofSeconds(15);

    private final boolean quick;
    private final long end;
    private final long last;

    private TimeLimit(boolean quick, long end, long last) {
        this.quick = quick;
        this.end = end;
        this.last = last;
    }

    /** What a run has that began with its launcher: with {@code quick} 4 minutes, otherwise 20. */
    static TimeLimit ofRun(boolean quick) {
        Duration used = Duration.ofSeconds(Long.getLong(USED, 0))
                .plusMillis(ManagementFactory.getRuntimeMXBean().getUptime());
        Duration left = (quick ? QUICK : FULL).minus(RESERVE).minus(used);
        long end = System.nanoTime() + left.toNanos();
        return new TimeLimit(quick, end, end + RESERVE.dividedBy(2).toNanos());
    }

    /** Whether the run is a quick one. */
    boolean isQuick() {
        return quick;
    }

    /** Nanoseconds until nothing more should be begun; less than 0 afterwards. */
    long left() {
        return end - System.nanoTime();
    }

    /** Nanoseconds, at least 1, until whatever still runs must be ended. */
    long grace() {
        return Math.max(1, last - System.nanoTime());
    }

    /** A part of what is left, for what is measured next. */
    TimeLimit part(double share) {
        return new TimeLimit(quick, System.nanoTime() + (long) (share * left()), last);
    }
}
