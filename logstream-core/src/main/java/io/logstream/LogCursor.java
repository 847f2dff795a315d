package io.logstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The pull form of a viewer: a place in a stream that moves when it is polled. It costs no thread, and like every viewer
 * it holds no queue. {@link #poll} and {@link #await} are for one thread at a time; the rest is threadsafe.
 */
public interface LogCursor extends Subscription {

    /**
     * The next entry, without waiting.
     *
     * @return a line, a gap or an event, to keep; null if there is nothing now, or nothing more: see {@link #end()}
     */
    @Nullable
    LogEntry poll();

    /**
     * The next entry, waiting for it.
     *
     * @param atMost how long to wait
     * @return a line, a gap or an event, to keep; null if the time is over, or at the end: see {@link #end()}
     * @throws InterruptedException if the waiting thread is interrupted
     */
    @Nullable
    LogEntry await(Duration atMost) throws InterruptedException;

    /**
     * Asks to be told when {@link #poll} may have something: once, soon after there is something to poll, which may be now.
     * Asking again replaces an action that has not run yet.
     *
     * @param action what to run, on a thread of the hub; it must not block
     */
    void onReady(Runnable action);
}
