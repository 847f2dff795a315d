package io.logstream.internal;

import io.logstream.EndReason;
import io.logstream.LogEntry;
import io.logstream.LogStreamException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The reactive form of a viewer: delivers one entry at a time, as many as were requested. */
final class FlowViewer extends Viewer implements Flow.Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(FlowViewer.class);
    private static final int PER_STEP = 64;

    private final Flow.Subscriber<? super LogEntry> subscriber;
    private final AtomicLong demand = new AtomicLong();
    private volatile boolean cancelled;
    private volatile @Nullable Throwable refused;
    private volatile @Nullable Thread calling;
    private volatile boolean joined;

    FlowViewer(Engine engine, Flow.Subscriber<? super LogEntry> subscriber) {
        super(engine, false);
        this.subscriber = subscriber;
    }

    @Override
    Executor executor() {
        return engine.delivery();
    }

    @Override
    boolean isCallingHere() {
        return calling == Thread.currentThread();
    }

    /** Hands the subscription over, joins the stream, and begins to deliver. */
    void begin(Runnable join) {
        try {
            subscriber.onSubscribe(this);
        } catch (Throwable e) {
            LOG.warn("a reactive subscriber threw in onSubscribe", e);
            cancelled = true;
        }
        if (cancelled) {
            leave(EndReason.of(EndReason.Kind.CLOSED, ""));
            tellOver();
            return;
        }
        try {
            join.run();
        } catch (RuntimeException e) {
            refused = e;
        }
        joined = true;
        wake();
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            refused = new IllegalArgumentException("request(" + n + "): rule 3.9 allows positive numbers only");
        } else {
            demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        }
        wake();
    }

    @Override
    public void cancel() {
        cancelled = true;
        wake();
    }

    @Override
    boolean step() {
        if (!joined || isOver()) {
            return false;
        }
        calling = Thread.currentThread();
        try {
            return advance();
        } catch (Throwable e) {
            end(Ends.failed(EndReason.Kind.SUBSCRIBER_FAILED, "the viewer threw", e), false);
            tellOver();
            LOG.warn("a reactive subscriber threw; its subscription is ended", e);
            return false;
        } finally {
            calling = null;
        }
    }

    private boolean advance() {
        for (int i = 0; i < PER_STEP; i++) {
            Throwable wrong = refused;
            EndReason asked = asked();
            if (cancelled) {
                end(EndReason.of(EndReason.Kind.CLOSED, ""), false);
                return false;
            } else if (wrong != null) {
                end(new EndReason(EndReason.Kind.FAILED, String.valueOf(wrong.getMessage()), wrong), true);
                return false;
            } else if (asked != null) {
                end(asked, true);
                return false;
            } else if (isPaused() || !deliver()) {
                return false;
            }
        }
        return true;
    }

    /** Delivers the next entry, if one was requested; the end needs no request. Returns whether to go on. */
    private boolean deliver() {
        Cursor[] cursors = viewing.cursors();
        if (cursors.length == 0) {
            end(EndReason.of(EndReason.Kind.CLOSED, ""), true);
            return false;
        }
        Cursor cursor = cursors[0];
        if (demand.get() <= 0 && !cursor.isDrained()) {
            cursor.unpin();
            return false;
        }
        Cursor.Found found;
        try {
            found = cursor.take(1);
        } catch (Throwable e) {
            end(Ends.failed(EndReason.Kind.SUBSCRIBER_FAILED, "the viewer's filter threw", e), true);
            return false;
        }
        if (found == Cursor.Found.END) {
            end(cursor.end(), true);
        }
        if (found == Cursor.Found.END || found == Cursor.Found.NOTHING) {
            return false;
        }
        LogEntry entry = cursor.found();
        if (entry != null) {
            demand.getAndUpdate(d -> d == Long.MAX_VALUE ? d : d - 1);
            subscriber.onNext(entry);
        }
        cursor.done();
        return true;
    }

    private void end(EndReason reason, boolean tell) {
        if (leave(reason)) {
            Throwable cause = reason.cause();
            if (tell && (reason.kind() == EndReason.Kind.FAILED || cause != null)) {
                subscriber.onError(cause != null ? cause : new LogStreamException(reason.message()));
            } else if (tell) {
                subscriber.onComplete();
            }
            tellOver();
        }
    }
}
