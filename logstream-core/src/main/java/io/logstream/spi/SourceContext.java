package io.logstream.spi;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What the hub offers to a reader. Threadsafe; calls after the reader was closed do nothing, but for {@link #retry}.
 */
public interface SourceContext {

    /** Asks for a call of {@link LogReader#read} soon. Sticky: a call that comes during a read leads to another read. */
    void wake();

    /**
     * Asks for a call of {@link LogReader#read} within some time, if nothing else leads to one before. Of several times
     * the earliest counts; a read clears it.
     *
     * @param time how long at most
     */
    void wakeWithin(Duration time);

    /**
     * Says that it is worth another try now: what this reader has failed with an {@link java.io.IOException} for, or could
     * not be opened for, is over. So the next one need not wait until the time between two tries has passed. Counts for that
     * one try; it does nothing once another reader was opened.
     */
    default void retry() {}

    /**
     * The clock.
     *
     * @return the hub's clock
     */
    TimeSource time();

    /**
     * Where a reader runs code that blocks.
     *
     * @return an executor that gives every task a thread
     */
    Executor blocking();
}
