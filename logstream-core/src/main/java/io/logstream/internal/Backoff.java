package io.logstream.internal;

import io.logstream.StreamOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When something that failed is tried again: after twice as long each time, with jitter, or when it says itself that this is
 * worth it. Immutable.
 */
final class Backoff {
    /** How long it waits at least, so that what always fails and always says that it is back does not do so all the time. */
    private static final long LEAST = Duration.ofMillis(100).toNanos();

    private final @Nullable Wakeup failed;
    private final long longest;
    private final long failedAt;
    private final long delay;

    private Backoff(@Nullable Wakeup failed, long longest, long failedAt, long delay) {
        this.failed = failed;
        this.longest = longest;
        this.failedAt = failedAt;
        this.delay = delay;
    }

    /**
     * It has failed now.
     *
     * @param before since the failure before, or null if it went well in between
     * @param failed what was opened, or was to be
     */
    static Backoff after(@Nullable Backoff before, @Nullable Wakeup failed, Engine engine, StreamOptions options) {
        long most = options.retryMax().toNanos();
        long first = Math.min(options.retryFirst().toNanos(), most);
        long longest = before == null ? first : before.longest > most / 2 ? most : 2 * before.longest;
        long delay = longest / 2 + engine.random().nextLong(longest / 2 + 1);
        return new Backoff(failed, longest, engine.time().nanoTime(), delay);
    }

    /** Nanoseconds from now until the next try; 0 if nothing has failed. */
    static long delay(@Nullable Backoff since, long now) {
        if (since == null) {
            return 0;
        }
        boolean back = since.failed != null && since.failed.isRetried();
        return Math.max(0, since.failedAt + (back ? Math.min(LEAST, since.delay) : since.delay) - now);
    }
}
