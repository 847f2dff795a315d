package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The system's clock, with one thread for its alarms, which runs only while there are some. Thousands of idle streams have
 * an alarm each, so that one is a single small object.
 */
final class SystemTime implements TimeSource, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SystemTime.class);
    private static final long KEEP_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int FEW = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition sooner = lock.newCondition();
    private final Queue<Entry> alarms = new PriorityQueue<>();
    /** How many of these were cancelled: they go when their time comes, or when they are many. */
    private int cancelled;

    private @Nullable Thread thread;
    private boolean closed;

    /** An alarm that is set. */
    private final class Entry implements Alarm, Comparable<Entry> {
        final long at;

        @Nullable
        Runnable action; // null once it is over

        Entry(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        @Override
        public int compareTo(Entry other) {
            return Long.signum(at - other.at);
        }

        @Override
        public void cancel() {
            lock.lock();
            try {
                if (action != null) {
                    action = null;
                    cancelled++;
                    if (cancelled > FEW && cancelled > alarms.size() / 4) {
                        alarms.removeIf(entry -> entry.action == null);
                        cancelled = 0;
                    }
                }
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /** Nanoseconds since 1970; the nearest that there are for times that are centuries away. */
    static long epochNanos(Instant time) {
        long years = ChronoUnit.DAYS.between(Instant.EPOCH, time) / 365;
        if (years < -290 || years > 290) {
            return years < 0 ? Long.MIN_VALUE + 1 : Long.MAX_VALUE;
        }
        return ChronoUnit.NANOS.between(Instant.EPOCH, time);
    }

    @Override
    public Alarm after(Duration delay, Runnable action) {
        long nanos = Math.min(delay.toNanos(), Long.MAX_VALUE / 4); // so that any two can be compared
        Entry entry = new Entry(nanoTime() + nanos, Objects.requireNonNull(action));
        lock.lock();
        try {
            if (!closed) {
                alarms.add(entry);
                if (thread == null) {
                    start();
                } else if (alarms.peek() == entry) {
                    sooner.signal();
                }
            }
        } finally {
            lock.unlock();
        }
        return entry;
    }

    private void start() {
        Thread started = new Thread(this::run, "logstream-time");
        started.setDaemon(true);
        started.start();
        thread = started;
    }

    private void run() {
        boolean more = true;
        while (more) {
            try {
                Runnable action = next();
                more = action != null;
                if (action != null) {
                    action.run();
                }
            } catch (Throwable e) { // nobody has a reason to interrupt this thread
                LOG.error("an alarm failed; this is a bug of logstream", e);
            }
        }
    }

    /** Waits for the next alarm; null if there was none for a while, and this thread is not needed any more. */
    private @Nullable Runnable next() throws InterruptedException {
        lock.lock();
        try {
            long idle = nanoTime();
            while (!closed) {
                Entry first = alarms.peek();
                long now = nanoTime();
                long wait = first == null ? idle + KEEP_NANOS - now : first.at - now;
                if (first != null && (first.action == null || wait <= 0)) {
                    alarms.remove();
                    Runnable action = first.action;
                    if (action != null) {
                        first.action = null;
                        return action;
                    }
                    cancelled--;
                } else if (wait <= 0) {
                    break;
                } else {
                    var unused = sooner.awaitNanos(wait);
                }
            }
            thread = null;
            return null;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            alarms.clear();
            sooner.signal();
        } finally {
            lock.unlock();
        }
    }
}
