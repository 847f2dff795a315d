package io.logstream.internal;

import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogEntry;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One viewer: plays tricks in its callbacks, and compares what it gets with what its {@link SimCursor}s say. */
final class SimViewer implements Subscriber {
    final Simulator sim;
    final int id;
    final SubscribeOptions options;
    final List<SimCursor> cursors = new ArrayList<>();
    Viewer viewer;
    boolean tricky;
    boolean paused;
    boolean closed;
    boolean hubClosed;
    boolean inStep;
    boolean inCallback;
    Throwable thrown;
    EndReason end;
    boolean filterThrows;
    boolean executorFails;
    private int ends;
    private final List<Object> pieces = new ArrayList<>();
    private List<SimCursor.Next> expected = List.of();
    private List<SimCursor.State> states = List.of();
    private boolean mayAct;

    SimViewer(Simulator sim, int id, SubscribeOptions options) {
        this.sim = sim;
        this.id = id;
        this.options = options;
    }

    boolean isMerged() {
        return viewer.viewing.isMerged();
    }

    boolean isPull() {
        return viewer instanceof Pull;
    }

    private void check(boolean holds, String format, Object... args) {
        if (!holds) {
            throw failure(format, args);
        }
    }

    private Simulator.Failure failure(String format, Object... args) {
        StringBuilder text = new StringBuilder(String.format(format, args) + "\n  for " + this);
        cursors.forEach(cursor -> text.append(Simulator.VERBOSE ? Simulator.lastOf(cursor.model) : ""));
        return sim.failure(format, text.toString());
    }

    // ---- callbacks

    @Override
    public void onLines(LogBatch lines) throws Exception {
        begin();
        List<LogLine> copies = new ArrayList<>();
        lines.forEach(line -> copies.add(line.copy()));
        check(lines.size() > 0 && lines.size() <= options.batchLines(), "%d lines in a batch", lines.size());
        pieces.add(copies);
        SimCursor cursor = cursorOf(lines.stream(), false);
        if (tricky && sim.random.nextInt(4) == 0) {
            sim.token(lines.token(), cursor.model, cursor.slot + lines.size(), Long.MAX_VALUE, false);
        }
        trick();
        for (int i = 0; i < lines.size(); i++) {
            check(Arrays.equals(bytes(copies.get(i)), bytes(lines.line(i))), "a line changed in a callback");
            byte[] content = new byte[lines.length(i)];
            lines.copyTo(i, content, 0);
            check(Arrays.equals(bytes(copies.get(i)), content), "a batch changed in a callback");
        }
        inCallback = false;
    }

    @Override
    public void onGap(Gap gap) throws Exception {
        begin();
        pieces.add(gap);
        int i = cursors.indexOf(cursorOf(gap.stream(), false));
        checkTokens(gap, cursors.get(i), states.get(i).slot(), expected.get(i).to());
        trick();
        inCallback = false;
    }

    @Override
    public void onEvent(SourceEvent event) throws Exception {
        begin();
        pieces.add(event);
        trick();
        inCallback = false;
    }

    @Override
    public void onEnd(EndReason reason) throws Exception {
        check(!inCallback, "the end came inside a callback");
        check(++ends == 1, "a second end");
        end = reason;
        if (tricky && sim.random.nextInt(10) == 0) {
            throw new IllegalStateException("thrown at the end");
        }
    }

    private void begin() {
        check(inStep, "a callback outside a step");
        check(!inCallback, "two callbacks at once");
        check(end == null, "a callback after the end");
        check(!closed, "a callback after close");
        check(thrown == null, "a callback after it threw");
        inCallback = true;
    }

    private void trick() throws Exception {
        if (!tricky) {
            return;
        }
        switch (sim.random.nextInt(40)) {
            case 0 -> {
                thrown = new Exception("thrown by viewer " + id);
                inCallback = false;
                throw (Exception) thrown;
            }
            case 1 -> {
                thrown = new StackOverflowError("thrown by viewer " + id);
                inCallback = false;
                throw (Error) thrown;
            }
            case 2 -> {
                sim.log("viewer %d closes itself", id);
                closed = true;
                viewer.close();
            }
            case 3 -> sim.subscribeSomething();
            case 4 -> sim.pauseOrResume(this);
            case 5, 6, 7, 8, 9 -> sim.nest(40);
            case 10 -> sim.everyOtherGetsAll();
            case 11 -> Thread.currentThread().interrupt();
            case 12 -> sim.tokensOf(this);
            default -> {}
        }
    }

    // ---- before and after a step

    void before() {
        check(!inStep, "two steps at once");
        inStep = true;
        pieces.clear();
        mayAct = viewer.closing() == null && !paused && end == null;
        look();
    }

    private void look() {
        expected = new ArrayList<>();
        states = new ArrayList<>();
        for (SimCursor cursor : cursors) {
            SimCursor.State before = cursor.state();
            cursor.look();
            expected.add(cursor.next());
            states.add(cursor.state());
            cursor.restore(before);
        }
    }

    void after() {
        Thread.interrupted();
        inStep = false;
        inCallback = false;
        sim.rethrow();
        if (pieces.isEmpty()) {
            silent();
        } else {
            check(pieces.size() == 1, "%d pieces in one step", pieces.size());
            check(mayAct, "a callback while paused or closed");
            if (thrown == null) {
                accept(pieces.get(0));
            } else {
                cursors.forEach(
                        cursor -> check(cursor.slot == cursor.cursor.slot(), "it moved behind what threw: %s", cursor));
            }
        }
        pieces.clear();
        if (end != null && ends == 1) {
            checkEnd();
        }
    }

    private void silent() {
        boolean moved = false;
        boolean mayMove = false;
        for (int i = 0; i < expected.size(); i++) {
            SimCursor cursor = cursors.get(i);
            SimCursor.Next next = expected.get(i);
            mayMove |= !cursor.over && next.kind() != SimCursor.Kind.NOTHING;
            if (cursor.over || cursor.cursor.slot() == cursor.slot) {
                continue;
            }
            moved = true;
            check(mayAct, "it moved while paused or closed: %s", cursor);
            cursor.restore(states.get(i));
            switch (next.kind()) {
                case SKIP -> cursor.moved(next);
                case LINES -> {
                    boolean shown = false;
                    while (cursor.slot < cursor.cursor.slot() && cursor.slot < next.to()) {
                        shown |= cursor.line(cursor.slot);
                    }
                    check(!shown, "a line was counted but not shown: %s", cursor);
                }
                case NOTHING, END -> {}
                default -> throw failure("it moved without a word: %s", cursor);
            }
            check(cursor.slot == cursor.cursor.slot(), "it moved too far: %s", cursor);
        }
        if (mayAct && end == null && !moved && mayMove && viewer.closing() == null && !filterThrows) {
            throw failure("a step did nothing although something waits: %s", expected);
        }
    }

    private SimCursor cursorOf(String stream, boolean evenOver) {
        for (SimCursor cursor : cursors) {
            if (cursor.model.run.name.id().equals(stream) && (evenOver || !cursor.over)) {
                return cursor;
            }
        }
        throw failure("a piece of a stream that it does not watch: %s %s %s", stream, pieces, cursors);
    }

    private void accept(Object piece) {
        if (Simulator.VERBOSE) {
            sim.log("  viewer %d gets %s, expected %s", id, String.valueOf(piece), expected);
        }
        String stream = piece instanceof LogEntry e ? e.stream() : ((LogLine) ((List<?>) piece).get(0)).stream();
        SimCursor cursor = cursorOf(stream, false);
        int i = cursors.indexOf(cursor);
        SimCursor.Next next = expected.get(i);
        cursor.restore(states.get(i));
        if (piece instanceof List<?> lines) {
            check(next.kind() == SimCursor.Kind.LINES, "lines came instead of %s", next);
            for (Object line : lines) {
                accept((LogLine) line, cursor, next.to());
            }
            while (cursor.slot < Math.min(cursor.cursor.slot(), next.to())) {
                check(!cursor.line(cursor.slot), "a line was left out");
            }
        } else {
            accept(piece, cursor, next);
        }
        check(cursor.slot == cursor.cursor.slot() || cursor.over, "its place is wrong: %s", cursor);
    }

    private void accept(Object piece, SimCursor cursor, SimCursor.Next next) {
        if (piece instanceof Gap gap) {
            check(next.kind() == SimCursor.Kind.GAP, "%s came instead of %s", gap, next);
            Gap wanted = (Gap) next.what();
            Gap bare = new Gap(
                    gap.stream(),
                    gap.first(),
                    gap.last(),
                    gap.lines(),
                    gap.exact(),
                    gap.bytes(),
                    gap.reason(),
                    null,
                    null);
            check(bare.equals(wanted), "%s came instead of %s", bare, wanted);
            cursor.moved(next);
        } else if (piece instanceof SourceEvent event && event.kind() == SourceEvent.Kind.ENDED) {
            check(isMerged() && next.kind() == SimCursor.Kind.END, "%s came instead of %s", event, next);
            cursor.over = true;
        } else {
            boolean event = next.kind() == SimCursor.Kind.LIVE || next.kind() == SimCursor.Kind.MARKER;
            check(event && piece.equals(next.what()), "%s came instead of %s", piece, next);
            cursor.moved(next);
        }
    }

    private void accept(LogLine line, SimCursor cursor, long limit) {
        while (cursor.slot < limit && !cursor.line(cursor.slot)) {}
        Model.Line wanted = (Model.Line) cursor.model.entry(cursor.slot - 1);
        boolean same = line.sequence() == wanted.sequence()
                && line.channel() == Model.channel(wanted.channel())
                && Arrays.equals(bytes(line), wanted.content())
                && line.ending() == wanted.ending()
                && line.isContinuation() == wanted.continuation()
                && line.lineNumber() == wanted.number()
                && line.epochNanos() == wanted.time();
        check(
                same,
                "line %s [%s %s %s %s number %d] came instead of %s [%s]",
                line,
                line.channel(),
                line.ending(),
                line.isContinuation(),
                line.epochNanos(),
                line.lineNumber(),
                wanted,
                new String(wanted.bytes(), java.nio.charset.StandardCharsets.UTF_8));
    }

    private static byte[] bytes(LogLine line) {
        byte[] bytes = new byte[line.length()];
        line.copyTo(bytes, 0);
        return bytes;
    }

    /** At once, since the source may tell more about a place later. */
    private void checkTokens(Gap gap, SimCursor cursor, long before, long after) {
        check(gap.before() != null && gap.after() != null, "a gap without tokens");
        if (gap.reason() != Gap.Reason.EXPIRED) {
            sim.token(gap.before(), cursor.model, before, before, false);
        }
        sim.token(gap.after(), cursor.model, after, after, false);
    }

    // ---- the pull form

    void poll() {
        LogEntry entry;
        check(isPull(), "a poll");
        look();
        SimCursor cursor = cursors.get(0);
        boolean can = !paused && end == null && viewer.closing() == null;
        entry = ((Pull) viewer).poll();
        if (viewer.isOver() && end == null) {
            end = viewer.end().orElseThrow();
        }
        if (filterThrows && end != null && end.kind() == EndReason.Kind.SUBSCRIBER_FAILED) {
            cursor.over = true;
            return;
        }
        if (!can) {
            check(entry == null, "%s came while paused or closed", entry);
            return;
        }
        for (; ; ) {
            SimCursor.Next next = cursor.next();
            switch (next.kind()) {
                case SKIP -> cursor.moved(next);
                case NOTHING, END -> {
                    check(entry == null, "%s came instead of %s", entry, next);
                    expected = List.of(next);
                    if (next.kind() == SimCursor.Kind.END) {
                        check(end != null, "no end instead of %s", next);
                        checkEnd();
                    }
                    return;
                }
                case LINES -> {
                    boolean shown = false;
                    while (!shown && cursor.slot < next.to()) {
                        shown = cursor.passes(cursor.slot);
                        if (!shown) {
                            cursor.line(cursor.slot);
                        }
                    }
                    if (shown) {
                        check(entry instanceof LogLine, "%s came instead of a line", entry);
                        accept((LogLine) entry, cursor, next.to());
                        return;
                    }
                }
                default -> {
                    check(entry != null && !(entry instanceof LogLine), "%s came instead of %s", entry, next);
                    if (entry instanceof Gap gap) {
                        checkTokens(gap, cursor, cursor.slot, next.to());
                    }
                    accept(entry, cursor, next);
                    return;
                }
            }
        }
    }

    // ---- account and end

    /** The account, at a moment between callbacks. */
    void checkAccount() {
        Subscription.Stats stats = viewer.stats();
        check(
                stats.delivered() + stats.filtered() + stats.lost() == stats.position() - stats.joined(),
                "the account does not add up: %s",
                stats);
        if (inStep) {
            return;
        }
        long delivered = 0;
        long filtered = 0;
        long lost = 0;
        long gaps = 0;
        long position = 0;
        for (SimCursor cursor : cursors) {
            delivered += cursor.delivered;
            filtered += cursor.filtered;
            lost += cursor.lost;
            gaps += cursor.gaps;
            position += cursor.sequence;
        }
        boolean same = stats.delivered() == delivered
                && stats.filtered() == filtered
                && stats.lost() == lost
                && stats.gaps() == gaps
                && stats.position() == position;
        check(
                same,
                "%s, but delivered=%d filtered=%d lost=%d gaps=%d position=%d",
                stats,
                delivered,
                filtered,
                lost,
                gaps,
                position);
    }

    /** Whether something waits for it. */
    boolean isOwed() {
        if (end != null || inStep) {
            return false;
        }
        boolean ends = closed || !isMerged() && cursors.get(0).aborted;
        if (ends || paused) {
            return ends;
        }
        for (SimCursor cursor : cursors) {
            if (!cursor.over && cursor.peek().kind() != SimCursor.Kind.NOTHING) {
                return true;
            }
        }
        return false;
    }

    private void checkEnd() {
        EndReason.Kind kind = end.kind();
        boolean right = switch (kind) {
            case CLOSED -> closed || hubClosed || cursors.stream().anyMatch(c -> c.aborted || c.model.run.end == end);
            case SUBSCRIBER_FAILED -> thrown != null ? end.cause() == thrown : filterThrows || executorFails;
            default -> {
                boolean is = false;
                for (int i = 0; i < expected.size(); i++) {
                    SimCursor.Next next = expected.get(i);
                    is |= next.kind() == SimCursor.Kind.END && next.what() == kind || isMerged() && cursors.get(i).over;
                }
                yield is;
            }
        };
        check(right, "ended as %s, expected %s", end, expected);
        check(thrown == null || kind == EndReason.Kind.SUBSCRIBER_FAILED || closed, "it threw, but ended as %s", end);
        cursors.forEach(cursor -> cursor.over = true);
        ends = 2;
    }

    void checkOver() {
        check(end != null && (isPull() || ends == 2), "no end, or %d of them: %s", ends, this);
    }

    @Override
    public String toString() {
        return "viewer " + id + (isPull() ? " (pull)" : "") + (paused ? " paused" : "") + (closed ? " closed" : "")
                + (end != null ? " ended " + end : "") + (cursors);
    }
}
