package io.logstream;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How one viewer watches. Immutable and threadsafe.
 */
public final class SubscribeOptions {
    private static final SubscribeOptions DEFAULTS = builder().build();

    private final Replay replay;
    private final BackpressurePolicy policy;
    private final LogFilter filter;
    private final boolean follow;
    private final int batchLines;
    private final @Nullable Executor executor;

    private SubscribeOptions(Builder builder) {
        replay = builder.replay;
        policy = builder.policy;
        filter = builder.filter;
        follow = builder.follow;
        batchLines = builder.batchLines;
        executor = builder.executor;
    }

    /**
     * The last 1000 lines, then live, all lines, {@code dropOldest}, on the hub's threads.
     *
     * @return the defaults
     */
    public static SubscribeOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts from the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts from these options.
     *
     * @return a new builder
     */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.replay = replay;
        builder.policy = policy;
        builder.filter = filter;
        builder.follow = follow;
        builder.batchLines = batchLines;
        builder.executor = executor;
        return builder;
    }

    /**
     * Where the viewer joins.
     *
     * @return by default the last {@value Replay#DEFAULT_LINES} lines
     */
    public Replay replay() {
        return replay;
    }

    /**
     * What happens when the viewer is too slow.
     *
     * @return by default {@link BackpressurePolicy#dropOldest()}
     */
    public BackpressurePolicy policy() {
        return policy;
    }

    /**
     * Which lines the viewer gets.
     *
     * @return by default {@link LogFilter#all()}
     */
    public LogFilter filter() {
        return filter;
    }

    /**
     * Whether the viewer stays for new lines when it has got its history.
     *
     * @return by default true
     */
    public boolean follow() {
        return follow;
    }

    /**
     * The most lines that one callback brings.
     *
     * @return by default 512
     */
    public int batchLines() {
        return batchLines;
    }

    /**
     * Where the callbacks run.
     *
     * @return by default null: on the hub's delivery threads
     */
    public @Nullable Executor executor() {
        return executor;
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private Replay replay = Replay.last(Replay.DEFAULT_LINES);
        private BackpressurePolicy policy = BackpressurePolicy.dropOldest();
        private LogFilter filter = LogFilter.all();
        private boolean follow = true;
        private int batchLines = 512;
        private @Nullable Executor executor;

        private Builder() {}

        /**
         * Where the viewer joins.
         *
         * @param replay the choice
         * @return this builder
         */
        public Builder replay(Replay replay) {
            this.replay = Objects.requireNonNull(replay, "replay");
            return this;
        }

        /**
         * What happens when the viewer is too slow.
         *
         * @param policy the choice
         * @return this builder
         */
        public Builder policy(BackpressurePolicy policy) {
            this.policy = Objects.requireNonNull(policy, "policy");
            return this;
        }

        /**
         * Which lines the viewer gets.
         *
         * @param filter the choice
         * @return this builder
         */
        public Builder filter(LogFilter filter) {
            this.filter = Objects.requireNonNull(filter, "filter");
            return this;
        }

        /**
         * Whether the viewer stays for new lines when it has got its history.
         *
         * @param follow false to end as {@link EndReason.Kind#HISTORY_COMPLETE}
         * @return this builder
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * The most lines that one callback brings.
         *
         * @param lines from 1 to 65536
         * @return this builder
         */
        public Builder batchLines(int lines) {
            if (lines < 1 || lines > 65_536) {
                throw new IllegalArgumentException("batchLines of " + lines + ": use 1 to 65536");
            }
            this.batchLines = lines;
            return this;
        }

        /**
         * Runs the callbacks elsewhere, for instance on virtual threads. They still come one at a time, in order. Where the
         * executor would run one at once, on the thread that hands it over, a delivery thread of the hub runs it instead.
         *
         * @param executor where; it must run what it accepts
         * @return this builder
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /**
         * Finishes.
         *
         * @return the options
         */
        public SubscribeOptions build() {
            return new SubscribeOptions(this);
        }
    }
}
