package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.EndReason;
import io.logstream.LogFilter;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.Subscription;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The streams that one viewer watches: one, or several that are merged, to which a discovery may add more. Threadsafe.
 */
final class Viewing {
    private static final Cursor[] NONE = {};
    /** Events that wait for a viewer that takes none; older ones are forgotten. */
    private static final int MOST_NEWS = 1000;

    private static final Subscription.Stats NOTHING = new Subscription.Stats(0, 0, 0, 0, 0, 0, 0, 0, false);

    private final boolean merged;
    private volatile Cursor[] cursors = NONE;
    private Map<String, ResumeToken> endedTokens = Map.of();
    private @Nullable Queue<SourceEvent> news;
    private Subscription.Stats past = NOTHING;
    private @Nullable Runnable onClose;
    private @Nullable EndReason last;
    private @Nullable BackpressurePolicy policy;
    private @Nullable LogFilter filter;
    private boolean growing;
    private boolean closed;

    Viewing(boolean merged) {
        this.merged = merged;
    }

    boolean isMerged() {
        return merged;
    }

    Cursor[] cursors() {
        return cursors;
    }

    /** Adds a stream that the cursor has joined; returns false if the viewer has left already. */
    synchronized boolean add(Cursor cursor) {
        if (closed) {
            return false;
        }
        Cursor[] more = Arrays.copyOf(cursors, cursors.length + 1);
        more[cursors.length] = cursor;
        cursors = more;
        if (policy != null) {
            cursor.policy(policy);
        }
        if (filter != null) {
            cursor.filter(filter);
        }
        return true;
    }

    /** Takes out a stream that has ended for this viewer. */
    void remove(Cursor cursor, EndReason reason) {
        synchronized (this) {
            Cursor[] others = Arrays.stream(cursors).filter(c -> c != cursor).toArray(Cursor[]::new);
            if (others.length == cursors.length) {
                return;
            }
            cursors = others;
            past = plus(past, cursor.stats(false));
            endedTokens = endedTokens.isEmpty() ? new HashMap<>() : endedTokens;
            endedTokens.put(cursor.run.name.id(), cursor.token());
            last = last != null && last.kind() == EndReason.Kind.FAILED ? last : reason;
        }
        cursor.stream.leave(cursor);
    }

    /** Takes out a stream that was closed while the viewer can't be told; a merged one is told later. */
    void leaveBehind(Cursor cursor, EndReason reason) {
        if (merged) {
            tell(endOf(cursor, reason));
        }
        remove(cursor, reason);
    }

    /** What tells a merged viewer of the end of one of its streams. */
    static SourceEvent endOf(Cursor cursor, EndReason reason) {
        return SourceEvent.of(SourceEvent.Kind.ENDED, reason.toString())
                .at(cursor.run.name.id(), cursor.run.ring.tailSequence());
    }

    /** Leaves all streams. */
    void close() {
        Runnable then;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            then = onClose;
        }
        for (Cursor cursor : cursors) {
            remove(cursor, EndReason.of(EndReason.Kind.CLOSED, ""));
        }
        if (then != null) {
            then.run();
        }
    }

    /** Keeps the viewing open without streams, until {@link #complete}. */
    void growUntilComplete(Runnable whenClosed) {
        boolean late;
        synchronized (this) {
            growing = true;
            onClose = whenClosed;
            late = closed;
        }
        if (late) {
            whenClosed.run();
        }
    }

    /** No more streams will come. */
    synchronized void complete(@Nullable EndReason reason) {
        growing = false;
        last = last == null || reason != null && reason.kind() == EndReason.Kind.FAILED ? reason : last;
    }

    /** Tells the viewer something, between two pieces. */
    synchronized void tell(SourceEvent event) {
        Queue<SourceEvent> waiting = news == null ? new ArrayDeque<>() : news;
        if (waiting.size() == MOST_NEWS) {
            waiting.remove();
        }
        waiting.add(event);
        news = waiting;
    }

    synchronized @Nullable SourceEvent news() {
        return news == null ? null : news.poll();
    }

    /** Why the viewing is over, or null while streams are left or may come. */
    synchronized @Nullable EndReason end() {
        return !growing && cursors.length == 0 ? last : null;
    }

    /** Changes the policy, for streams that come later too: but not for one that does not allow it. */
    void policy(BackpressurePolicy other) {
        for (Cursor cursor : cursors) {
            cursor.stream.checkAllowed(other);
        }
        Cursor[] now;
        synchronized (this) {
            policy = other;
            now = cursors;
        }
        for (Cursor cursor : now) {
            cursor.policy(other); // not under the monitor: it may wake a stream
        }
    }

    /** The policy for a stream that comes now. */
    synchronized BackpressurePolicy policyOr(BackpressurePolicy first) {
        return policy == null ? first : policy;
    }

    /** Changes the filter, for streams that come later too. */
    synchronized void filter(LogFilter other) {
        filter = other;
        for (Cursor cursor : cursors) {
            cursor.filter(other);
        }
    }

    synchronized Subscription.Stats stats(boolean paused) {
        Subscription.Stats sum = past;
        for (Cursor cursor : cursors) {
            sum = plus(sum, cursor.stats(paused));
        }
        return sum;
    }

    synchronized Map<String, ResumeToken> tokens() {
        Map<String, ResumeToken> tokens = new HashMap<>(endedTokens);
        for (Cursor cursor : cursors) {
            tokens.put(cursor.run.name.id(), cursor.token());
        }
        return Map.copyOf(tokens);
    }

    private static Subscription.Stats plus(Subscription.Stats a, Subscription.Stats b) {
        return new Subscription.Stats(
                a.joined() + b.joined(),
                a.position() + b.position(),
                a.tail() + b.tail(),
                a.delivered() + b.delivered(),
                a.filtered() + b.filtered(),
                a.lost() + b.lost(),
                a.gaps() + b.gaps(),
                a.filterOverBound() + b.filterOverBound(),
                b.paused());
    }
}
