package io.logstream.ssh;

import java.time.Duration;

/** When a file is asked for next: soon while it is written, less and less often while it is not. Used by one thread at a time. */
final class Pace {
    static final long FIRST = Duration.ofMillis(20).toNanos();
    /** Files that are to be asked for in the same 134 ms are asked for together, which takes fewer packets. */
    private static final long TOGETHER = (1 << 27) - 1;

    private final long longest;
    private long delay = FIRST;
    private long at;

    Pace(Duration longest, long now) {
        this.longest = longest.toNanos();
        at = now;
    }

    /** It was written. */
    void soon(long now) {
        delay = FIRST;
        at = now;
    }

    /** It is to be asked for at once; how often afterwards does not change. */
    void now(long now) {
        at = now;
    }

    /** It is to be asked for in a moment. */
    void shortly(long now) {
        at = now + FIRST;
    }

    /** It was asked for, and nothing was there. */
    void later(long now) {
        at = now + delay;
        if (delay > 2 * TOGETHER) {
            at -= at & TOGETHER;
        }
        slower();
    }

    /** The same, where something is about to change. */
    void shortlyAgain(long now) {
        shortly(now);
        slower();
    }

    private void slower() {
        delay = Math.min(longest, delay + delay / 4);
    }

    boolean isDue(long now) {
        return at - now <= 0;
    }

    /** How long it is until then. */
    long in(long now) {
        return Math.max(0, at - now);
    }
}
