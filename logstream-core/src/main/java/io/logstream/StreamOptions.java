package io.logstream;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How one stream is read and what it retains. Immutable and threadsafe.
 */
public final class StreamOptions {
    private static final StreamOptions DEFAULTS = builder().build();

    private final int retainLines;
    private final long retainBytes;
    private final Duration partialAfter;
    private final int maxLineBytes;
    private final boolean carriageReturnUpdates;
    private final Charset charset;
    private final @Nullable Pattern mask;
    private final Duration linger;
    private final boolean startAtOnce;
    private final Duration allowBlock;
    private final Duration retryFirst;
    private final Duration retryMax;

    private StreamOptions(Builder builder) {
        retainLines = builder.retainLines;
        retainBytes = builder.retainBytes;
        partialAfter = builder.partialAfter;
        maxLineBytes = builder.maxLineBytes;
        carriageReturnUpdates = builder.carriageReturnUpdates;
        charset = builder.charset;
        mask = builder.mask;
        linger = builder.linger;
        startAtOnce = builder.startAtOnce;
        allowBlock = builder.allowBlock;
        retryFirst = builder.retryFirst;
        retryMax = builder.retryMax;
    }

    /**
     * The defaults named at each getter.
     *
     * @return the defaults
     */
    public static StreamOptions defaults() {
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
        builder.retainLines = retainLines;
        builder.retainBytes = retainBytes;
        builder.partialAfter = partialAfter;
        builder.maxLineBytes = maxLineBytes;
        builder.carriageReturnUpdates = carriageReturnUpdates;
        builder.charset = charset;
        builder.mask = mask;
        builder.linger = linger;
        builder.startAtOnce = startAtOnce;
        builder.allowBlock = allowBlock;
        builder.retryFirst = retryFirst;
        builder.retryMax = retryMax;
        return builder;
    }

    /**
     * How many lines of history are kept, if {@link #retainBytes()} allows.
     *
     * @return lines, by default 50,000
     */
    public int retainLines() {
        return retainLines;
    }

    /**
     * How much memory the history may take.
     *
     * @return bytes, by default 10 MiB
     */
    public long retainBytes() {
        return retainBytes;
    }

    /**
     * After how long without further bytes an unfinished line is shown as a part.
     *
     * @return the quiet time, by default 1 s; zero for never
     */
    public Duration partialAfter() {
        return partialAfter;
    }

    /**
     * The length at which a line is cut into parts.
     *
     * @return bytes, by default 1 MiB
     */
    public int maxLineBytes() {
        return maxLineBytes;
    }

    /**
     * Whether a carriage return that no line feed follows ends a part of the line, which what follows updates.
     *
     * @return by default false: it is content like any other byte
     */
    public boolean carriageReturnUpdates() {
        return carriageReturnUpdates;
    }

    /**
     * How {@link LogLine#text()} decodes.
     *
     * @return by default UTF-8
     */
    public Charset charset() {
        return charset;
    }

    /**
     * What is replaced by {@code ***} before any viewer or the history sees it.
     *
     * @return the expression, by default null
     */
    public @Nullable Pattern mask() {
        return mask;
    }

    /**
     * How long a stream without viewers is still read, and an ended one kept.
     *
     * @return by default 30 s
     */
    public Duration linger() {
        return linger;
    }

    /**
     * Whether reading starts at once and goes on without viewers, instead of with the first viewer.
     *
     * @return by default false
     */
    public boolean startAtOnce() {
        return startAtOnce;
    }

    /**
     * The greatest patience with which a viewer may {@linkplain BackpressurePolicy#block block} this stream.
     *
     * @return by default zero: not at all
     */
    public Duration allowBlock() {
        return allowBlock;
    }

    /**
     * How long after a failure the source is tried again first; the time doubles from then on, with jitter.
     *
     * @return by default 200 ms
     */
    public Duration retryFirst() {
        return retryFirst;
    }

    /**
     * The longest time between two tries.
     *
     * @return by default 30 s
     */
    public Duration retryMax() {
        return retryMax;
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private int retainLines = 50_000;
        private long retainBytes = 10L << 20;
        private Duration partialAfter = Duration.ofSeconds(1);
        private int maxLineBytes = 1 << 20;
        private boolean carriageReturnUpdates;
        private Charset charset = StandardCharsets.UTF_8;
        private @Nullable Pattern mask;
        private Duration linger = Duration.ofSeconds(30);
        private boolean startAtOnce;
        private Duration allowBlock = Duration.ZERO;
        private Duration retryFirst = Duration.ofMillis(200);
        private Duration retryMax = Duration.ofSeconds(30);

        private Builder() {}

        /**
         * How many lines of history are kept, if the bytes allow.
         *
         * @param lines at least 1
         * @return this builder
         */
        public Builder retainLines(int lines) {
            if (lines < 1) {
                throw new IllegalArgumentException("retainLines of " + lines + ": use at least 1");
            }
            this.retainLines = lines;
            return this;
        }

        /**
         * How much memory the history may take; never more than half of the hub's memory.
         *
         * @param bytes at least 4096
         * @return this builder
         */
        public Builder retainBytes(long bytes) {
            if (bytes < 4096) {
                throw new IllegalArgumentException("retainBytes of " + bytes + ": use at least 4096");
            }
            this.retainBytes = bytes;
            return this;
        }

        /**
         * After how long without further bytes an unfinished line is shown as a part. A stream with a {@link #mask} never
         * shows one before its end or its maximum length.
         *
         * @param quiet the quiet time; zero for never
         * @return this builder
         */
        public Builder partialAfter(Duration quiet) {
            this.partialAfter = notNegative("partialAfter", quiet);
            return this;
        }

        /**
         * The length at which a line is cut into parts; never more than a quarter of what the history may take.
         *
         * @param bytes from 16 to 64 MiB
         * @return this builder
         */
        public Builder maxLineBytes(int bytes) {
            if (bytes < 16 || bytes > 64 << 20) {
                throw new IllegalArgumentException("maxLineBytes of " + bytes + ": use 16 to " + (64 << 20));
            }
            this.maxLineBytes = bytes;
            return this;
        }

        /**
         * Whether a carriage return that no line feed follows ends a part of the line, with
         * {@link LogLine.Ending#CR}, which what follows on its channel updates: a bar of progress can then be shown as on a
         * terminal. Each update is counted, retained and filtered like a line; {@linkplain LogLine#lineNumber() line
         * numbers} count the whole. A {@link #mask} sees each on its own.
         *
         * @param updates false if such a carriage return is content
         * @return this builder
         */
        public Builder carriageReturnUpdates(boolean updates) {
            this.carriageReturnUpdates = updates;
            return this;
        }

        /**
         * How {@link LogLine#text()} decodes. Lines are always cut at the byte 0x0A.
         *
         * @param charset a charset in which the byte 0x0A is nothing but a line feed
         * @return this builder
         */
        public Builder charset(Charset charset) {
            this.charset = Objects.requireNonNull(charset, "charset");
            return this;
        }

        /**
         * Replaces every match by {@code ***} before the line reaches the history or a viewer. The expression sees one
         * line at a time, each byte as one character (ISO 8859-1). A line on which it takes too long is replaced whole.
         *
         * @param pattern what is secret
         * @return this builder
         */
        public Builder mask(Pattern pattern) {
            this.mask = Objects.requireNonNull(pattern, "pattern");
            return this;
        }

        /**
         * How long a stream without viewers is still read, and an ended one kept.
         *
         * @param linger zero for not at all
         * @return this builder
         */
        public Builder linger(Duration linger) {
            this.linger = notNegative("linger", linger);
            return this;
        }

        /**
         * Whether reading starts at once and goes on without viewers.
         *
         * @param atOnce false to start with the first viewer
         * @return this builder
         */
        public Builder startAtOnce(boolean atOnce) {
            this.startAtOnce = atOnce;
            return this;
        }

        /**
         * Allows viewers to block this stream.
         *
         * @param atMost the greatest patience; zero for not at all, {@link BackpressurePolicy#FOREVER} for any
         * @return this builder
         */
        public Builder allowBlock(Duration atMost) {
            this.allowBlock = notNegative("allowBlock", atMost);
            return this;
        }

        /**
         * When a source that failed is tried again: first after {@code first}, then after twice as long each time.
         *
         * @param first a positive duration
         * @param max the longest time between two tries, at least {@code first}
         * @return this builder
         */
        public Builder retry(Duration first, Duration max) {
            if (first.isNegative() || first.isZero() || max.compareTo(first) < 0) {
                throw new IllegalArgumentException("retry from " + first + " to " + max
                        + ": use positive durations, the first not the longer one");
            }
            this.retryFirst = inNanos(first);
            this.retryMax = inNanos(max);
            return this;
        }

        /**
         * Finishes.
         *
         * @return the options
         */
        public StreamOptions build() {
            return new StreamOptions(this);
        }

        /** What is longer than that is for ever, and must still be countable in nanoseconds. */
        private static Duration inNanos(Duration value) {
            return value.compareTo(BackpressurePolicy.FOREVER) > 0 ? BackpressurePolicy.FOREVER : value;
        }

        private static Duration notNegative(String name, Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException(name + " of " + value + ": use zero or more");
            }
            return inNanos(value);
        }
    }
}
