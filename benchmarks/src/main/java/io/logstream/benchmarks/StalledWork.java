package io.logstream.benchmarks;

import io.logstream.LogBatch;
import java.util.concurrent.CountDownLatch;

/** A subscriber that is stuck in its first callback until it is let go. */
final class StalledWork extends Work {
    private final CountDownLatch free = new CountDownLatch(1);

    StalledWork() {
        super(new Finish());
    }

    @Override
    void line(byte first, int length) {
        stall();
    }

    @Override
    void lines(LogBatch batch) {
        stall();
    }

    @Override
    void lost(long lines) {
        stall();
    }

    /** Lets it go. */
    void release() {
        free.countDown();
    }

    private void stall() {
        try {
            free.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
