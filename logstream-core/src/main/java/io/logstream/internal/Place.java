package io.logstream.internal;

import io.logstream.Gap;
import org.jspecify.annotations.Nullable;

/**
 * All that there is to know about a place between two lines of one run, so that a token can be made of it. Immutable.
 *
 * @param slot the slot that comes next
 * @param sequence the sequence that comes next
 * @param out bytes of stdout up to here, terminators included
 * @param err bytes of stderr up to here, terminators included
 * @param lines complete lines since the source's beginning, or -1
 * @param midOut whether a line of stdout is unfinished here
 * @param midErr whether a line of stderr is unfinished here
 * @param checkpoint the newest checkpoint that is not behind this place
 * @param upstream the gaps upstream so far
 */
record Place(
        long slot,
        long sequence,
        long out,
        long err,
        long lines,
        boolean midOut,
        boolean midErr,
        Checkpoint checkpoint,
        Upstream upstream) {

    /** A place before which nothing came. */
    Place(long slot, long sequence, long lines) {
        this(slot, sequence, 0, 0, lines, false, false, Checkpoint.NONE, Upstream.NONE);
    }

    /** Gaps upstream, summed up since the run began. */
    record Upstream(long gaps, long lines, long inexact, Gap.@Nullable Reason last) {
        static final Upstream NONE = new Upstream(0, 0, 0, null);

        Upstream plus(Gap gap) {
            return new Upstream(gaps + 1, lines + gap.lines(), inexact + (gap.exact() ? 0 : 1), gap.reason());
        }
    }

    long bytes() {
        return out + err;
    }

    long emitted(int channel) {
        return channel == 0 ? out : err;
    }

    Place with(Checkpoint other) {
        return new Place(slot, sequence, out, err, lines, midOut, midErr, other, upstream);
    }

    Place withLines(long other) {
        return new Place(slot, sequence, out, err, other, midOut, midErr, checkpoint, upstream);
    }

    boolean covers(Checkpoint other) {
        return other.slot() <= slot && other.out() <= out && other.err() <= err;
    }
}
