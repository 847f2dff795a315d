package io.logstream;

import java.time.Duration;
import java.util.Objects;

/**
 * What happens when a viewer is slower than its stream. Each viewer has its own, and can change it while it runs. Whatever
 * is lost is told by a {@link Gap} at its exact place.
 */
public sealed interface BackpressurePolicy {

    /** A patience without end. */
    Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE / 2_000_000_000L);

    /** Skips forward when lapped. */
    record DropOldest() implements BackpressurePolicy {
        private static final DropOldest ONLY = new DropOldest();
    }

    /**
     * Keeps a window of old lines and skips newer ones.
     *
     * @param window lines, at least 1
     */
    record DropNewest(int window) implements BackpressurePolicy {
        /**
         * Checks the window.
         *
         * @param window lines, at least 1
         */
        public DropNewest {
            if (window < 1) {
                throw new IllegalArgumentException("dropNewest window of " + window + " lines: use at least 1");
            }
        }
    }

    /**
     * Holds the source back.
     *
     * @param patience how long the source is held while the viewer makes no progress
     * @param fallback what happens then, until the viewer makes progress again
     */
    record Block(Duration patience, BackpressurePolicy fallback) implements BackpressurePolicy {
        /**
         * Checks the values.
         *
         * @param patience how long the source is held while the viewer makes no progress
         * @param fallback what happens then, until the viewer makes progress again
         */
        public Block {
            if (patience.isNegative() || patience.isZero()) {
                throw new IllegalArgumentException("block patience of " + patience + ": use a positive duration");
            }
            if (patience.compareTo(FOREVER) > 0) {
                patience = FOREVER;
            }
            Objects.requireNonNull(fallback, "fallback");
            if (fallback instanceof Block) {
                throw new IllegalArgumentException("block can't fall back to block: use another policy");
            }
        }
    }

    /**
     * Ends a viewer that is too far behind.
     *
     * @param maxLag lines, at least 1
     */
    record Disconnect(long maxLag) implements BackpressurePolicy {
        /**
         * Checks the lag.
         *
         * @param maxLag lines, at least 1
         */
        public Disconnect {
            if (maxLag < 1) {
                throw new IllegalArgumentException("disconnect at a lag of " + maxLag + " lines: use at least 1");
            }
        }
    }

    /**
     * When the viewer is lapped, it skips forward to the newest three quarters of what is retained. The default.
     *
     * @return the policy
     */
    static BackpressurePolicy dropOldest() {
        return DropOldest.ONLY;
    }

    /**
     * When the viewer is this far behind, the lines of the window are kept for it and newer ones skipped, until it has
     * taken the window; then comes one gap, and it goes on with the newest line. The window pins no memory: lines of it
     * that the stream no longer retains are lost too. The history that the viewer came with is kept besides.
     *
     * @param window lines, at least 1
     * @return the policy
     */
    static BackpressurePolicy dropNewest(int window) {
        return new DropNewest(window);
    }

    /**
     * The source is not read further while the viewer makes no progress, without limit. Only where
     * {@link StreamOptions.Builder#allowBlock} permits it.
     *
     * @return the policy
     */
    static BackpressurePolicy block() {
        return block(FOREVER);
    }

    /**
     * The source is not read further while the viewer makes no progress, up to a patience; then the viewer may be lapped
     * like {@link #dropOldest}, until it makes progress. Only where {@link StreamOptions.Builder#allowBlock} permits it.
     *
     * @param patience a positive duration
     * @return the policy
     */
    static BackpressurePolicy block(Duration patience) {
        return block(patience, dropOldest());
    }

    /**
     * The source is not read further while the viewer makes no progress, up to a patience; then another policy holds until
     * it makes progress. Only where {@link StreamOptions.Builder#allowBlock} permits it.
     *
     * @param patience a positive duration
     * @param fallback another policy than block
     * @return the policy
     */
    static BackpressurePolicy block(Duration patience, BackpressurePolicy fallback) {
        return new Block(patience, fallback);
    }

    /**
     * The subscription ends when the viewer is further behind than this. The history that it came with is not counted.
     *
     * @param maxLag lines, at least 1
     * @return the policy
     */
    static BackpressurePolicy disconnect(long maxLag) {
        return new Disconnect(maxLag);
    }
}
