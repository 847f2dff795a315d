package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.spi.SourceContext;
import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;

/** What one opened reader or scan asks its task for: to be called soon, or within some time. Threadsafe. */
final class Wakeup implements SourceContext {
    /** No time. */
    static final long NEVER = -1;

    private final SerialTask task;
    private final Engine engine;
    private boolean wanted = true;
    private boolean due;
    private long dueAt;
    private volatile boolean closed;
    private volatile boolean retried;

    Wakeup(SerialTask task, Engine engine) {
        this.task = task;
        this.engine = engine;
    }

    @Override
    public void wake() {
        if (!closed) {
            want();
            task.wake();
        }
    }

    @Override
    public void wakeWithin(Duration within) {
        synchronized (this) {
            Duration most = BackpressurePolicy.FOREVER;
            long at = time().nanoTime() + (within.compareTo(most) > 0 ? most : within).toNanos();
            dueAt = !due || at - dueAt < 0 ? at : dueAt;
            due = true;
        }
        if (!closed) {
            task.wake();
        }
    }

    @Override
    public void retry() {
        retried = true;
        task.wake();
    }

    @Override
    public TimeSource time() {
        return engine.time();
    }

    @Override
    public Executor blocking() {
        return engine.blocking();
    }

    // ---- for the task

    synchronized void want() {
        wanted = true;
    }

    /** Whether it is time for a call. */
    synchronized boolean isWanted() {
        return wanted || due && time().nanoTime() - dueAt >= 0;
    }

    /** Forgets what was asked for, right before the call. */
    synchronized void clear() {
        wanted = false;
        due = false;
    }

    /** Nanoseconds from now until the call that was asked for, or {@link #NEVER}. */
    synchronized long delay(long now) {
        return due ? Math.max(0, dueAt - now) : NEVER;
    }

    /** Whether what has failed need not wait to be tried again. */
    boolean isRetried() {
        return retried;
    }

    void close() {
        closed = true;
    }
}
