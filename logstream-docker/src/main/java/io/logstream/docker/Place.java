package io.logstream.docker;

import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A place between two entries in the log of one container, and what is known of the entries before it. Not threadsafe.
 *
 * <p>The daemon numbers nothing. What it gives are times: within one channel they never go back, and all parts of one line
 * have the same. So a place is told per channel by the time of the last entry before it and by how many entries with that
 * time there were; and between the channels by which of them has the very last one, the <em>anchor</em>: what follows it in
 * the log's file follows the place.
 *
 * <pre>{@code
 * position:  version (1)  place  [ place from which on the log is to be compared  lines (8)  entries (8)  bytes (8) ]
 * place:     container (8)  flags (1)  anchor (1)  started (8)  { time (8)  count (4) } per channel
 * }</pre>
 *
 * The part in brackets is there in version 2 only, see {@link Trace}.
 */
final class Place {
    /** The time of a channel, or of a container's start, where there is none. */
    static final long NONE = Long.MIN_VALUE;

    private static final int VERSION = 1;
    private static final int TRACED = 2;
    /** How many bytes it takes. */
    static final int LENGTH = 8 + 1 + 1 + 8 + 2 * 12;

    private static final int FINISHED = 4;
    private static final int OVER = 8;
    private static final int CUT = 16;
    private static final int SEEN = 32;

    /** What is known of the end of a run, each more than the one before. */
    enum End {
        /** More may come. */
        OPEN,
        /** The daemon has told the log to its end, but was not asked whether the container has ended. */
        SAID,
        /** It has told the log to its end when the container had ended, and was not away at that time. */
        SEEN;

        End or(End other) {
            return compareTo(other) < 0 ? other : this;
        }
    }

    /** A hash of the container's id. */
    long container;
    /** When the container was started whose entries come now, or {@link #NONE}. */
    long started = NONE;
    /** Whether its end was told. */
    boolean finished;
    /** Whether all is before it that was written in this run. */
    End end = End.OPEN;
    /** Whether a run behind it has ended while the daemon was perhaps away, so that something may be lost, which is not told yet. */
    boolean cut;
    /** The channel of the last entry before this place, or -1. */
    int anchor = -1;
    /** Per channel: the time of its last entry before this place; or a time before which nothing is wanted, with count 0. */
    final long[] time = {NONE, NONE};
    /** How many entries with that time there were. */
    final int[] count = new int[2];
    /** Whether a line of the channel has no end yet. */
    final boolean[] open = new boolean[2];

    /** A place before the first entry. */
    Place(long container) {
        this.container = container;
    }

    /** Before the first entry of any channel whose time is not before this one. */
    static Place since(long container, Instant time) {
        long epochNanos;
        try {
            epochNanos = Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        } catch (ArithmeticException e) {
            epochNanos = time.getEpochSecond() < 0 ? 0 : Long.MAX_VALUE;
        }
        return since(container, epochNanos);
    }

    static Place since(long container, long epochNanos) {
        Place place = new Place(container);
        place.time[0] = epochNanos;
        place.time[1] = epochNanos;
        return place;
    }

    Place copy() {
        Place copy = new Place(container);
        copy.started = started;
        copy.finished = finished;
        copy.end = end;
        copy.cut = cut;
        copy.anchor = anchor;
        System.arraycopy(time, 0, copy.time, 0, 2);
        System.arraycopy(count, 0, copy.count, 0, 2);
        System.arraycopy(open, 0, copy.open, 0, 2);
        return copy;
    }

    /** Goes past an entry. */
    void pass(int channel, long at, boolean unfinished) {
        if (at == time[channel]) {
            count[channel]++;
        } else {
            time[channel] = at;
            count[channel] = 1;
        }
        open[channel] = unfinished;
        anchor = channel;
        end = End.OPEN;
    }

    /**
     * Whether a line has no end behind an entry. One without a line end is a part of a line if it is long enough, otherwise
     * the end of one; one without any bytes changes nothing.
     *
     * @param before whether the line had none before it
     * @param partBytes how long is long enough
     */
    static boolean isOpenAfter(boolean before, byte[] bytes, int from, int to, int partBytes) {
        return to > from ? bytes[to - 1] != '\n' && to - from >= partBytes : before;
    }

    /** A place right before an entry of which nobody knows what comes before it in the file. */
    static Place before(int channel, long at, Place known) {
        Place place = known.copy();
        place.anchor = -1;
        place.time[channel] = at;
        place.count[channel] = 0;
        place.open[channel] = false;
        return place;
    }

    /** The earliest time of an entry that is needed to find this place again, or {@link #NONE} if all are. */
    long earliest() {
        if (anchor < 0) {
            return Math.min(time[0], time[1]);
        }
        long earliest = time[anchor];
        for (int c = 0; c < 2; c++) {
            earliest = open[c] ? Math.min(earliest, time[c]) : earliest;
        }
        return earliest;
    }

    /** Whether the last entry before it is not earlier than this time, if that is known. */
    boolean isAsLateAs(long known) {
        return known != NONE && anchor >= 0 && time[anchor] >= known;
    }

    /** Whether the container had not been started, for all that was seen of it. */
    boolean isBeforeTheFirstRun() {
        return started == NONE && anchor < 0;
    }

    /** Whether nothing comes before it, and all is wanted. */
    boolean isBeginning() {
        return anchor < 0 && earliest() == NONE;
    }

    /**
     * The position of this place.
     *
     * @param trace what is to be compared before it
     */
    SourcePosition position(long linesBefore, Trace trace) {
        ByteBuffer bytes = ByteBuffer.allocate(1 + LENGTH + trace.length());
        bytes.put((byte) (trace.length() > 0 ? TRACED : VERSION));
        write(bytes);
        trace.write(bytes, this);
        return SourcePosition.of(bytes.array(), linesBefore);
    }

    void write(ByteBuffer bytes) {
        int flags = (open[0] ? 1 : 0) | (open[1] ? 2 : 0) | (finished ? FINISHED : 0) | (cut ? CUT : 0);
        flags |= end == End.OPEN ? 0 : end == End.SAID ? OVER : OVER | SEEN;
        bytes.putLong(container).put((byte) flags).put((byte) anchor).putLong(started);
        for (int c = 0; c < 2; c++) {
            bytes.putLong(time[c]).putInt(count[c]);
        }
    }

    /**
     * The place of a position, or null if this is none of ours.
     *
     * @param trace takes what is to be compared before it
     */
    static @Nullable Place of(SourcePosition position, Trace trace) {
        ByteBuffer bytes = ByteBuffer.wrap(position.data());
        int version = bytes.hasRemaining() ? bytes.get() : 0;
        boolean traced = version == TRACED && bytes.remaining() == LENGTH + Trace.LENGTH;
        if (!traced && (version != VERSION || bytes.remaining() != LENGTH)) {
            return null;
        }
        Place place = read(bytes);
        if (traced) {
            trace.read(bytes);
        }
        return place;
    }

    static Place read(ByteBuffer bytes) {
        Place place = new Place(bytes.getLong());
        int flags = bytes.get();
        place.open[0] = (flags & 1) != 0;
        place.open[1] = (flags & 2) != 0;
        place.finished = (flags & FINISHED) != 0;
        place.end = (flags & OVER) == 0 ? End.OPEN : (flags & SEEN) == 0 ? End.SAID : End.SEEN;
        place.cut = (flags & CUT) != 0;
        place.anchor = Math.max(-1, Math.min(1, bytes.get()));
        place.started = bytes.getLong();
        for (int c = 0; c < 2; c++) {
            place.time[c] = bytes.getLong();
            place.count[c] = bytes.getInt();
        }
        return place;
    }

    /** What the container can be asked for by: the beginning of its id. */
    String reference() {
        return String.format("%016x", container);
    }

    /** A hash of a container's id: its first 16 digits, as ids are random. */
    static long hash(String id) {
        return Long.parseUnsignedLong(id.substring(0, 16), 16);
    }
}
