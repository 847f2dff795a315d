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
    static final int LENGTH = Place.LENGTH + 8 + 8 + 8;

    private static final int MAX_CARRIED = 20_000; // entries: all of them are read again before anything new is
    private static final long UNKNOWN = Long.MAX_VALUE;
    private static final int PART = 8 * 1024; // as long as this, an entry may be one of the parts of a line
    private static final int A_PART = 256; // what may be written with one, and with the last one, which may be short
    private static final long LOST = -1; // lines, in a position

    private @Nullable Place from;
    private long lines;
    private long entries;
    private boolean lost; // something was not compared, and is not known any more
    private long logged = UNKNOWN; // how many bytes the log's file has at most
    private long rotatedAt;
    private int aByte = 1; // how many an entry's byte may be in the file
    private int anEntry; // and how many are around them: its channel, its time

    // while the log is read again
    private @Nullable Gate gate;
    private long found;
    private boolean torn;

    /**
     * The log is of this kind.
     *
     * @param rotatedAtBytes see {@link DockerReader#rotatedAt}
     * @param local whether it is of the driver local, else of json-file, which escapes what is not plain text
     * @param counted whether an entry's size in the file is known from what is read
     */
    void describe(long rotatedAtBytes, boolean local, boolean counted) {
        rotatedAt = rotatedAtBytes;
        aByte = local ? 1 : 6;
        anEntry = local ? 48 : 128;
        logged = counted ? logged : UNKNOWN;
    }

    /** Whether the log may have been rotated: not one that has been read from its beginning, and is too short. */
    private boolean mayBeRotated() {
        return logged >= rotatedAt;
    }

    /** What comes next is to be compared, from a place on behind which something was handed over, if nothing is yet. */
    void beginAt(Place place) {
        if (from == null && place.anchor >= 0 && mayBeRotated()) {
            from = place.copy();
        }
    }

    /** An entry was handed over, and the place is right behind it; whether it is to be compared. */
    boolean add(Place place, boolean endsLine) {
        if (from != null) {
            entries++;
            lines += endsLine ? 1 : 0;
        } else if (mayBeRotated()) {
            from = place.copy();
        }
        return from != null;
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
        logged += logged == UNKNOWN ? 0 : (long) aByte * bytes + anEntry + (bytes < PART ? 0 : A_PART);
    }

    /** Whether the daemon may have left something out that was not found yet. */
    boolean isOpen() {
        return lost || entries > 0;
    }

    /** How many bytes it takes in a position: none where nothing is known that is worth it. */
    int length() {
        return from != null || rotatedAt > 0 && logged != UNKNOWN ? LENGTH : 0;
    }

    /**
     * Writes it, or where it is too long to be read again whenever reading begins, that something was not compared.
     *
     * @param place up to which all was handed over
     */
    void write(ByteBuffer bytes, Place place) {
        if (length() > 0) {
            boolean much = lost || entries > MAX_CARRIED;
            (from == null || much ? place : from).write(bytes);
            bytes.putLong(much ? LOST : lines).putLong(much ? 0 : entries).putLong(logged);
        }
    }

    void read(ByteBuffer bytes) {
        from = Place.read(bytes);
        lines = bytes.getLong();
        entries = Math.max(0, Math.min(MAX_CARRIED, bytes.getLong()));
        logged = bytes.getLong();
        lost = lines == LOST;
        lines = Math.max(0, lines);
        from = lost || entries > 0 ? from : null; // or it begins at this place anyway
        logged = logged < 0 ? UNKNOWN : logged;
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
            case BACK -> {
                gate = null; // the clock was set back: nobody can tell
                torn = entries > 0;
            }
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
        boolean unknown = lost || torn;
        long missing = gate == null ? 0 : found - lines;
        reset();
        from = place.copy();
        if (!unknown && missing <= 0) {
            return false;
        }
        sink.gap(unknown ? -1 : missing, unknown ? Gap.Reason.ROTATED : Gap.Reason.DROPPED);
        return true;
    }

    /** Something is gone between what was handed over and what comes next, which is told. */
    void forget() {
        reset();
        logged = UNKNOWN;
    }

    private void reset() {
        from = null;
        lines = 0;
        entries = 0;
        lost = false;
        torn = false;
        gate = null;
    }
}
