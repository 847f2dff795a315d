package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import java.util.function.Predicate;

/** The reference for what one viewer of one run gets next, and for its account. */
final class SimCursor {
    /** What may come next. */
    enum Kind {
        NOTHING,
        LINES,
        GAP,
        MARKER,
        LIVE,
        SKIP,
        END
    }

    /**
     * @param to the slot behind it
     * @param what the gap, event or reason
     */
    record Next(Kind kind, long to, Object what) {}

    final Simulator sim;
    final Model model;
    final Cursor cursor;
    final boolean follow;
    Predicate<Model.Line> filter;
    BackpressurePolicy policy;
    boolean policyChanged;

    long slot;
    long sequence;
    long joined;
    long delivered;
    long filtered;
    long lost;
    long gaps;
    boolean over;
    boolean aborted;
    boolean released;
    /** Its patience was over, and it has not come back to what is retained since. */
    private boolean mayLose;

    private boolean live;
    private final long joinTail;
    private long historyLines = Long.MAX_VALUE / 2;
    private boolean expired;
    private long missing = Long.MIN_VALUE;
    private long keepUntil = Long.MIN_VALUE;
    private EndReason.Kind endNext;
    long progressed;
    private long told;
    private long upstreamLines;
    private boolean upstreamExact = true;
    private Gap.Reason upstreamReason;
    private int upstreamGaps;
    /** Where each channel must go on in the source, in units; -1 while that is open. */
    final long[] source = {-1, -1};

    private final boolean[] mayRepeat = new boolean[2];

    SimCursor(Simulator sim, Model model, Cursor cursor, boolean follow) {
        this.sim = sim;
        this.model = model;
        this.cursor = cursor;
        this.follow = follow;
        this.joinTail = model.tail();
        this.progressed = sim.now();
    }

    private SegmentRing ring() {
        return model.run.ring;
    }

    // ---- joining

    void place(Replay replay, SimToken given, boolean begun) {
        long head = ring().head();
        slot = head;
        if (replay instanceof Replay.None) {
            historyLines = 0;
            slot = model.tail();
        } else if (replay instanceof Replay.Last last) {
            historyLines = last.lines();
            long wanted = model.sequence - last.lines();
            while (slot < model.tail() && model.sequenceAt(slot) < wanted) {
                slot++;
            }
            while (wanted > ring().headSequence() && !(model.entry(slot) instanceof Model.Line)) {
                slot++;
            }
        } else if (replay instanceof Replay.Since since) {
            long time = SystemTime.epochNanos(since.time());
            while (slot < model.tail() && !(model.entry(slot) instanceof Model.Line line && line.time() >= time)) {
                slot++;
            }
        } else if (given != null) {
            after(given, head, begun);
        }
        sequence = model.sequenceAt(slot);
        joined = sequence;
        sim.check(cursor.slot() == slot, "joined at slot %d, not %d, by %s", cursor.slot(), slot, replay);
    }

    private void after(SimToken given, long head, boolean begun) {
        Token token = Token.decode(given.token().toBytes());
        if (given.model() == model) {
            slot = given.slot();
            expired = slot < head;
            for (int c = 0; c < 2; c++) {
                source[c] = model.place(slot)[c];
            }
            return;
        }
        if (token.position() != null && given.generation() == model.source.generation && !model.cutAtStart) {
            source[0] = given.places()[0];
            source[1] = given.places()[1];
        }
        if (begun) {
            return;
        }
        if (model.run.beganAt(token)) {
            expired = head > model.first;
            slot = model.first;
            return;
        }
        missing = -1;
        expired = true;
    }

    // ---- what comes next

    Next next() {
        if (over) {
            return new Next(Kind.NOTHING, slot, null);
        }
        if (endNext != null) {
            return new Next(Kind.END, slot, endNext);
        }
        if (aborted) {
            return new Next(Kind.END, slot, EndReason.Kind.CLOSED);
        }
        EndReason end = model.run.end;
        long tail = ring().tail();
        long liveAt = Math.max(joinTail, model.live);
        Next missingHere = missingHere();
        if (missingHere != null) {
            return missingHere;
        }
        if (!live && end == null && slot >= liveAt) {
            return follow
                    ? new Next(
                            Kind.LIVE,
                            slot,
                            SourceEvent.of(SourceEvent.Kind.CAUGHT_UP, "").at(name(), sequence))
                    : new Next(Kind.END, slot, EndReason.Kind.HISTORY_COMPLETE);
        }
        if (slot >= tail) {
            return end == null ? new Next(Kind.NOTHING, slot, null) : new Next(Kind.END, slot, end.kind());
        }
        Object entry = model.entry(slot);
        if (!(entry instanceof Model.Line)) {
            return new Next(entry instanceof Gap ? Kind.GAP : Kind.MARKER, slot + 1, entry);
        }
        long to = !live && liveAt > slot ? Math.min(tail, liveAt) : tail;
        long limit = slot;
        while (limit < to
                && model.entry(limit) instanceof Model.Line
                && (keepUntil == Long.MIN_VALUE || model.sequenceAt(limit) < keepUntil)) {
            limit++;
        }
        return new Next(Kind.LINES, limit, null);
    }

    /** What {@link #next} changes besides. */
    record State(
            long slot,
            long sequence,
            long joined,
            boolean expired,
            long missing,
            long keepUntil,
            EndReason.Kind endNext) {}

    State state() {
        return new State(slot, sequence, joined, expired, missing, keepUntil, endNext);
    }

    void restore(State state) {
        slot = state.slot;
        sequence = state.sequence;
        joined = state.joined;
        expired = state.expired;
        missing = state.missing;
        keepUntil = state.keepUntil;
        endNext = state.endNext;
    }

    /** Sees whether its patience was over. */
    void look() {
        released = policy instanceof BackpressurePolicy.Block && !cursor.blocks();
        mayLose = released || mayLose && slot < ring().head();
    }

    /** What comes next, as long as nobody looks. */
    Next peek() {
        look();
        State before = state();
        Next next = next();
        restore(before);
        return next;
    }

    private String name() {
        return model.run.name.id();
    }

    private Next missingHere() {
        if (expired) {
            return missing == Long.MIN_VALUE
                    ? jump(Gap.Reason.EXPIRED)
                    : here(Math.max(0, missing), missing >= 0, Gap.Reason.EXPIRED);
        }
        if (upstreamGaps > 0) {
            return here(upstreamLines, upstreamExact, upstreamReason);
        }
        BackpressurePolicy now = policy;
        if (now instanceof BackpressurePolicy.Block block && released) {
            sim.check(
                    policyChanged || sim.now() - progressed >= block.patience().toNanos(),
                    "patience of %s over after %d ns",
                    block,
                    sim.now() - progressed);
            now = block.fallback();
        }
        long live = model.live > model.tail() ? Long.MAX_VALUE : model.sequenceAt(model.live);
        long joinedAt = model.sequenceAt(joinTail);
        long from = Math.max(sequence, Math.max(joinedAt, Math.min(joinedAt + historyLines, live)));
        long lag = model.sequence - from;
        if (now instanceof BackpressurePolicy.DropNewest newest) {
            if (keepUntil == Long.MIN_VALUE && lag > newest.window()) {
                keepUntil = from + newest.window();
            }
            if (keepUntil != Long.MIN_VALUE && Math.max(sequence, ring().headSequence()) >= keepUntil) {
                keepUntil = Long.MIN_VALUE;
                return jump(Gap.Reason.WINDOW_FULL);
            }
        } else {
            keepUntil = Long.MIN_VALUE;
        }
        if (now instanceof BackpressurePolicy.Disconnect disconnect && lag > disconnect.maxLag()) {
            endNext = EndReason.Kind.TOO_SLOW;
            return jump(Gap.Reason.DISCONNECTED);
        }
        if (slot < ring().head()) {
            sim.check(
                    !(now instanceof BackpressurePolicy.Block) || policyChanged || mayLose || sim.mayLoseBlocked(model),
                    "%s lost lines from %d on",
                    now,
                    slot);
            return jump(Gap.Reason.LAPPED);
        }
        return null;
    }

    private Next jump(Gap.Reason reason) {
        long head = ring().head();
        long tail = ring().tail();
        long to = switch (reason) {
            case EXPIRED -> Math.max(slot, head);
            case LAPPED -> keepUntil != Long.MIN_VALUE ? head : head + (tail - head) / 4;
            default -> tail;
        };
        long lines = 0;
        long bytes = 0;
        for (long s = slot; s < to; s++) {
            if (model.entry(s) instanceof Model.Line line) {
                lines++;
                bytes += line.raw();
            }
        }
        if (lines == 0) {
            return new Next(Kind.SKIP, to, null);
        }
        long known = reason == Gap.Reason.EXPIRED ? -1 : bytes;
        return new Next(
                Kind.GAP, to, new Gap(name(), sequence, sequence + lines - 1, lines, true, known, reason, null, null));
    }

    private Next here(long lines, boolean exact, Gap.Reason reason) {
        return new Next(Kind.GAP, slot, new Gap(name(), sequence, sequence - 1, lines, exact, -1, reason, null, null));
    }

    // ---- what has come

    /** Moves behind something that is no lines. */
    void moved(Next next) {
        progress();
        switch (next.kind()) {
            case LIVE -> live = true;
            case MARKER -> slot++;
            case END -> over = true;
            case GAP, SKIP -> skip(next);
            default -> {}
        }
    }

    private void skip(Next next) {
        gaps += next.kind() == Kind.GAP ? 1 : 0;
        source[0] = -1;
        source[1] = -1;
        Gap gap = (Gap) next.what();
        if (next.to() == slot) {
            if (expired) {
                expired = false;
            } else if (gap != null) {
                upstreamGaps = 0;
                upstreamLines = 0;
                upstreamExact = true;
            }
            return;
        }
        expired = false;
        boolean marker = gap != null && gap.reason().isUpstream();
        for (; slot < next.to(); slot++) {
            if (model.entry(slot) instanceof Gap skipped && !marker) {
                upstreamGaps++;
                upstreamLines += skipped.lines();
                upstreamExact &= skipped.exact();
                upstreamReason = skipped.reason();
            } else if (model.entry(slot) instanceof Model.Line line) {
                lost++;
                sequence = line.sequence() + 1;
            }
        }
    }

    /** Whether it holds its run back, or may have done so before its policy was changed. */
    boolean mayBlock() {
        return policyChanged || policy instanceof BackpressurePolicy.Block;
    }

    private void progress() {
        if (policy instanceof BackpressurePolicy.Block block) {
            mayLose |= sim.now() - progressed >= block.patience().toNanos();
        }
        progressed = sim.now();
        released = false;
    }

    boolean passes(long s) {
        return filter.test((Model.Line) model.entry(s));
    }

    /** Moves over lines: returns whether one was for the viewer. */
    boolean line(long s) {
        Model.Line line = (Model.Line) model.entry(s);
        sim.check(s == slot, "slot %d came after %d", s, slot);
        boolean passes = filter.test(line);
        slot++;
        sequence++;
        delivered += passes ? 1 : 0;
        filtered += passes ? 0 : 1;
        int c = line.channel();
        if (source[c] >= 0 && line.from() >= 0) {
            boolean repeats = mayRepeat[c] && line.from() < source[c];
            sim.check(
                    source[c] == line.from() || repeats,
                    "channel %d goes on at unit %d of the source, not at %d: %s",
                    c,
                    line.from(),
                    source[c],
                    line);
        }
        mayRepeat[c] &= line.to() < source[c];
        source[c] = Math.max(source[c], line.to());
        progress();
        return passes;
    }

    @Override
    public String toString() {
        return name() + "@" + slot + " of " + ring().head() + ".." + model.tail() + " " + policy + (live ? " live" : "")
                + (expired ? " expired" : "") + (over ? " over" : "") + " next " + peek();
    }
}
