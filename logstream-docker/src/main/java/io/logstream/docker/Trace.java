package io.logstream.docker;

import io.logstream.Gap;
import io.logstream.spi.LineSink;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What was handed over since the log was last compared with what the daemon has: from which place on, and how many lines. While
 * it follows a log that is rotated, a daemon may leave entries out without a word; read again from that place, the log has
 * them, so there are more then. For one thread.
 */
final class Trace {
    /** How many bytes it takes in a position. */
    static final int LENGTH = Place.LENGTH + 8 + 8;

    private static final int MAX_CARRIED = 20_000; // entries: all of them are read again before anything new is

    private @Nullable Place from;
    private long lines;
    private long entries;

    // while the log is read again
    private @Nullable Gate gate;
    private long found;
    private boolean torn;

    /** What comes next is to be compared, from a place on behind which something was handed over, if nothing is yet. */
    void beginAt(Place place) {
        if (from == null && place.anchor >= 0) {
            from = place.copy();
        }
    }

    /** An entry was handed over, and the place is right behind it. */
    void add(Place place, boolean endsLine) {
        if (from == null) {
            from = place.copy();
        } else {
            entries++;
            lines += endsLine ? 1 : 0;
        }
    }

    /** Whether there is something to compare. */
    boolean isBegun() {
        return from != null;
    }

    /** How many bytes it takes in a position: none where it is not begun, or too long to be read again whenever reading begins. */
    int length() {
        return from == null || entries > MAX_CARRIED ? 0 : LENGTH;
    }

    void write(ByteBuffer bytes) {
        if (from != null && length() > 0) {
            from.write(bytes);
            bytes.putLong(lines).putLong(entries);
        }
    }

    void read(ByteBuffer bytes) {
        from = Place.read(bytes);
        lines = Math.max(0, bytes.getLong());
        entries = Math.max(0, Math.min(MAX_CARRIED, bytes.getLong()));
    }

    /** How many entries the log has at least from where it is compared. */
    long entries() {
        return entries;
    }

    /** The earliest time of an entry that is needed to compare, if that is earlier than this one. */
    long earliest(long time) {
        return from == null ? time : Math.min(from.earliest(), time);
    }

    /** The log is read again. */
    void begin(Gate.Window window, int partBytes) {
        gate = from == null ? null : new Gate(from.copy(), window, false, partBytes);
        found = 0;
        torn = false;
    }

    /**
     * An entry that the log has before the place up to which it was handed over.
     *
     * @return false if the log must be read from further before
     */
    boolean compare(int channel, byte[] bytes, int from, int to, long time) {
        Gate.Verdict verdict = gate == null ? Gate.Verdict.OLD : gate.judge(channel, time, bytes, from, to);
        switch (verdict) {
            case OLD -> {}
            case NEW -> found += endsLine(bytes, from, to) ? 1 : 0;
            case NEW_BEHIND_GAP -> torn = true;
            case TOO_LATE -> {
                return false;
            }
            case BACK -> gate = null; // the clock was set back: nothing can be said
        }
        return true;
    }

    static boolean endsLine(byte[] bytes, int from, int to) {
        return to > from && bytes[to - 1] == '\n';
    }

    /**
     * All up to the place was compared: what had not come is told, or that nobody knows, where the log has lost by now what
     * would show it.
     *
     * @return whether anything is told
     */
    boolean settle(Place place, LineSink sink) {
        if (from == null) {
            return false;
        }
        boolean compared = gate != null;
        long missing = found - lines;
        forget();
        from = place.copy();
        if (!compared || !torn && missing <= 0) {
            return false;
        }
        sink.gap(torn ? -1 : missing, torn ? Gap.Reason.ROTATED : Gap.Reason.DROPPED);
        return true;
    }

    /** Something is gone between what was handed over and what comes next, which is told. */
    void forget() {
        from = null;
        lines = 0;
        entries = 0;
        gate = null;
    }
}
