package io.logstream.ssh;

import java.time.Duration;

/**
 * How long a connection has brought nothing although it was asked. What counts is that bytes come at all, not which answer
 * they belong to: on a slow line an answer waits behind all that was asked for before it. It is to be looked at every quarter
 * of the interval; a peer that froze is found out within {@code interval x (count + 2)}. Threadsafe.
 *
 * <pre>
 *   bytes came     nothing asked: ask        still nothing: lost
 *   |--------------|------------------------|
 *   0              1/2 to 3/4 interval      + interval x (count + 1), at most a look later
 * </pre>
 */
final class Silence {

    /** What is to be done. */
    enum Verdict {
        FINE,
        /** Nothing is awaited and nothing has come for a while: ask something, to see whether it is still there. */
        ASK,
        LOST
    }

    private final long interval;
    private final long patience;
    private volatile long heardAt;
    private long since;
    private long lookedAt;

    Silence(Duration interval, int count, long now) {
        this.interval = interval.toNanos();
        this.patience = this.interval * (count + 1);
        heardAt = now;
        since = now;
        lookedAt = now;
    }

    /** How often to look. */
    Duration pace() {
        return Duration.ofNanos(interval / 4);
    }

    /** Bytes came. */
    void heard(long now) {
        heardAt = now;
    }

    /** Looks; by one thread at a time. */
    Verdict look(long now, boolean awaited) {
        boolean slept = now - lookedAt > interval; // this process stood still itself: what has come was not read yet
        lookedAt = now;
        if (slept || !awaited) {
            since = now;
        }
        long heard = heardAt;
        if (awaited) {
            long silent = now - (heard - since > 0 ? heard : since);
            return silent >= patience ? Verdict.LOST : Verdict.FINE;
        }
        return now - heard >= interval / 2 ? Verdict.ASK : Verdict.FINE;
    }

    Duration patience() {
        return Duration.ofNanos(patience);
    }
}
