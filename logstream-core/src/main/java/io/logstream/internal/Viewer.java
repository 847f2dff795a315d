package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.EndReason;
import io.logstream.LogFilter;
import io.logstream.ResumeToken;
import io.logstream.Subscription;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the forms of a viewer have in common: the streams that it watches, being paused, and its one end.
 */
abstract class Viewer extends SerialTask implements Subscription {
    final Engine engine;
    final Viewing viewing;
    private volatile boolean paused;
    private volatile @Nullable EndReason closing;
    private volatile @Nullable EndReason end;
    private boolean over;

    Viewer(Engine engine, boolean merged) {
        this.engine = engine;
        this.viewing = new Viewing(merged);
    }

    final boolean isPaused() {
        return paused;
    }

    /** Why it is to end, once somebody asked for that. */
    final @Nullable EndReason closing() {
        return closing;
    }

    /** Why it is to end now, paused or not: it was closed, or the only stream that it watches was. */
    final @Nullable EndReason asked() {
        EndReason asked = closing;
        Cursor[] cursors = viewing.cursors();
        return asked == null && !viewing.isMerged() && cursors.length > 0 ? cursors[0].aborted() : asked;
    }

    final boolean isOver() {
        return end != null;
    }

    /** Pins nothing while it takes nothing. */
    final void unpin() {
        for (Cursor cursor : viewing.cursors()) {
            cursor.unpin();
        }
    }

    /** Whether a callback may begin; the lock orders this against {@link #closeWith}, after which none may. */
    final synchronized boolean mayCall() {
        return closing == null;
    }

    /** Leaves the streams and keeps the reason; returns false if it was over already. */
    final boolean leave(EndReason reason) {
        synchronized (this) {
            if (end != null) {
                return false;
            }
            end = reason;
        }
        viewing.close();
        return true;
    }

    /** Lets those go who wait for the end. */
    final synchronized void tellOver() {
        over = true;
        notifyAll();
    }

    private synchronized boolean awaitOver(Deadline deadline) throws InterruptedException {
        while (!over && !deadline.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, deadline.nanosLeft());
        }
        return over;
    }

    /** Asks for the end, so that no callback begins any more. */
    final void closeWith(EndReason reason) {
        synchronized (this) {
            closing = closing == null ? reason : closing;
        }
        wake();
    }

    /** Waits for the last callback, unless the caller may be what it would wait for. */
    final void awaitClosed(Deadline deadline) {
        try {
            if (engine.isOwnThread() || isCallingHere()) {
                return;
            }
            if (!awaitOver(deadline)) {
                viewing.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the calling thread is in this viewer's code. */
    abstract boolean isCallingHere();

    @Override
    public final void pause() {
        paused = true;
    }

    @Override
    public final void resume() {
        paused = false;
        wake();
    }

    @Override
    public final void policy(BackpressurePolicy policy) {
        Objects.requireNonNull(policy, "policy");
        viewing.policy(policy);
        wake();
    }

    @Override
    public final void filter(LogFilter filter) {
        Objects.requireNonNull(filter, "filter");
        viewing.filter(filter);
    }

    @Override
    public final Stats stats() {
        return viewing.stats(paused);
    }

    @Override
    public final Map<String, ResumeToken> tokens() {
        return viewing.tokens();
    }

    @Override
    public final Optional<EndReason> end() {
        return Optional.ofNullable(end);
    }

    @Override
    public final boolean awaitEnd(Duration atMost) throws InterruptedException {
        return awaitOver(Deadline.in(atMost));
    }

    @Override
    public void close() {
        closeWith(EndReason.of(EndReason.Kind.CLOSED, ""));
        awaitClosed(Deadline.in(Deadline.CLOSE));
    }
}
