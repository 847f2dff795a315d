package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogEntry;
import io.logstream.LogFilter;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One viewer's place in one run: finds what comes next, by the viewer's policy and filter, and keeps the account.
 *
 * <h2>Implementation notes</h2>
 *
 * <p>{@link #take} finds the next piece and leaves it in {@link #batch} or {@link #entry}; {@link #done} moves the place
 * behind it, once the viewer has got it. Both are the owner's alone, one thread at a time. The place and the counts are
 * written under the cursor's monitor, and so can be read by anyone at any moment between two callbacks.
 *
 * <p>A cursor holds a segment only while it reads; when it finds nothing more it keeps the {@link Place} instead, so that a
 * sleeping viewer pins no memory. One that is paused or not polled does the same when it is woken: see {@link #unpin}.
 */
final class Cursor {
    /** What {@link #take} found. */
    enum Found {
        /** Lines, in {@link #batch}. */
        LINES,
        /** A gap, in {@link #entry}. */
        GAP,
        /** An event, in {@link #entry}. */
        EVENT,
        /** Lines that the filter held back, or a place from which to look again. */
        SKIPPED,
        /** Nothing now. */
        NOTHING,
        /** Nothing more: {@link #end}. */
        END
    }

    private static final int SCAN = 1024;

    final Stream stream;
    final Run run;
    private final SegmentRing ring;
    private final Viewer owner;
    private final boolean follow;
    private volatile BackpressurePolicy policy;
    private volatile LogFilter filter;
    private volatile boolean released;
    private volatile long progressed;

    // the place and the account, written under this monitor
    private volatile long slot;
    private long sequence;
    private @Nullable Segment segment;
    private boolean pinned;
    private Place place;
    private Place.Upstream upstream;
    private long joined;
    private long delivered;
    private long filtered;
    private long lost;
    private long gaps;
    private long overBound;

    // how the owner goes on
    private static final long NONE = Long.MIN_VALUE;
    private long joinTail;
    private long joinTailSequence;
    private final long historyLines;
    private boolean live;
    private @Nullable ResumeToken expired; // until the viewer was told what is missing behind it
    private boolean elsewhere;
    private long keepUntil = NONE;
    private @Nullable EndReason end;
    private volatile @Nullable EndReason aborted;

    // what take found, for done
    private Move move = Move.NONE;
    private @Nullable Batch batch;
    private @Nullable LogEntry entry;
    private @Nullable Place target;
    private int taken;
    private int held;
    private int unjudged;

    /** How {@link #done} moves the place. */
    private enum Move {
        NONE,
        LINES,
        MARKER,
        JUMP,
        LIVE
    }

    Cursor(Stream stream, Run run, Viewer owner, SubscribeOptions options) {
        this.stream = stream;
        this.run = run;
        this.ring = run.ring;
        this.owner = owner;
        this.follow = options.follow();
        this.policy = options.policy();
        this.filter = options.filter();
        this.historyLines = options.replay() instanceof Replay.Last last
                ? last.lines()
                : options.replay() instanceof Replay.None ? 0 : Long.MAX_VALUE / 2;
        this.place = new Place(0, 0, -1);
        this.upstream = place.upstream();
    }

    // ---- joining, under the ring's lock

    /** Begins at a place that is retained. */
    void beginAt(Place start) {
        assert ring.lock.isHeldByCurrentThread();
        beginAt(start.slot(), start.sequence(), start);
    }

    /** Begins at a place of this run that is not retained any more: the first thing found is a gap. */
    void beginExpired(long atSlot, long atSequence, ResumeToken token) {
        expired = token;
        beginAt(atSlot, atSequence, run.placeAt(ring.head()));
        synchronized (this) {
            upstream = run.upstreamBefore(atSlot);
        }
    }

    /** Begins at a place of this run with a token of another one: nobody knows what is missing in between. */
    void beginAfterLoss(Place start, ResumeToken token) {
        expired = token;
        elsewhere = true;
        beginAt(start);
    }

    private synchronized void beginAt(long atSlot, long atSequence, Place start) {
        slot = atSlot;
        sequence = atSequence;
        joined = atSequence;
        place = start;
        upstream = start.upstream();
        joinTail = ring.tail();
        joinTailSequence = ring.tailSequence();
        progressed = run.now();
    }

    // ---- what others see

    long slot() {
        return slot;
    }

    BackpressurePolicy policy() {
        return policy;
    }

    void policy(BackpressurePolicy other) {
        policy = other;
        ring.lock.lock();
        try {
            run.regate();
        } finally {
            ring.lock.unlock();
        }
        run.progress();
    }

    void filter(LogFilter other) {
        filter = other;
    }

    boolean blocks() {
        return policy instanceof BackpressurePolicy.Block && !released;
    }

    long progressed() {
        return progressed;
    }

    /** Its patience is over: it does not block until it makes progress. */
    void release() {
        released = true;
    }

    void wake() {
        owner.wake();
    }

    /** Ends this cursor at the place where it is, for a reason that comes from outside. */
    void abort(EndReason reason) {
        aborted = reason;
        owner.wake();
    }

    /** Why it was ended from outside, or null. */
    @Nullable
    EndReason aborted() {
        return aborted;
    }

    /** Whether the calling thread is in its viewer's code. */
    boolean isCallingHere() {
        return owner.isCallingHere();
    }

    /** Takes this cursor away from a viewer that is stuck in its own code. */
    void abandon(EndReason reason) {
        owner.viewing.leaveBehind(this, reason);
        owner.wake();
    }

    synchronized Subscription.Stats stats(boolean paused) {
        long tail = Math.max(sequence, ring.tailSequence());
        return new Subscription.Stats(joined, sequence, tail, delivered, filtered, lost, gaps, overBound, paused);
    }

    /** The place that the viewer has reached: still the one it came with, as long as it was not told what is missing there. */
    ResumeToken token() {
        synchronized (this) {
            ResumeToken from = expired;
            if (from != null) {
                return from;
            }
        }
        return tokenHere();
    }

    /** The place as the ring knows it now, if it is retained: a source may have told its position after this cursor came. */
    private ResumeToken tokenHere() {
        ring.lock.lock();
        try {
            synchronized (this) {
                Segment here = slot >= ring.head() ? ring.locate(slot) : null;
                if (here != null) {
                    return run.tokenAt(slot, here);
                }
                return run.token(slot == ring.tail() ? ring.next() : here(), segment);
            }
        } finally {
            ring.lock.unlock();
        }
    }

    // ---- what the owner calls

    Batch batch() {
        return Objects.requireNonNull(batch);
    }

    LogEntry entry() {
        return Objects.requireNonNull(entry);
    }

    /** The one entry that was found, to keep, or null if it was something else. */
    @Nullable
    LogEntry found() {
        return batch != null ? batch.line(0).copy() : entry;
    }

    EndReason end() {
        return Objects.requireNonNull(end);
    }

    /** Finds the next piece, of at most so many lines. What a filter throws comes through. */
    Found take(int most) {
        end = end == null ? aborted : end;
        if (end != null) {
            return Found.END;
        }
        for (; ; ) {
            EndReason ended = run.end; // before the tail, which does not move any more if there is an end
            long tail = ring.tail();
            Found gap = missing();
            if (gap != null) {
                return gap;
            }
            long liveAt = liveAt();
            if (!live && ended == null && slot >= liveAt) {
                return becomeLive();
            }
            if (slot >= tail) {
                end = ended;
                return ended == null ? settle() : Found.END;
            }
            Segment here = segment != null ? segment : ring.locate(slot);
            Segment following = here == null ? null : here.next;
            if (here == null || following == Segment.EVICTED) {
                settle();
            } else if (following != null && slot >= following.firstSlot) {
                hold(following);
            } else if (hold(here)) {
                // what follows is not read again: it may change
                long limit = following == null ? tail : Math.min(tail, following.firstSlot);
                long to = !live && liveAt > slot ? Math.min(limit, liveAt) : limit;
                return here.isMarker(slot) ? marker(here) : lines(here, to, most);
            }
        }
    }

    /** The slot where history is complete, as far as it is known. */
    private long liveAt() {
        return Math.max(joinTail, run.liveSlot);
    }

    /** Whether {@link #take} may find something; for the owner, or as a hint for others. */
    boolean mayHaveMore() {
        return end != null
                || aborted != null
                || run.end != null
                || expired != null
                || slot < ring.tail()
                || !live && slot >= liveAt();
    }

    /** Whether nothing is left but the end. */
    boolean isDrained() {
        boolean over = run.end != null || !follow && slot >= liveAt();
        return end != null || aborted != null || over && expired == null && !isUpstreamUntold() && slot >= ring.tail();
    }

    /** Moves behind what was found. */
    void done() {
        long from = slot;
        synchronized (this) {
            switch (move) {
                case LINES -> {
                    sequence += taken;
                    slot = slot + taken;
                    delivered += taken - held;
                    filtered += held;
                    overBound += unjudged;
                }
                case MARKER -> {
                    slot = slot + 1;
                    if (entry instanceof Gap gap) {
                        upstream = upstream.plus(gap);
                        gaps++;
                    }
                }
                case JUMP -> {
                    Place to = Objects.requireNonNull(target);
                    gaps += entry == null ? 0 : 1;
                    lost += to.sequence() - sequence;
                    sequence = to.sequence();
                    slot = to.slot();
                    place = to;
                    letGo();
                }
                case LIVE -> live = true;
                case NONE -> gaps += entry instanceof Gap ? 1 : 0;
            }
            expired = null;
        }
        drop();
        if (policy instanceof BackpressurePolicy.Block) {
            released = false;
            if (run.isBlocked()) {
                progressed = run.now();
                run.progress(from, slot);
            }
        }
    }

    /** Forgets what was found, which the viewer has not got: it was closed meanwhile. */
    void drop() {
        move = Move.NONE;
        batch = null;
        entry = null;
        target = null;
        taken = 0;
        held = 0;
        unjudged = 0;
    }

    // ---- finding

    /** The gap that comes next, if lines are missing here. */
    private @Nullable Found missing() {
        if (expired != null) {
            return elsewhere ? gapHere(0, false, Gap.Reason.EXPIRED, tokenHere()) : jump(Gap.Reason.EXPIRED);
        }
        if (isUpstreamUntold()) {
            return skippedUpstream();
        }
        BackpressurePolicy now = policy;
        if (released && now instanceof BackpressurePolicy.Block block) {
            now = block.fallback();
        }
        long from = Math.max(sequence, historyEnd());
        long lag = ring.tailSequence() - from;
        if (now instanceof BackpressurePolicy.DropNewest newest) {
            keepUntil = keepUntil == NONE && lag > newest.window() ? from + newest.window() : keepUntil;
            if (keepUntil != NONE && Math.max(sequence, ring.headSequence()) >= keepUntil) {
                keepUntil = NONE;
                return jump(Gap.Reason.WINDOW_FULL);
            }
        } else {
            keepUntil = NONE;
        }
        if (now instanceof BackpressurePolicy.Disconnect disconnect && lag > disconnect.maxLag()) {
            Found found = jump(Gap.Reason.DISCONNECTED);
            end = EndReason.of(
                    EndReason.Kind.TOO_SLOW,
                    "the viewer was " + lag + " lines behind, its policy allows " + disconnect.maxLag());
            return found;
        }
        return slot < ring.head() ? jump(Gap.Reason.LAPPED) : null;
    }

    /** Where lag begins: behind what was retained, and what the source still brings of the history that was asked for. */
    private long historyEnd() {
        return Math.max(joinTailSequence, Math.min(joinTailSequence + historyLines, run.liveSequence));
    }

    /** Finds the place to go on from, and the gap up to it. Takes the ring's lock, so that the place stays. */
    private Found jump(Gap.Reason reason) {
        ring.lock.lock();
        try {
            long head = ring.head();
            long tail = ring.tail();
            long to = switch (reason) {
                case EXPIRED -> Math.max(slot, head);
                case LAPPED -> keepUntil != NONE ? head : head + (tail - head) / 4;
                default -> tail;
            };
            Place there = run.placeAt(to);
            long lines = there.sequence() - sequence;
            if (lines > 0) {
                long bytes = reason == Gap.Reason.EXPIRED ? -1 : there.bytes() - here().bytes();
                ResumeToken before = token();
                ResumeToken after = run.token(there, ring.locate(to));
                entry = new Gap(
                        run.name.id(), sequence, sequence + lines - 1, lines, true, bytes, reason, before, after);
            }
            target = there;
            move = Move.JUMP;
            return lines > 0 ? Found.GAP : Found.SKIPPED;
        } finally {
            ring.lock.unlock();
        }
    }

    /** Tells of gaps upstream whose markers were skipped with the lines around them. */
    private Found skippedUpstream() {
        Place.Upstream all = place.upstream();
        Gap.Reason reason = all.last() == null ? Gap.Reason.DROPPED : all.last();
        long lines = all.lines() - upstream.lines();
        boolean exact = all.inexact() == upstream.inexact();
        upstream = all;
        return gapHere(lines, exact, reason, tokenHere());
    }

    private boolean isUpstreamUntold() {
        return segment == null && place.upstream().gaps() > upstream.gaps();
    }

    private Found gapHere(long lines, boolean exact, Gap.Reason reason, ResumeToken after) {
        entry = new Gap(run.name.id(), sequence, sequence - 1, lines, exact, -1, reason, token(), after);
        return Found.GAP;
    }

    private Found becomeLive() {
        if (!follow) {
            end = EndReason.of(EndReason.Kind.HISTORY_COMPLETE, "");
            return Found.END;
        }
        entry = SourceEvent.of(SourceEvent.Kind.CAUGHT_UP, "").at(run.name.id(), sequence);
        move = Move.LIVE;
        return Found.EVENT;
    }

    private Found marker(Segment here) {
        move = Move.MARKER;
        entry = here.marker(slot);
        return entry instanceof Gap gap
                ? gapHere(gap.lines(), gap.exact(), gap.reason(), run.tokenAt(slot + 1, here))
                : Found.EVENT;
    }

    private Found lines(Segment here, long to, int most) {
        int first = here.line(slot);
        long there = keepUntil == NONE ? to - slot : Math.min(to - slot, keepUntil - sequence);
        LogFilter judge = filter;
        move = Move.LINES;
        if (judge == Filters.ALL) {
            taken = (int) Math.min(most, there);
            batch = new Batch(run, here, first, taken, null, slot + taken);
            return Found.LINES;
        }
        int scan = (int) Math.min(SCAN, there);
        int[] chosen = new int[Math.min(most, scan)];
        int passed = 0;
        for (; taken < scan && passed < chosen.length; taken++) {
            if (judge(judge, new Line(run.name, here, first + taken))) {
                chosen[passed++] = first + taken;
            }
        }
        held = taken - passed;
        if (passed == 0) {
            return Found.SKIPPED;
        }
        batch = new Batch(run, here, first, passed, Arrays.copyOf(chosen, passed), slot + taken);
        return Found.LINES;
    }

    private boolean judge(LogFilter judge, Line line) {
        try {
            return judge.test(line);
        } catch (Bounded.OverBound e) {
            unjudged++;
            return true;
        }
    }

    private Found settle() {
        if (segment != null) {
            synchronized (this) {
                place = run.restAt(slot, segment);
                letGo();
            }
        }
        return Found.NOTHING;
    }

    /** Lets go of a segment that was given up, so that a viewer that takes nothing pins no memory; for the owner. */
    void unpin() {
        Segment here = segment;
        if (here != null && here.next == Segment.EVICTED && move == Move.NONE) {
            settle();
        }
    }

    /** Goes to a segment, whose memory can't be used again then; returns false if that may have been before. */
    private boolean hold(Segment here) {
        boolean pin = here.isFull(); // known to whoever knows of a line in it
        if (segment == here && pinned == pin) {
            return true;
        }
        if (pin && !here.pin()) {
            here.unpin();
            return false;
        }
        synchronized (this) {
            letGo();
            segment = here;
            pinned = pin;
        }
        return true;
    }

    /** Leaves the segment, under the monitor, so that nobody else reads it through this cursor any more. */
    private void letGo() {
        Segment left = segment;
        segment = null;
        if (left != null && pinned) {
            left.unpin();
        }
        pinned = false;
    }

    private synchronized Place here() {
        Segment s = segment;
        return s == null ? place : s.placeAt(slot);
    }
}
