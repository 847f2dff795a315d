package io.logstream;

import org.jspecify.annotations.Nullable;

/**
 * The account of lines that a viewer will not get, delivered in order, at the exact place where they are missing.
 *
 * <p>A gap of the viewer's own making covers the sequences {@code first} to {@code last}, so that
 * {@code lines == last - first + 1}. A gap {@linkplain Reason#isUpstream() upstream} has no sequences: those lines were
 * never read, it stands before {@code first}, and {@code last} is {@code first - 1}. So does an {@link Reason#EXPIRED} gap
 * behind a token of an earlier run: nobody knows what was written between the two. A gap counts every line, since nobody
 * can know which of them a filter would have let through.
 *
 * @param stream the id of the stream
 * @param first the sequence of the first missing line
 * @param last the sequence of the last missing line, {@code first - 1} for a gap upstream
 * @param lines how many lines are missing; the least that it can be where {@code exact} is false
 * @param exact whether {@code lines} is exact
 * @param bytes how many bytes they have in the source, terminators included, or -1 where that is not known
 * @param reason why they are missing
 * @param before the place right before the gap; a viewer's gap always has one, a gap that a source hands over has none
 * @param after the place right after the gap; a viewer's gap always has one, a gap that a source hands over has none
 */
public record Gap(
        String stream,
        long first,
        long last,
        long lines,
        boolean exact,
        long bytes,
        Reason reason,
        @Nullable ResumeToken before,
        @Nullable ResumeToken after)
        implements LogEntry {

    /** Why lines are missing. */
    public enum Reason {
        /** The viewer fell behind what the stream retains. */
        LAPPED(false),
        /** The viewer's {@linkplain BackpressurePolicy#dropNewest window} was full. */
        WINDOW_FULL(false),
        /** The viewer was cut off because it fell further behind than its policy allows. */
        DISCONNECTED(false),
        /** The viewer asked to begin or to go on at a place that is no longer retained. */
        EXPIRED(false),
        /** The source was cut while it still held lines that had not been read. */
        TRUNCATED(true),
        /** A rotated-away part of the source was gone before it was read. */
        ROTATED(true),
        /** The connection to the source was lost, and it could not be resumed exactly. */
        RECONNECTED(true),
        /** What the source holds at the place of resumption is not what was read there before. */
        MISMATCH(true),
        /** The source itself says that it dropped lines. */
        DROPPED(true);

        private final boolean upstream;

        Reason(boolean upstream) {
            this.upstream = upstream;
        }

        /**
         * Whether the lines were lost before they were read, and so by all viewers alike.
         *
         * @return true if this is no loss of one viewer
         */
        public boolean isUpstream() {
            return upstream;
        }
    }

    @Override
    public long sequence() {
        return first;
    }
}
