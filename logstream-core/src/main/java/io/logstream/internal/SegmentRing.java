package io.logstream.internal;

import io.logstream.LogEntry;
import io.logstream.LogLine;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One append-only sequence of lines, of which the newest are retained: history and live in one. A chain of
 * {@link Segment}s, bounded in lines and bytes; the oldest is unlinked, and its memory used again if nobody reads it.
 *
 * <h2>Implementation notes</h2>
 *
 * <p>Slots number lines and markers; sequences number lines only. {@code head <= slot < tail} is what is retained.
 *
 * <p>Linearization points: a line is published by the volatile store of {@code tail}, an eviction happens at the volatile
 * store of {@code head}. The store of {@code tail} comes before the publisher's look at who sleeps ({@link SerialTask}),
 * and a reader's going to sleep before its last look at {@code tail}: both need a full fence, which volatile gives and
 * release and acquire do not.
 *
 * <pre>
 * field            | read                         | written                     | guard
 * tail             | volatile, by anyone          | volatile, last of all       | lock
 * tailSequence     | volatile, by anyone          | release, before tail        | lock
 * head             | volatile, by anyone          | volatile                    | lock
 * headSequence,    | volatile, by anyone          | volatile                    | lock
 *   footprint      |                              |                             |
 * first, last      | volatile, by anyone          | volatile, before head       | lock
 *                  |                              | or tail                     |
 * Segment.next     | volatile, by anyone          | volatile, before tail; when | lock
 *                  |                              | it is evicted, after head   |
 * bytes, starts,   | plain, slots before a tail   | plain, before tail          | lock
 *   times, flags   | that was read                |                             |
 * Segment.pins     | volatile, after next         | volatile, before a cursor   | none
 *                  |                              | reads next                  |
 * markers,         | plain, at any time           | a longer copy, after a      | lock
 *   checkpoints    |                              | release fence               |
 * plain, common-   | plain, after tail: what it   | plain, before tail; only    | lock
 *   Terminator     | says of more lines is true   | ever to say less            |
 *                  | of fewer                     |                             |
 * the others       | plain, under the lock        | plain                       | lock
 * </pre>
 *
 * <p>Invariants: a segment's data before {@code tail} never changes while it is retained or {@linkplain Segment#pin pinned}, so
 * a reader needs no check after it has read. Who holds the lock needs no pin for what is retained; a {@link Cursor} does. An
 * evicted segment is looked at once, by who evicts it, after {@code next}: if it is not pinned then, it never will be. A
 * segment that holds lines takes no marker; {@code first.firstSlot == head} unless nothing is retained; an evicted
 * segment's {@code next} is {@link Segment#EVICTED}.
 */
final class SegmentRing {
    private static final VarHandle TAIL_SEQUENCE;

    static {
        try {
            TAIL_SEQUENCE = MethodHandles.lookup().findVarHandle(SegmentRing.class, "tailSequence", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int FIRST_BYTES = 2048;
    private static final int MAX_BYTES = 64 * 1024;
    /** From how many bytes on whole lines get segments of their own, with no room in them for others. */
    static final int BULK_BYTES = 32 * 1024;
    /** Of such a segment: collectors treat as ordinary what is not half of a region, of at least 1 MiB. */
    private static final int MAX_FILLED_BYTES = 256 * 1024;

    private static final int MIN_LINES = 16;
    private static final byte[][] NO_WINDOWS = {{}, {}};

    /** Held by whoever appends, evicts, or joins a reader at a place that must not be evicted meanwhile. */
    final ReentrantLock lock = new ReentrantLock();

    final long epoch;
    private final MemoryBudget budget;
    private final Owner owner;
    private final int retainLines;
    final long retainBytes;
    private final boolean masked;
    private final int bulkBytes;

    private volatile long tail;
    private volatile long head;
    private volatile @Nullable Segment first;
    private volatile @Nullable Segment last;
    private volatile long footprint;
    private volatile long tailSequence;
    private volatile long headSequence;

    private Place next;
    private byte[][] windows = NO_WINDOWS;
    private long charged;
    private @Nullable Segment spare;
    private long spareBytes;
    private boolean freed;

    /** Whom a ring belongs to. */
    @FunctionalInterface
    interface Owner {
        /** Its oldest lines have gone to make room for others; told on any thread. */
        void evicted();
    }

    /**
     * A ring that retains nothing yet.
     *
     * @param bulkBytes {@link #BULK_BYTES}, or another number for tests
     */
    SegmentRing(
            long epoch,
            long firstSequence,
            long linesBefore,
            int retainLines,
            long retainBytes,
            boolean masked,
            int bulkBytes,
            MemoryBudget budget,
            Owner owner) {
        this.epoch = epoch;
        this.retainLines = retainLines;
        this.retainBytes = retainBytes;
        this.masked = masked;
        this.bulkBytes = bulkBytes;
        this.budget = budget;
        this.owner = owner;
        next = new Place(firstSequence, firstSequence, linesBefore);
        tail = firstSequence;
        head = firstSequence;
        tailSequence = firstSequence;
        headSequence = firstSequence;
    }

    // ---- reading, by any thread

    long tail() {
        return tail;
    }

    long head() {
        return head;
    }

    long tailSequence() {
        return tailSequence;
    }

    long headSequence() {
        return headSequence;
    }

    long footprint() {
        return footprint;
    }

    /** The segment that holds a slot or, for the tail, would; null if it is evicted or nothing was ever there. */
    @Nullable
    Segment locate(long slot) {
        Segment newest = last;
        if (newest != null && slot >= newest.firstSlot) {
            return newest;
        }
        for (Segment s = first; s != null && s != Segment.EVICTED && slot >= s.firstSlot; ) {
            Segment n = s.next;
            if (n == null || (n != Segment.EVICTED && slot < n.firstSlot)) {
                return s;
            }
            s = n;
        }
        return null;
    }

    // ---- joining, under the lock

    /** The slot of a line that is retained. */
    long slotOf(long sequence) {
        assert lock.isHeldByCurrentThread();
        for (Segment s = first; s != null; s = s.next) {
            if (sequence < s.firstSequence + s.lines) {
                return s.slot((int) (sequence - s.firstSequence));
            }
        }
        return tail;
    }

    /** The slot of the first line since a time. */
    long slotSince(long epochNanos) {
        assert lock.isHeldByCurrentThread();
        for (Segment s = first; s != null; s = s.next) {
            for (int i = 0; i < s.lines; i++) {
                if (s.time(i) >= epochNanos) {
                    return s.slot(i);
                }
            }
        }
        return tail;
    }

    // ---- writing, under the lock

    /** The number of complete lines so far is not known. */
    boolean isUncounted() {
        Segment segment = last;
        return (segment == null ? next : segment.start).lines() < 0;
    }

    /** Where the next line will be. */
    Place next() {
        assert lock.isHeldByCurrentThread();
        Segment segment = last;
        return segment == null ? next : segment.placeAt(nextSlot());
    }

    /** Puts the run at a place that an earlier run had reached. */
    void begin(Place place) {
        assert lock.isHeldByCurrentThread() && last == null;
        next = place;
    }

    /** Appends one line with its terminator. It is seen after {@link #publish}, or sooner. */
    void append(byte[] source, int from, int length, int rawLength, int flag, long time) {
        assert lock.isHeldByCurrentThread();
        Segment segment = last;
        if (segment == null || !segment.hasRoom(length)) {
            segment = roomFor(length);
        }
        segment.add(source, from, length, rawLength, flag, time);
    }

    /** Appends whole lines, as far as there are some that are not too long; returns where it stopped. */
    int appendLines(byte[] source, int from, int to, int maxLine, int channel, boolean sourceTime, long time) {
        assert lock.isHeldByCurrentThread();
        int flag = flag(channel, LogLine.Ending.LF, false, sourceTime);
        int crlf = flag(channel, LogLine.Ending.CRLF, false, sourceTime);
        int at = from;
        for (Segment segment = last; at < to; ) {
            int end = segment == null ? at : segment.addLines(source, at, to, maxLine, flag, crlf, time);
            if (end == at && Math.min(to - at, maxLine) >= bulkBytes) {
                end = fill(source, at, to, maxLine, flag, crlf, time);
                segment = last;
            }
            if (end == at) {
                int feed = LineFeeds.first(source, at, to);
                if (feed < 0 || feed - at > maxLine) {
                    break;
                }
                segment = roomFor(feed + 1 - at);
            }
            at = end;
        }
        return at;
    }

    /** Appends something that stands before the next line. It is seen after {@link #publish}, or sooner. */
    void append(LogEntry marker) {
        assert lock.isHeldByCurrentThread();
        Segment segment = last;
        if (segment == null || segment.lines > 0 || segment.markerCount >= MIN_LINES) {
            segment = link(next());
        }
        long before = segment.footprint();
        segment.add(marker);
        charge(segment.footprint() - before);
    }

    /** Remembers where a reader could be opened to get the next bytes. */
    void append(Checkpoint checkpoint) {
        assert lock.isHeldByCurrentThread();
        Segment segment = last;
        if (segment == null) {
            next = next.covers(checkpoint) ? next.with(checkpoint) : next; // it may be behind an unfinished line
        } else {
            segment.add(checkpoint);
        }
    }

    /** Corrects the count of complete lines before the next line; -1 to forget it. */
    void countLines(long lines) {
        assert lock.isHeldByCurrentThread();
        Place counted = next().withLines(lines);
        if (last == null) {
            next = counted;
        } else {
            link(counted);
        }
    }

    /** Makes visible what was appended. */
    void publish() {
        assert lock.isHeldByCurrentThread();
        Segment segment = last;
        if (segment != null) {
            TAIL_SEQUENCE.setRelease(this, segment.firstSequence + segment.lines); // the fence is behind the tail
            tail = segment.slot(segment.lines);
        }
    }

    /** Whether the oldest segment is more than is to be retained. */
    boolean isOverfull() {
        Segment oldest = first;
        Segment second = oldest == null || oldest == last ? null : oldest.next;
        return second != null && (footprint > retainBytes || tailSequence - second.firstSequence >= retainLines);
    }

    /** Evicts what is too much, but nothing from a slot on that somebody blocks for. */
    void trim(long gate) {
        while (isOverfull() && Objects.requireNonNull(Objects.requireNonNull(first).next).firstSlot <= gate) {
            keepSpare(evictOldest());
        }
    }

    /** Makes room in the budget; by any thread. */
    boolean tryEvictOldest() {
        if (!lock.tryLock()) {
            return false;
        }
        boolean byAnother = lock.getHoldCount() == 1;
        try {
            if (dropSpare()) {
                return true;
            }
            boolean inUse = first == last && (lock.getHoldCount() > 1 || tail != nextSlot());
            if (first == null || inUse) {
                return false;
            }
            evictOldest();
        } finally {
            lock.unlock();
        }
        if (byAnother) {
            owner.evicted();
        }
        return true;
    }

    /** Gives up all history, for good. */
    void free() {
        lock.lock();
        try {
            while (first != null) {
                evictOldest();
            }
            dropSpare();
            freed = true;
            budget.leave(this);
        } finally {
            lock.unlock();
        }
    }

    private Segment evictOldest() {
        Segment oldest = Objects.requireNonNull(first);
        if (oldest == last) {
            next = next();
            windows = masked ? windows : currentWindows();
            last = null;
            first = null;
        } else {
            first = oldest.next;
        }
        Segment second = first;
        headSequence = second == null ? next.sequence() : second.firstSequence;
        head = second == null ? next.slot() : second.firstSlot;
        oldest.next = Segment.EVICTED;
        charge(-oldest.footprint());
        return oldest;
    }

    private Segment roomFor(int length) {
        int average = averageLine();
        int most = (int) Math.min(MAX_BYTES, mostBytes());
        int wanted = (int) Math.max(FIRST_BYTES, Math.min(most, footprint / 4)); // so that little is empty
        int lines = linesIn(wanted, average);
        int bytes = (int) Math.max(length, Math.min(wanted, (lines + 1L) * average));
        Segment segment = withoutRoom();
        long before = segment.footprint();
        segment.reserve(bytes, lines, masked);
        charge(segment.footprint() - before);
        return segment;
    }

    /**
     * Takes a segment for many lines at once, about as large as they are; returns where it stopped, which is where it began
     * if a segment may not be as large as that.
     */
    private int fill(byte[] source, int from, int to, int maxLine, int flag, int crlf, long time) {
        int average = averageLine();
        int unit = bulkBytes / 8; // so that the memory of one fits another that is only somewhat larger
        long most = Math.min(Math.min(MAX_FILLED_BYTES, mostBytes()), (long) mostLines() * average) / unit * unit;
        int length = (int) Math.min(to - from, most);
        if (length < bulkBytes) {
            return from;
        }
        int lines = linesIn(length, average);
        Segment segment = withoutRoom();
        long before = segment.footprint();
        boolean fits = spare != null && spare.fits(length, Math.min(2L * length, mostBytes()), lines);
        Segment evicted = fits ? spare : null;
        int bytes = (length + unit - 1) / unit * unit;
        int room = Math.min(mostLines(), lines + lines / 8);
        int end = segment.fill(evicted, source, from, from + length, bytes, room, maxLine, flag, crlf, time);
        if (end > from) {
            dropSpare(); // it is in use again, or does not fit
        }
        charge(segment.footprint() - before);
        return end;
    }

    /** Keeps an evicted segment whose memory can be used again, as a part of what this ring retains. */
    private void keepSpare(Segment evicted) {
        if (spare == null && evicted.isReusable()) {
            spare = evicted;
            spareBytes = evicted.footprint();
            charge(spareBytes);
        }
    }

    private boolean dropSpare() {
        boolean kept = spare != null;
        if (kept) {
            spare = null;
            charge(-spareBytes);
        }
        return kept;
    }

    /** The newest segment, if nothing was reserved in it, or another one. */
    private Segment withoutRoom() {
        Segment segment = last;
        return segment == null || segment.flags.length > 0 ? link(next()) : segment;
    }

    private int averageLine() {
        Segment segment = last;
        return segment == null || segment.lines == 0 ? 64 : Math.max(1, segment.used() / segment.lines);
    }

    private long mostBytes() {
        return Math.max(FIRST_BYTES, Math.min(retainBytes / 8, budget.share() / 4));
    }

    /** For how many lines to have room in so many bytes. */
    private int linesIn(int bytes, int average) {
        return Math.min(mostLines(), bytes / Math.max(8, average) * 5 / 4 + MIN_LINES);
    }

    private int mostLines() {
        return Math.max(MIN_LINES, retainLines / 8);
    }

    private Segment link(Place start) {
        Segment segment = new Segment(start, masked ? null : currentWindows());
        Segment newest = last;
        publish();
        if (newest == null) {
            first = segment;
        } else {
            newest.next = segment;
        }
        last = segment;
        charge(segment.footprint());
        return segment;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    private void charge(long bytes) {
        footprint += bytes;
        if (freed) {
            return; // what a stuck source still brings goes with the ring
        }
        if (bytes > 0) {
            if (charged == 0) {
                budget.join(this); // only now: who holds nothing takes no share
            }
            charged += bytes;
            budget.reserve(bytes);
        } else {
            budget.release(-bytes);
        }
    }

    /** All the memory that was ever taken. */
    long charged() {
        assert lock.isHeldByCurrentThread();
        return charged;
    }

    /** The slot that comes next. */
    long nextSlot() {
        Segment segment = last;
        return segment == null ? next.slot() : segment.slot(segment.lines);
    }

    private byte[][] currentWindows() {
        Segment segment = last;
        if (segment == null) {
            return windows;
        }
        long slot = nextSlot();
        return new byte[][] {segment.window(0, slot), segment.window(1, slot)};
    }

    /** The memory from the segment of a slot on. */
    long footprintFrom(long slot) {
        assert lock.isHeldByCurrentThread();
        long sum = footprint;
        for (Segment s = first; s != null && s != last; s = s.next) {
            Segment n = s.next;
            if (n == null || n.firstSlot > slot) {
                break;
            }
            sum -= s.footprint();
        }
        return sum;
    }

    /** The first slot from which on no more than some bytes are retained. */
    long slotWithAtMost(long bytes) {
        assert lock.isHeldByCurrentThread();
        long rest = footprint;
        for (Segment s = first; s != null && s != last; s = s.next) {
            if (rest <= bytes) {
                return s.firstSlot;
            }
            rest -= s.footprint();
        }
        Segment newest = last;
        return newest != null && rest <= bytes ? newest.firstSlot : tail;
    }

    static int flag(int channel, LogLine.Ending ending, boolean continuation, boolean sourceTime) {
        return channel
                | ending.ordinal() << 1
                | (continuation ? Segment.CONTINUATION : 0)
                | (sourceTime ? Segment.SOURCE_TIME : 0);
    }
}
