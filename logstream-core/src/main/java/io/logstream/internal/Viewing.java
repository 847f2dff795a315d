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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The streams that one viewer watches: one, or several that are merged, to which a discovery may add more. Threadsafe.
 */
final class Viewing {
    private static final Cursor[] NONE = {};

    private final boolean merged;
    private volatile Cursor[] cursors = NONE;
    private final Map<Cursor, Stream> streams = new LinkedHashMap<>();
    private final Map<String, ResumeToken> endedTokens = new HashMap<>();
    private final Queue<SourceEvent> news = new ArrayDeque<>();
    private Subscription.Stats past = new Subscription.Stats(0, 0, 0, 0, 0, 0, 0, 0, false);
    private @Nullable Runnable onClose;
    private @Nullable EndReason last;
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
    synchronized boolean add(Stream stream, Cursor cursor) {
        if (closed) {
            return false;
        }
        streams.put(cursor, stream);
        Cursor[] more = Arrays.copyOf(cursors, cursors.length + 1);
        more[cursors.length] = cursor;
        cursors = more;
        return true;
    }

    /** Takes out a stream that has ended for this viewer. */
    void remove(Cursor cursor, EndReason reason) {
        Stream stream;
        synchronized (this) {
            stream = streams.remove(cursor);
            if (stream == null) {
                return;
            }
            cursors = Arrays.stream(cursors).filter(c -> c != cursor).toArray(Cursor[]::new);
            past = plus(past, cursor.stats(false));
            endedTokens.put(cursor.run.name.id(), cursor.token());
            last = last != null && last.kind() == EndReason.Kind.FAILED ? last : reason;
        }
        stream.leave(cursor);
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
    synchronized void growUntilComplete(Runnable whenClosed) {
        growing = true;
        onClose = whenClosed;
    }

    /** No more streams will come. */
    synchronized void complete(@Nullable EndReason reason) {
        growing = false;
        last = last == null || reason != null && reason.kind() == EndReason.Kind.FAILED ? reason : last;
    }

    /** Tells the viewer something, between two pieces. */
    synchronized void tell(SourceEvent event) {
        news.add(event);
    }

    synchronized @Nullable SourceEvent news() {
        return news.poll();
    }

    /** Why a merged viewing is over, or null while streams are left or may come. */
    synchronized @Nullable EndReason end() {
        return merged && !growing && cursors.length == 0 ? last : null;
    }

    void policy(BackpressurePolicy policy) {
        Map<Cursor, Stream> now;
        synchronized (this) {
            now = Map.copyOf(streams);
        }
        now.values().forEach(stream -> stream.checkAllowed(policy));
        now.keySet().forEach(cursor -> cursor.policy(policy));
    }

    void filter(LogFilter filter) {
        for (Cursor cursor : cursors) {
            cursor.filter(filter);
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
