package io.logstream.internal;

import io.logstream.StreamOptions;
import org.jspecify.annotations.Nullable;

/**
 * When something that failed is tried again: after twice as long each time, with jitter, or when it says itself that this is
 * worth it. Not threadsafe.
 */
final class Backoff {
    private final Engine engine;
    private final StreamOptions options;
    private int failures;
    private long retryAt;
    private @Nullable Wakeup tried; // what was opened last, or was to be

    Backoff(Engine engine, StreamOptions options) {
        this.engine = engine;
        this.options = options;
    }

    /** Another try begins. */
    void tries(Wakeup wakeup) {
        tried = wakeup;
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
        boolean atOnce = failures == 0 || tried != null && tried.isRetried();
        return atOnce ? 0 : Math.max(0, retryAt - now);
    }
}
