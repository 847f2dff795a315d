package io.logstream.internal;

import io.logstream.spi.SourcePosition;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader can be opened: a source's position, and how many bytes the run had handed over per channel up to there.
 *
 * @param slot the slot that came next when the source told it
 * @param position the position, or null where the source has told none that still holds
 * @param out bytes of stdout before it, since the run began
 * @param err bytes of stderr before it, since the run began
 */
record Checkpoint(long slot, @Nullable SourcePosition position, long out, long err) {
    static final Checkpoint NONE = new Checkpoint(Long.MIN_VALUE, null, 0, 0);

    long handed(int channel) {
        return channel == 0 ? out : err;
    }
}
