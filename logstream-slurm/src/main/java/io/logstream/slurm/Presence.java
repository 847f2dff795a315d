package io.logstream.slurm;

import io.logstream.LogStreamException;
import org.jspecify.annotations.Nullable;

/**
 * Whether there is a file, as far as is known: it is, it is not, or nobody knows yet.
 *
 * @param isKnown whether the last answer tells
 * @param isThere whether it is there
 * @param failure why the last answer does not tell, or null; a {@link LogStreamException} if asking again would not help
 */
record Presence(boolean isKnown, boolean isThere, @Nullable Throwable failure) {
    static final Presence THERE = new Presence(true, true, null);
    static final Presence ABSENT = new Presence(true, false, null);
    static final Presence ASKED = new Presence(false, false, null);

    static Presence of(boolean isThere) {
        return isThere ? THERE : ABSENT;
    }

    static Presence untold(Throwable failure) {
        return new Presence(false, false, failure);
    }
}
