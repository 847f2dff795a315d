package io.logstream;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;

/** A clock that goes like the system's, and jumps when it is told to. Its alarms are late by a millisecond. Threadsafe. */
final class JumpingTime implements TimeSource, AutoCloseable {
    private record Due(long at, Runnable action) {}

    private final long origin = System.nanoTime();
    private final PriorityQueue<Due> alarms = new PriorityQueue<>(Comparator.comparingLong(Due::at));
    private volatile long ahead;
    private volatile long timeOfDay;
    private volatile boolean closed;

    JumpingTime() {
        Thread thread = new Thread(this::run, "jumping-time");
        thread.setDaemon(true);
        thread.start();
    }

    /** As if the machine had slept; by one thread. */
    void jump(Duration by) {
        ahead = ahead + by.toNanos();
    }

    /** As if somebody had set the clock, which the monotonic one does not notice; by one thread. */
    void setTimeOfDay(Duration by) {
        timeOfDay = timeOfDay + by.toNanos();
    }

    private void run() {
        while (!closed) {
            Due next = next();
            if (next == null) {
                LockSupport.parkNanos(1_000_000);
            } else {
                next.action.run();
            }
        }
    }

    private synchronized Due next() {
        Due first = alarms.peek();
        return first != null && first.at <= nanoTime() ? alarms.poll() : null;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime() - origin + ahead;
    }

    @Override
    public long epochNanos() {
        return System.currentTimeMillis() * 1_000_000 + timeOfDay;
    }

    @Override
    public synchronized Alarm after(Duration delay, Runnable action) {
        Due due = new Due(nanoTime() + delay.toNanos(), action);
        alarms.add(due);
        return () -> cancel(due);
    }

    private synchronized void cancel(Due due) {
        alarms.remove(due);
    }

    @Override
    public void close() {
        closed = true;
    }
}
