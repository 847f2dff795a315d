package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.ResumeToken;
import io.logstream.StreamOptions;
import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One run of one stream: its ring, the viewers' cursors in it, and who may hold it back. A stream that rested and is read
 * again has a new run, with a new epoch.
 */
final class Run implements SegmentRing.Owner {
    /** Bytes that one read should bring. */
    static final int READ_BYTES = 256 * 1024;

    private static final int KNOWN_GAPS = 64;
    private static final Cursor[] NO_CURSORS = {};
    private static final Queue<Place> NO_GAPS = new ArrayDeque<>(0);

    final StreamName name;
    final SegmentRing ring;
    final Intake intake;
    final StreamOptions options;
    final long firstSlot;
    private final TimeSource time;
    private final Executor pool;
    final Owner owner;
    /** Made for the second viewer: the only one needs none. */
    private @Nullable SerialTask dispatcher;

    volatile Cursor[] cursors = NO_CURSORS;
    volatile @Nullable EndReason end;
    volatile long liveSlot = Long.MAX_VALUE;
    volatile long liveSequence = Long.MAX_VALUE;
    volatile long upstreamGaps;
    private Queue<Place> gaps = NO_GAPS;
    private volatile @Nullable Place rest;
    private volatile boolean gated;
    private volatile boolean blocked;
    private long blockedSince;
    private volatile long unblockAt;
    private long lookedAt;
    private TimeSource.@Nullable Alarm patience;
    private @Nullable Token beganAt;

    /** Whom a run belongs to; told on any thread. */
    interface Owner {
        /** A blocked run has room again, or somebody's patience is over. */
        void unblocked();

        /** The source, or the feed, has come to its end. */
        void ended(Run run);
    }

    /**
     * @param linesBefore how many complete lines the source has before the first that will be read, or -1
     */
    Run(StreamName name, StreamOptions options, long linesBefore, Engine engine, Owner owner) {
        this.name = name;
        this.options = options;
        this.time = engine.time();
        this.owner = owner;
        this.pool = engine.delivery();
        long retainBytes = Math.min(options.retainBytes(), Math.max(4096, engine.budget().limit / 2));
        ring = new SegmentRing(
                engine.newEpoch(),
                engine.firstSequence(),
                linesBefore,
                options.retainLines(),
                retainBytes,
                options.mask() != null,
                engine.bulkBytes(),
                engine.budget(),
                this);
        firstSlot = ring.tail();
        intake = new Intake(this, options, (int) Math.min(options.maxLineBytes(), retainBytes / 4), time);
    }

    /** Wakes all viewers, however many there are, on a thread that delivers. */
    private final class Dispatcher extends SerialTask {
        @Override
        boolean step() {
            for (Cursor cursor : cursors) {
                cursor.wake();
            }
            return false;
        }

        @Override
        Executor executor() {
            return pool;
        }
    }

    // ---- publishing

    /** Makes visible what was appended. Under the ring's lock. */
    void commit() {
        ring.publish();
        if (ring.isOverfull()) {
            ring.trim(gated ? gate() : Long.MAX_VALUE);
        }
    }

    /** Remembers a gap upstream at a place, under the ring's lock. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void countUpstreamGap(Place before) {
        upstreamGaps++;
        gaps = gaps == NO_GAPS ? new ArrayDeque<>() : gaps;
        if (gaps.size() == KNOWN_GAPS) {
            gaps.remove();
        }
        gaps.add(before);
    }

    /** The gaps upstream before a slot that may not be retained any more; none where that is not known. */
    Place.Upstream upstreamBefore(long slot) {
        assert ring.lock.isHeldByCurrentThread();
        if (upstreamGaps > gaps.size() && gaps.element().slot() >= slot) {
            return Place.Upstream.NONE;
        }
        for (Place before : gaps) {
            if (before.slot() >= slot) {
                return before.upstream();
            }
        }
        return ring.next().upstream();
    }

    /** Wakes the viewers: the second half of publishing, at a cost that does not depend on their number. */
    void signal() {
        Cursor[] now = cursors;
        if (now.length == 1) {
            now[0].wake();
        } else if (now.length > 1) {
            Objects.requireNonNull(dispatcher).wake();
        }
    }

    @Override
    public void evicted() {
        signal();
    }

    /** Says that history is complete: what is read from now on is live. */
    void caughtUp() {
        if (liveSlot == Long.MAX_VALUE) {
            liveSequence = ring.tailSequence();
            liveSlot = ring.tail();
            signal();
        }
    }

    /** Ends the run; the first reason holds. */
    void end(EndReason reason) {
        ring.lock.lock();
        try {
            if (end == null) {
                end = reason;
            }
        } finally {
            ring.lock.unlock();
        }
        signal();
    }

    // ---- joining

    /** Adds a cursor at a place that is chosen while nothing can be evicted. */
    void join(Cursor cursor, Placing placing) {
        ring.lock.lock();
        try {
            placing.place(cursor);
            Cursor[] more = Arrays.copyOf(cursors, cursors.length + 1);
            more[cursors.length] = cursor;
            dispatcher = more.length > 1 && dispatcher == null ? new Dispatcher() : dispatcher; // before it is needed
            cursors = more;
            regate();
        } finally {
            ring.lock.unlock();
        }
    }

    void leave(Cursor cursor) {
        ring.lock.lock();
        try {
            int at = Arrays.asList(cursors).indexOf(cursor);
            if (at >= 0) {
                Cursor[] fewer = Arrays.copyOf(cursors, cursors.length - 1);
                System.arraycopy(cursors, at + 1, fewer, at, fewer.length - at);
                cursors = fewer;
            }
            regate();
        } finally {
            ring.lock.unlock();
        }
        progress();
    }

    /** Puts a cursor at its place in the ring, under the ring's lock. */
    @FunctionalInterface
    interface Placing {
        void place(Cursor cursor);
    }

    /** Whether this run began at the place that a token of another run tells. */
    boolean beganAt(Token token) {
        Token began = beganAt;
        return began != null
                && Objects.equals(began.position(), token.position())
                && began.out().equals(token.out())
                && began.err().equals(token.err());
    }

    /** Puts a run that has nothing yet at the place of a token of another run. */
    void beginAt(Token token) {
        beganAt = token;
        intake.beginAt(token);
        if (token.position() == null) {
            intake.gap(-1, Gap.Reason.RECONNECTED);
        }
    }

    // ---- being held back

    /** Looks again whether any cursor may hold the run back. Under the ring's lock. */
    void regate() {
        boolean any = false;
        for (Cursor cursor : cursors) {
            any |= cursor.policy() instanceof BackpressurePolicy.Block;
        }
        gated = any;
    }

    /** The slot from which on somebody blocks for what is retained. */
    private long gate() {
        long gate = Long.MAX_VALUE;
        long tail = ring.tail();
        for (Cursor cursor : cursors) {
            long slot = cursor.slot();
            gate = slot < tail && cursor.blocks() ? Math.min(gate, slot) : gate;
        }
        return gate;
    }

    /** How many bytes may be read now; 0 if the run is held back, and its owner will be told. */
    int room() {
        boolean before = blocked;
        int room = roomNow();
        if (before && !blocked) {
            owner.unblocked(); // for others who wait
        }
        return room;
    }

    private int roomNow() {
        ring.lock.lock();
        try {
            if (!gated) {
                blocked = false;
                return READ_BYTES;
            }
            long needed = blocked ? ring.retainBytes / 2 : Math.min(READ_BYTES, ring.retainBytes / 4);
            if (!blocked) {
                blockedSince = time.nanoTime();
                blocked = true; // before looking, since a viewer looks at this after it has moved
            }
            unblockAt = ring.slotWithAtMost(ring.retainBytes / 2);
            do {
                long free = free();
                if (free >= needed) {
                    blocked = false;
                    return (int) Math.min(READ_BYTES, free);
                }
            } while (!awaitPatience());
            return 0;
        } finally {
            ring.lock.unlock();
        }
    }

    /** Whether a feed may publish without waiting: looks closely only when memory was taken since it looked last. */
    boolean mayPublish() {
        if (!gated) {
            return true;
        }
        ring.lock.lock();
        try {
            if (!blocked && ring.charged() == lookedAt) {
                return true;
            }
            lookedAt = ring.charged();
        } finally {
            ring.lock.unlock();
        }
        return room() > 0;
    }

    private long free() {
        long gate = gate();
        return gate == Long.MAX_VALUE ? ring.retainBytes : ring.retainBytes - ring.footprintFrom(gate);
    }

    /** Sets an alarm for the first patience to end; false if one has ended, so that its viewer no longer blocks. */
    private boolean awaitPatience() {
        long now = time.nanoTime();
        long first = Long.MAX_VALUE;
        boolean released = false;
        for (Cursor cursor : cursors) {
            boolean behind = cursor.slot() < ring.tail();
            if (behind && cursor.blocks() && cursor.policy() instanceof BackpressurePolicy.Block block) {
                long since = Math.min(now - cursor.progressed(), now - blockedSince);
                long left = block.patience().toNanos() - since;
                if (left <= 0) {
                    cursor.release();
                    released = true;
                } else {
                    first = Math.min(first, left);
                }
            }
        }
        if (patience != null) {
            patience.cancel();
            patience = null;
        }
        if (!released && first < BackpressurePolicy.FOREVER.toNanos() / 2) {
            patience = time.after(Duration.ofNanos(first), owner::unblocked);
        }
        return !released;
    }

    boolean isBlocked() {
        return blocked;
    }

    /** A cursor has moved: it may be the last that the run waits for. */
    void progress(long from, long to) {
        if (from < unblockAt && to >= unblockAt) {
            owner.unblocked();
        }
    }

    /** Somebody may hold this run back no longer. */
    void progress() {
        if (blocked) {
            owner.unblocked();
        }
    }

    long now() {
        return time.nanoTime();
    }

    // ---- places

    /** The place before a slot. Under the ring's lock, for a slot that is retained. */
    Place placeAt(long slot) {
        Segment segment = ring.locate(slot);
        return segment == null ? ring.next() : segment.placeAt(slot);
    }

    /** The place of a slot in a segment, for a viewer that sleeps there: one for all who do. */
    Place restAt(long slot, Segment segment) {
        Place known = rest;
        if (known == null || known.slot() != slot) {
            known = segment.placeAt(slot);
            rest = known;
        }
        return known;
    }

    /** The token of a slot in a segment or right behind it, as the segment that follows knows it, if one does. */
    ResumeToken tokenAt(long slot, Segment segment) {
        Segment here = segment;
        for (Segment n = here.next; n != null && n != Segment.EVICTED && slot >= n.firstSlot; n = here.next) {
            here = n;
        }
        return token(here.placeAt(slot), here);
    }

    /**
     * The token of a place.
     *
     * @param segment the segment before or around it, or null if it is not at hand: then nothing can be compared later
     */
    ResumeToken token(Place place, @Nullable Segment segment) {
        return new Token(
                        name.idHash(),
                        name.sourceHash(),
                        ring.epoch,
                        place.slot(),
                        place.sequence(),
                        place.lines(),
                        place.checkpoint().position(),
                        side(0, place, segment),
                        side(1, place, segment))
                .encode();
    }

    private static Token.Side side(int channel, Place place, @Nullable Segment segment) {
        boolean midLine = channel == 0 ? place.midOut() : place.midErr();
        Checkpoint checkpoint = place.checkpoint();
        if (checkpoint.position() == null) {
            return new Token.Side(0, midLine, Token.Check.NONE);
        }
        long skip = place.emitted(channel) - checkpoint.handed(channel);
        byte[] window = segment == null ? new byte[0] : segment.window(channel, place.slot());
        int length = (int) Math.min(window.length, skip);
        return new Token.Side(skip, midLine, Token.Check.of(window, window.length - length, length));
    }
}
