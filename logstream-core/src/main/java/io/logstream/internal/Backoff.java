package io.logstream.internal;

import io.logstream.StreamOptions;

/** When something that failed is tried again: after twice as long each time, with jitter. Not threadsafe. */
final class Backoff {
    private final Engine engine;
    private final StreamOptions options;
    private int failures;
    private long retryAt;

    Backoff(Engine engine, StreamOptions options) {
        this.engine = engine;
        this.options = options;
    }

    void succeeded() {
        failures = 0;
    }

    void failed() {
        long delay = options.retryFirst().toNanos();
        long most = options.retryMax().toNanos();
        for (int i = 0; i < failures && delay < most; i++) {
            delay *= 2;
        }
        failures++;
        delay = Math.min(delay, most);
        retryAt = engine.time().nanoTime() + delay / 2 + engine.random().nextLong(delay / 2 + 1);
    }

    /** Nanoseconds from now until the next try; 0 if nothing has failed. */
    long delay(long now) {
        return failures == 0 ? 0 : Math.max(0, retryAt - now);
    }
}
