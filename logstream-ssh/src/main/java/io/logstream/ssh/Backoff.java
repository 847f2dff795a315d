package io.logstream.ssh;

import java.time.Duration;

/** The pause before something is tried again: twice as long each time, up to the longest. Used by one thread at a time. */
final class Backoff {
    private final Duration first;
    private final Duration longest;
    private Duration next;

    Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
        next = first;
    }

    Duration next() {
        Duration pause = next;
        Duration twice = pause.multipliedBy(2);
        next = twice.compareTo(longest) < 0 ? twice : longest;
        return pause;
    }

    /** It has gone well: the next pause is the first one again. */
    void reset() {
        next = first;
    }
}
