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
    private static final long UNKNOWN = Long.MAX_VALUE;
    private static final long LOST = -1; // lines, in a position

    // An entry of a log's file: each byte may be escaped, and what is around them, its channel and time, takes some 75 bytes.
    private static final int MAX_ESCAPED = 6;
    private static final int MAX_AROUND = 128;

    private @Nullable Place from;
    private long lines;
    private long entries;
    private boolean lost; // something was not compared, and is not known any more
    private long logged = UNKNOWN; // how many bytes the log's file has at most

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

    /** All of the log is read, from its first entry on. */
    void beginWhole() {
        logged = 0;
    }

    /** An entry of so many bytes was handed over, whether it is to be compared or not. */
    void count(int bytes) {
        logged += logged == UNKNOWN ? 0 : (long) MAX_ESCAPED * bytes + MAX_AROUND;
    }

    /**
     * Whether the daemon may have left something out that was not found yet.
     *
     * @param rotatedAt at how many bytes the log is rotated: one that has less was not
     */
    boolean isOpen(long rotatedAt) {
        return lost || entries > 0 && logged >= rotatedAt;
    }

    /** How many bytes it takes in a position: none where it is not begun. */
    int length() {
        return from == null ? 0 : LENGTH;
    }

    /**
     * Writes it, or where it is too long to be read again whenever reading begins, that something was not compared.
     *
     * @param place up to which all was handed over
     */
    void write(ByteBuffer bytes, Place place) {
        if (from != null) {
            boolean carried = !lost && entries <= MAX_CARRIED;
            (carried ? from : place).write(bytes);
            bytes.putLong(carried ? lines : LOST).putLong(carried ? entries : 0);
        }
    }

    void read(ByteBuffer bytes) {
        from = Place.read(bytes);
        lines = bytes.getLong();
        entries = Math.max(0, Math.min(MAX_CARRIED, bytes.getLong()));
        lost = lines == LOST;
        lines = Math.max(0, lines);
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
        boolean unknown = lost || gate != null && torn;
        long missing = gate == null ? 0 : found - lines;
        forget();
        from = place.copy();
        if (!unknown && missing <= 0) {
            return false;
        }
        sink.gap(unknown ? -1 : missing, unknown ? Gap.Reason.ROTATED : Gap.Reason.DROPPED);
        return true;
    }

    /** Something is gone between what was handed over and what comes next, which is told. */
    void forget() {
        from = null;
        lines = 0;
        entries = 0;
        lost = false;
        gate = null;
    }
}
