package io.logstream.testkit;

import io.logstream.spi.SourceContext;
import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What a hub would offer to a reader, over real time. */
final class TckContext implements SourceContext {
    private static final AtomicInteger THREADS = new AtomicInteger();

    private final AtomicInteger blockingTasks = new AtomicInteger();
    private boolean woken;
    private boolean arranged;
    private long wakeAt;

    @Override
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    @Override
    public synchronized void wakeWithin(Duration time) {
        long at = System.nanoTime() + Math.max(0, time.toNanos());
        wakeAt = arranged && wakeAt - at < 0 ? wakeAt : at;
        arranged = true;
        notifyAll();
    }

    @Override
    public TimeSource time() {
        return SystemTime.INSTANCE;
    }

    @Override
    public Executor blocking() {
        return task -> {
            blockingTasks.incrementAndGet();
            Thread thread = new Thread(
                    () -> {
                        try {
                            task.run();
                        } finally {
                            blockingTasks.decrementAndGet();
                        }
                    },
                    "tck-blocking-" + THREADS.incrementAndGet());
            thread.setDaemon(true);
            thread.start();
        };
    }

    /** How many tasks that the reader started have not ended. */
    int blockingTasks() {
        return blockingTasks.get();
    }

    /** What a read begins with: it answers all that was asked for before. */
    synchronized void beginRead() {
        woken = false;
        arranged = false;
    }

    /** Waits until a read is asked for. Says whether it was. */
    synchronized boolean awaitWake(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!woken) {
            long now = System.nanoTime();
            if (arranged && wakeAt - now <= 0) {
                return true;
            }
            if (deadline - now <= 0) {
                return false;
            }
            long until = arranged && wakeAt - deadline < 0 ? wakeAt : deadline;
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, until - now));
        }
        return true;
    }
}
