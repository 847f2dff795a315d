package io.logstream.spi;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What the hub offers to a reader. Threadsafe; calls after the reader was closed do nothing.
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
