package io.logstream.testkit;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * A clock that stands still until a test moves it. Alarms go off on the thread that calls {@link #advance}, in the order
 * of their times, and among equal times in the order in which they were set. Threadsafe.
 */
public final class VirtualTime implements TimeSource {
    private final Object lock = new Object();
    private final PriorityQueue<Pending> alarms = new PriorityQueue<>();
    private long epochNanos;
    private long now;
    private long lastNumber;

    private VirtualTime(long epochNanos) {
        this.epochNanos = epochNanos;
    }

    /** An alarm that has not gone off. */
    private record Pending(long due, long number, Runnable action) implements Comparable<Pending> {
        @Override
        public int compareTo(Pending other) {
            return due == other.due ? Long.compare(number, other.number) : Long.compare(due, other.due);
        }
    }

    /**
     * A clock that shows some time.
     *
     * @param start the time of day that it shows, between the years 1678 and 2262
     * @return the clock, with a {@link #nanoTime()} of 0
     * @throws ArithmeticException if the time is out of these bounds
     */
    public static VirtualTime startingAt(Instant start) {
        return new VirtualTime(
                Math.addExact(Math.multiplyExact(start.getEpochSecond(), 1_000_000_000L), start.getNano()));
    }

    @Override
    public long nanoTime() {
        synchronized (lock) {
            return now;
        }
    }

    @Override
    public long epochNanos() {
        synchronized (lock) {
            return epochNanos + now;
        }
    }

    /**
     * {@inheritDoc} It never goes off within this call, not even with a delay of zero.
     */
    @Override
    public Alarm after(Duration delay, Runnable action) {
        synchronized (lock) {
            Pending pending = new Pending(later(now, delay), ++lastNumber, action);
            alarms.add(pending);
            lock.notifyAll();
            return () -> cancel(pending);
        }
    }

    private void cancel(Pending pending) {
        synchronized (lock) {
            alarms.remove(pending);
        }
    }

    /**
     * Moves the clock, and lets every alarm that is due on the way go off at its time, also those that are set meanwhile.
     *
     * @param time how far, zero or more
     * @throws IllegalArgumentException if the time is negative
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("advance by " + time + ": a monotonic clock does not go back");
        }
        long target;
        synchronized (lock) {
            target = later(now, time);
        }
        for (Optional<Runnable> due = nextDue(target); due.isPresent(); due = nextDue(target)) {
            due.get().run();
        }
    }

    /** Moves the clock to the next alarm that is due, or to the target if there is none. */
    private Optional<Runnable> nextDue(long target) {
        synchronized (lock) {
            Pending first = alarms.peek();
            if (first == null || first.due > target) {
                now = Math.max(now, target);
                return Optional.empty();
            }
            alarms.remove();
            now = Math.max(now, first.due);
            return Optional.of(first.action);
        }
    }

    /**
     * Sets the time of day forward or back, as an operator or a time server does, and leaves {@link #nanoTime()} alone.
     *
     * @param by how far; negative to go back
     */
    public void shiftTimeOfDay(Duration by) {
        synchronized (lock) {
            epochNanos += by.toNanos();
        }
    }

    /**
     * How long it is until the next alarm.
     *
     * @return the time by which to {@link #advance}, or empty if no alarm is set
     */
    public Optional<Duration> nextAlarm() {
        synchronized (lock) {
            return Optional.ofNullable(alarms.peek()).map(next -> Duration.ofNanos(Math.max(0, next.due - now)));
        }
    }

    /**
     * Waits, in real time, until other threads have set alarms.
     *
     * @param alarms how many have to be pending
     * @param atMost how long to wait in real time
     * @return whether so many are pending
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public boolean awaitAlarms(int alarms, Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (lock) {
            while (this.alarms.size() < alarms) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lock, left);
            }
            return true;
        }
    }

    /** Adds without overflow: a patience without end is due at the end of time. */
    private static long later(long now, Duration delay) {
        if (delay.isNegative()) {
            return now;
        }
        long nanos = delay.toSeconds() < Long.MAX_VALUE / 1_000_000_000L ? delay.toNanos() : Long.MAX_VALUE;
        return now > Long.MAX_VALUE - nanos ? Long.MAX_VALUE : now + nanos;
    }
}
