package io.logstream.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Lets the publisher sleep until every subscriber is through with a burst. */
final class Finish {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final AtomicInteger left = new AtomicInteger();
    private volatile Thread waiter = Thread.currentThread();

    /** Expects so many arrivals; called by the publisher before the burst. */
    void expect(int subscribers) {
        waiter = Thread.currentThread();
        left.set(subscribers);
    }

    /** One subscriber is through. */
    void arrive() {
        if (left.decrementAndGet() == 0) {
            LockSupport.unpark(waiter);
        }
    }

    /** Sleeps until all have arrived. */
    void await() {
        long begun = System.nanoTime();
        while (left.get() > 0) {
            LockSupport.parkNanos(this, PATIENCE_NANOS);
            if (System.nanoTime() - begun > PATIENCE_NANOS) {
                throw new IllegalStateException(left + " subscribers have not got the last line after 20 seconds");
            }
        }
    }
}
