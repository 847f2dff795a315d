package io.logstream.internal;

import io.logstream.EndReason;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pull form of a viewer: its steps only tell that there may be something to poll. */
final class Pull extends Viewer implements LogCursor {
    private static final Logger LOG = LoggerFactory.getLogger(Pull.class);

    private final Object signal = new Object();
    private final ReentrantLock polling = new ReentrantLock();
    private long signals;
    private @Nullable Runnable ready;

    Pull(Engine engine) {
        super(engine, false);
    }

    @Override
    Executor executor() {
        return engine.delivery();
    }

    /** Whether the calling thread polls: then it is in the viewer's filter. */
    @Override
    boolean isCallingHere() {
        return polling.isHeldByCurrentThread();
    }

    @Override
    public void close() {
        closeWith(EndReason.of(EndReason.Kind.CLOSED, ""));
        settle();
        awaitClosed(Deadline.in(Deadline.CLOSE));
    }

    /**
     * Ends when somebody asked for that, and pins nothing while nobody polls. Not under a thread that polls, which has a
     * line to count: it does this next.
     */
    private void settle() {
        if (!polling.isHeldByCurrentThread() && polling.tryLock()) {
            try {
                EndReason asked = asked();
                EndReason reason = asked == null ? viewing.end() : asked;
                if (reason != null) {
                    finish(reason);
                } else {
                    unpin();
                }
            } finally {
                polling.unlock();
            }
        }
    }

    @Override
    boolean step() {
        settle();
        Runnable action;
        synchronized (signal) {
            signals++;
            signal.notifyAll();
            if (ready == null || !isOver() && (isPaused() || !mayHaveMore())) {
                return false;
            }
            action = ready;
            ready = null;
        }
        try {
            action.run();
        } catch (Throwable e) {
            LOG.warn("what a viewer asked to run when its cursor is ready threw", e);
        }
        return false;
    }

    private boolean mayHaveMore() {
        return Arrays.stream(viewing.cursors()).anyMatch(Cursor::mayHaveMore);
    }

    @Override
    public @Nullable LogEntry poll() {
        polling.lock();
        try {
            return next();
        } finally {
            polling.unlock();
            if (asked() != null || viewing.end() != null) {
                settle();
            }
        }
    }

    private @Nullable LogEntry next() {
        while (!isOver() && !isPaused() && closing() == null) {
            Cursor[] cursors = viewing.cursors();
            if (cursors.length == 0) {
                EndReason reason = viewing.end();
                if (reason != null) {
                    finish(reason);
                }
                return null;
            }
            Cursor cursor = cursors[0];
            Cursor.Found found;
            try {
                found = cursor.take(1);
            } catch (RuntimeException | Error e) {
                finish(Ends.failed(EndReason.Kind.SUBSCRIBER_FAILED, "the viewer's filter threw", e));
                return null;
            }
            if (!mayCall() || cursor.aborted() != null && found != Cursor.Found.END) {
                cursor.drop(); // it was closed meanwhile, and what is not given is not counted
                return null;
            }
            LogEntry entry = cursor.found();
            if (found == Cursor.Found.END) {
                finish(cursor.end());
            } else if (found != Cursor.Found.NOTHING) {
                cursor.done();
            }
            if (entry != null || found == Cursor.Found.NOTHING) {
                return entry;
            }
        }
        return null;
    }

    @Override
    public @Nullable LogEntry await(Duration atMost) throws InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        for (; ; ) {
            long seen;
            synchronized (signal) {
                seen = signals;
            }
            LogEntry entry = poll();
            if (entry != null || isOver() || closing() != null) {
                return entry;
            }
            synchronized (signal) {
                while (signals == seen) {
                    if (deadline.isOver()) {
                        return null;
                    }
                    TimeUnit.NANOSECONDS.timedWait(signal, deadline.nanosLeft());
                }
            }
        }
    }

    @Override
    public void onReady(Runnable action) {
        synchronized (signal) {
            ready = action;
        }
        wake();
    }

    private void finish(EndReason reason) {
        if (leave(reason)) {
            tellOver();
            wake();
        }
    }
}
