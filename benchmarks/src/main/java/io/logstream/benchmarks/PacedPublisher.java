package io.logstream.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that publishes so many lines a second, a block of 64 at a time. What it is behind it makes up, but not what
 * was due longer than a tenth of a second ago.
 */
final class PacedPublisher implements AutoCloseable {
    /** The most that it makes up. */
    static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(100);

    private final Peer peer;
    private final long gap;
    private final Thread thread = new Thread(this::run, "publisher");
    private volatile Mark mark = new Mark(0, 0);
    private volatile boolean closed;

    /**
     * How far it has come.
     *
     * @param lines published
     * @param nanos spent in the peer's code for that
     */
    record Mark(long lines, long nanos) {}

    PacedPublisher(Peer peer, int linesPerSecond) {
        this.peer = peer;
        this.gap = TimeUnit.SECONDS.toNanos(Lines.COUNT) / linesPerSecond;
        thread.setDaemon(true);
    }

    /** Begins, and returns when so many lines are published. */
    void start(long lines) {
        thread.start();
        while (mark.lines < lines) {
            LockSupport.parkNanos(this, PATIENCE / 10);
        }
    }

    private void run() {
        long lines = 0;
        long nanos = 0;
        for (long due = System.nanoTime(); !closed; due = Math.max(due + gap, System.nanoTime() - PATIENCE)) {
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(this, wait);
            }
            long begun = System.nanoTime();
            peer.publish(lines, lines + Lines.COUNT);
            nanos += System.nanoTime() - begun;
            lines += Lines.COUNT;
            mark = new Mark(lines, nanos);
        }
    }

    /** How far it has come. */
    Mark mark() {
        return mark;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
