package io.logstream.benchmarks;

import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.Subscriber;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Counts the lines of one or several streams; a gap is a failure. Threadsafe. */
final class LineCounter implements Subscriber {
    private static final int PATIENCE_SECONDS = 600;

    private final long expected;
    private final CountDownLatch through = new CountDownLatch(1);
    private long lines;
    private volatile boolean wrong;

    LineCounter(long expected) {
        this.expected = expected;
    }

    @Override
    public void onLines(LogBatch batch) {
        count(batch.size());
    }

    synchronized void count(long more) {
        lines += more;
        if (lines >= expected) {
            through.countDown();
        }
    }

    @Override
    public void onGap(Gap gap) {
        wrong = true;
        through.countDown();
    }

    void await() throws InterruptedException {
        boolean all = through.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        synchronized (this) {
            if (!all || wrong || lines != expected) {
                throw new IllegalStateException("lines are missing: " + lines + " of " + expected);
            }
        }
    }
}
