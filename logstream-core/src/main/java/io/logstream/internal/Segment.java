package io.logstream.internal;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogEntry;
import io.logstream.LogLine;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A run of consecutive slots: first markers (events and gaps upstream, which stand before a line), then lines.
 *
 * <pre>
 * slots   | marker | marker | line 0 | line 1 | ...
 * bytes   | line 0 | terminator | line 1 | terminator | ...        the source's own bytes, unless masked
 * starts  | where line 0 begins | line 1 | ... | where the last one's terminator ends
 * flags   bit 0 channel, bits 1-3 ending, bit 4 continuation, bit 5 the time is the source's
 * </pre>
 *
 * <p>Written by one thread at a time, under the ring's lock. What lies before the ring's tail does not change as long as it
 * is retained or pinned, so that any thread may read it that has read the tail; see {@link SegmentRing}.
 */
final class Segment {
    /** How many bytes before a place are hashed into a token. */
    static final int WINDOW = 64;

    /** Takes the place of {@code next} in a segment that was evicted, so that a reader in it can't keep others alive. */
    static final Segment EVICTED = new Segment(new Place(Long.MIN_VALUE, 0, 0), null);

    private static final int ENDING = 7 << 1;
    static final int CONTINUATION = 16;
    static final int SOURCE_TIME = 32;

    /** The first of the {@linkplain LogLine.Ending endings} that end only a part of a line. */
    private static final int FIRST_PARTIAL = LogLine.Ending.CR.ordinal() << 1;

    /**
     * How long the terminator is, two bits for each {@link LogLine.Ending}: an implied one is kept as a line feed, so that
     * every end of a line has a place of its own.
     */
    private static final int TERMINATORS = 0b00_01_01_10_01;

    /** Says that lines have terminators of different length. */
    static final int MIXED = -1;

    private static final byte[] NO_BYTES = {};
    private static final int[] NO_LINES = {0};
    private static final long[] NO_TIMES = {};
    private static final LogLine.Ending[] ENDINGS = LogLine.Ending.values();
    private static final Channel[] CHANNELS = Channel.values();

    /** How far to look for the ends of lines at a time, if none may be longer. */
    private static final int PORTION = 8192;

    private static final int OVERHEAD = 256;
    private static final int PER_LINE = 5; // and the time

    final long firstSlot;
    final long firstSequence;
    final Place start;
    byte[] bytes = NO_BYTES;
    int[] starts = NO_LINES;
    /** When they came; the last one is that of all lines behind it, too. */
    long[] times = NO_TIMES;

    byte[] flags = NO_BYTES;
    int @Nullable [] rawLengths;
    private final byte @Nullable [][] windows;
    LogEntry[] markers = {};
    int markerCount;
    volatile @Nullable Segment next;

    private static final VarHandle PINS;

    static {
        try {
            PINS = MethodHandles.lookup().findVarHandle(Segment.class, "pins", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** How many cursors read it. */
    private volatile int pins;

    private Checkpoint[] checkpoints = {};
    int lines;
    private boolean plain = true;
    private boolean full;
    private int commonTerminator = MIXED;

    /**
     * A segment without room.
     *
     * @param windows per channel the last bytes before this segment, for the hash in tokens; null where masked
     */
    Segment(Place start, byte @Nullable [][] windows) {
        this.start = start;
        this.firstSlot = start.slot();
        this.firstSequence = start.sequence();
        this.windows = windows;
    }

    // ---- writing, under the ring's lock

    /** Makes room for lines; called once, before the first. */
    void reserve(int byteCapacity, int lineCapacity, boolean masked) {
        bytes = new byte[byteCapacity];
        starts = new int[lineCapacity + 1];
        times = new long[lineCapacity];
        flags = new byte[lineCapacity];
        rawLengths = masked ? new int[lineCapacity] : null;
    }

    long footprint() {
        long perLine = rawLengths == null ? PER_LINE : PER_LINE + 4;
        return OVERHEAD + bytes.length + perLine * flags.length + 8L * times.length + 256L * markers.length;
    }

    boolean hasRoom(int length) {
        return !full && lines < flags.length && length <= bytes.length - used();
    }

    int used() {
        return starts[lines];
    }

    /** Adds a line with its terminator; it is not visible before the ring's tail moves. */
    void add(byte[] source, int from, int length, int rawLength, int flag, long time) {
        int at = used();
        System.arraycopy(source, from, bytes, at, length);
        starts[lines + 1] = at + length;
        times[lines] = time;
        flags[lines] = (byte) flag;
        int[] raw = rawLengths;
        if (raw != null) {
            raw[lines] = rawLength;
        }
        noteTerminator(terminator(flag));
        lines++;
        plain &= (flag & (1 | CONTINUATION)) == 0 && (flag & ENDING) < FIRST_PARTIAL;
    }

    /** Adds the whole lines that there is room for; returns where it stopped. */
    int addLines(byte[] source, int from, int to, int maxLine, int flag, int crlf, long time) {
        int at = used();
        int limit = Math.min(to, from + Math.min(bytes.length - at, Math.max(PORTION, maxLine + 2)));
        if (full || limit == from || maxLine < PORTION && LineFeeds.first(source, from, limit) - from > maxLine) {
            return from; // without looking at what follows, again for each such line
        }
        int before = lines;
        int found = LineFeeds.all(source, from, limit, starts, before + 1, bytes, at) - 1;
        int end = index(source, from, at - from, found, maxLine, flag, crlf);
        System.arraycopy(source, from, bytes, at, end - from);
        Arrays.fill(times, before, lines, time);
        return end;
    }

    /** Whether it has memory for so much, and not for too much more. */
    boolean fits(int length, long most, int lineCount) {
        return bytes.length >= length && bytes.length <= most && flags.length >= lineCount;
    }

    /**
     * Makes room for as many whole lines as there are, adds them, and leaves no room; called instead of {@link #reserve}.
     * Returns where it stopped; if that is where it began, this is still a segment without room.
     *
     * @param evicted whose memory {@linkplain #fits fits} and is used: fresh memory costs several times more than the copy
     * @param byteCapacity room to take where there is none evicted, at least for all the bytes
     */
    int fill(
            @Nullable Segment evicted,
            byte[] source,
            int from,
            int to,
            int byteCapacity,
            int lineCapacity,
            int maxLine,
            int flag,
            int crlf,
            long time) {
        starts = evicted != null ? evicted.starts : new int[lineCapacity + 1];
        flags = evicted != null ? evicted.flags : new byte[lineCapacity];
        byte[] work = evicted != null ? evicted.bytes : new byte[LineFeeds.CHUNK];
        int found = LineFeeds.all(source, from, to, starts, 1, work, 0) - 1;
        int end = index(source, from, -from, found, maxLine, flag, crlf);
        if (lines == 0) {
            starts = NO_LINES;
            flags = NO_BYTES;
            return from;
        }
        if (end - from < (to - from) / 2) { // too many lines, or one that is too long: what is left would stay empty
            bytes = Arrays.copyOfRange(source, from, end);
            starts = Arrays.copyOf(starts, lines + 1);
            flags = Arrays.copyOf(flags, lines);
        } else if (evicted != null) {
            System.arraycopy(source, from, work, 0, end - from);
            bytes = work;
            evicted.leaveMemory();
        } else {
            // With what happens to follow, so that it fits others, too. In this form the memory need not be cleared
            // before.
            bytes = Arrays.copyOfRange(source, from, from + byteCapacity);
        }
        times = new long[] {time};
        full = true;
        return end;
    }

    private void leaveMemory() {
        bytes = NO_BYTES;
        starts = NO_LINES;
        flags = NO_BYTES;
    }

    /** Makes lines of those that end at the places in {@code starts}, as far as none is too long; returns their end. */
    private int index(byte[] source, int from, int shift, int found, int maxLine, int flag, int crlf) {
        int end = from;
        int returns = 0;
        int line = lines;
        for (; line < found; line++) {
            int feed = starts[line + 1];
            if (feed - end > maxLine) {
                break;
            }
            boolean both = feed > end && source[feed - 1] == '\r';
            returns += both ? 1 : 0;
            flags[line] = (byte) (both ? crlf : flag);
            end = feed + 1;
            starts[line + 1] = end + shift;
        }
        if (line > lines) {
            plain &= (flag & 1) == 0;
            noteTerminator(returns == 0 ? 1 : returns == line - lines ? 2 : MIXED);
            lines = line;
        }
        return end;
    }

    private void noteTerminator(int length) {
        commonTerminator = lines == 0 || commonTerminator == length ? length : MIXED;
    }

    void add(LogEntry marker) {
        assert lines == 0 : "a marker stands before a line";
        if (markerCount == markers.length) {
            LogEntry[] longer = Arrays.copyOf(markers, Math.max(1, 2 * markerCount));
            VarHandle.releaseFence(); // the copies before the array, for readers of slots that were there before
            markers = longer;
        }
        markers[markerCount++] = marker;
    }

    void add(Checkpoint checkpoint) {
        Checkpoint[] longer = Arrays.copyOf(checkpoints, checkpoints.length + 1);
        longer[checkpoints.length] = checkpoint;
        VarHandle.releaseFence(); // the elements before the array: readers look at any time
        checkpoints = longer;
    }

    // ---- who reads it

    /** Whether it has no more room, so that its memory may be used again when it was evicted: only then it must be pinned. */
    boolean isFull() {
        return full;
    }

    /** Keeps its memory from being used again until {@link #unpin}; false if it was evicted before, and may have been. */
    boolean pin() {
        PINS.getAndAdd(this, 1);
        return next != EVICTED;
    }

    void unpin() {
        PINS.getAndAdd(this, -1);
    }

    /** Whether it was evicted and nobody reads it, so that its memory can be used again. */
    boolean isReusable() {
        return full && next == EVICTED && pins == 0;
    }

    // ---- reading: slots before the ring's tail only

    boolean isMarker(long slot) {
        return slot - firstSlot < markerCount;
    }

    LogEntry marker(long slot) {
        return markers[(int) (slot - firstSlot)];
    }

    /** The index of the line in a slot; for a marker's slot that of the line it stands before. */
    int line(long slot) {
        return (int) Math.max(0, slot - firstSlot - markerCount);
    }

    long slot(int line) {
        return firstSlot + markerCount + line;
    }

    long sequence(long slot) {
        return firstSequence + line(slot);
    }

    long time(int line) {
        return times[Math.min(line, times.length - 1)];
    }

    int from(int line) {
        return starts[line];
    }

    int length(int line) {
        int end = commonTerminator == MIXED ? terminator(flags[line]) : commonTerminator;
        return starts[line + 1] - starts[line] - end;
    }

    int rawLength(int line) {
        int[] raw = rawLengths;
        return raw == null ? starts[line + 1] - starts[line] : raw[line];
    }

    Channel channel(int line) {
        return CHANNELS[flags[line] & 1];
    }

    LogLine.Ending ending(int line) {
        return ENDINGS[(flags[line] & ENDING) >> 1];
    }

    boolean isComplete(int line) {
        return (flags[line] & ENDING) < FIRST_PARTIAL;
    }

    /** How long the terminators are of all lines before the ring's tail, or {@link #MIXED}. */
    int commonTerminator() {
        return commonTerminator;
    }

    static int terminator(int flag) {
        return TERMINATORS >> (flag & ENDING) & 3;
    }

    /** The number of a line since the source's beginning, or -1. */
    long lineNumber(int line) {
        long before = start.lines();
        return before < 0 ? -1 : before + completeBefore(line) + 1;
    }

    private int completeBefore(int line) {
        if (plain) {
            return line;
        }
        int complete = 0;
        for (int i = 0; i < line; i++) {
            complete += isComplete(i) ? 1 : 0;
        }
        return complete;
    }

    /** Bytes of both channels before a slot, since the run began. */
    long bytesBefore(long slot) {
        return start.bytes() + rawBefore(line(slot));
    }

    private long rawBefore(int line) {
        if (rawLengths == null) {
            return from(line);
        }
        long raw = 0;
        for (int i = 0; i < line; i++) {
            raw += rawLength(i);
        }
        return raw;
    }

    /** The place before a slot. */
    Place placeAt(long slot) {
        int line = line(slot);
        long out = start.out();
        long err = start.err();
        boolean midOut = start.midOut();
        boolean midErr = start.midErr();
        long lines = start.lines();
        long gapBefore = Long.MIN_VALUE;
        Place.Upstream upstream = start.upstream();
        for (int i = 0; i < Math.min(markerCount, slot - firstSlot); i++) {
            if (markers[i] instanceof Gap gap) {
                upstream = upstream.plus(gap);
                midOut = false;
                midErr = false;
                lines = lines < 0 || !gap.exact() ? -1 : lines + gap.lines();
                gapBefore = firstSlot + i;
            }
        }
        if (plain && rawLengths == null) {
            out += from(line);
            midOut &= line == 0;
        } else {
            for (int i = 0; i < line; i++) {
                if ((flags[i] & 1) == 0) {
                    out += rawLength(i);
                    midOut = !isComplete(i);
                } else {
                    err += rawLength(i);
                    midErr = !isComplete(i);
                }
            }
        }
        lines = lines < 0 ? -1 : lines + completeBefore(line);
        Checkpoint before = gapBefore == Long.MIN_VALUE ? start.checkpoint() : Checkpoint.NONE;
        Place place = new Place(slot, firstSequence + line, out, err, lines, midOut, midErr, before, upstream);
        return newest(place, gapBefore);
    }

    /** The place with the newest checkpoint that is not behind it, and behind the last gap upstream. */
    private Place newest(Place place, long gapBefore) {
        Checkpoint[] known = checkpoints;
        for (int i = known.length - 1; i >= 0; i--) {
            if (place.covers(known[i]) && known[i].slot() > gapBefore) {
                return place.with(known[i]);
            }
        }
        return place;
    }

    /** The last bytes of a channel before a slot, at most {@link #WINDOW}; empty where masked. */
    byte[] window(int channel, long slot) {
        byte[][] before = windows;
        if (before == null) {
            return NO_BYTES;
        }
        byte[] window = new byte[WINDOW];
        int at = WINDOW;
        boolean none = plain && channel == Channel.STDERR.ordinal();
        for (int i = none ? -1 : line(slot) - 1; i >= 0 && at > 0; i--) {
            if ((flags[i] & 1) == channel) {
                int n = Math.min(at, starts[i + 1] - starts[i]);
                at -= n;
                System.arraycopy(bytes, starts[i + 1] - n, window, at, n);
            }
        }
        int n = Math.min(at, before[channel].length);
        System.arraycopy(before[channel], before[channel].length - n, window, at - n, n);
        return Arrays.copyOfRange(window, at - n, WINDOW);
    }
}
