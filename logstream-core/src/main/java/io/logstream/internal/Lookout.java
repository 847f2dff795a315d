package io.logstream.internal;

import io.logstream.spi.TimeSource.Alarm;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One daemon thread that waits for many: for the time of each alarm, and for what a {@link WatchService} tells. It runs only
 * while there is something to wait for. What it calls must be quick and not wait, since all others wait meanwhile.
 * Threadsafe.
 *
 * <h2>Implementation notes</h2>
 *
 * <p>Who waits for a watch service can be woken for a sooner alarm only by an interrupt. It is sent under the lock and only
 * while {@link #interruptible}, which the thread sets before it waits and takes back behind it, together with an interrupt
 * that came too late: so none ever reaches what is called.
 *
 * <p>Thousands of idle streams have an alarm each, so that one is a single small object.
 */
public final class Lookout {
    private static final Logger LOG = LoggerFactory.getLogger(Lookout.class);
    private static final Lookout SHARED = new Lookout("logstream-lookout");
    private static final long KEEP_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int FEW = 64;

    private final String name;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition sooner = lock.newCondition();
    private final Queue<Entry> alarms = new PriorityQueue<>();
    /** How many of these were cancelled: they go when their time comes, or when they are many. */
    private int cancelled;

    private @Nullable WatchService watched;
    private Consumer<WatchKey> told = key -> {};
    private @Nullable Thread thread;
    private boolean interruptible;
    /** Whether the thread ends at once when it has nothing to wait for: somebody waits for that. */
    private boolean leaving;

    /**
     * One with a thread of its own.
     *
     * @param name the thread's
     */
    public Lookout(String name) {
        this.name = name;
    }

    /**
     * The one of this process.
     *
     * @return always the same
     */
    public static Lookout shared() {
        return SHARED;
    }

    /** An alarm that is set. */
    private final class Entry implements Alarm, Comparable<Entry> {
        final Object owner;
        final long at;

        @Nullable
        Runnable action; // null once it is over

        Entry(Object owner, long at, Runnable action) {
            this.owner = owner;
            this.at = at;
            this.action = action;
        }

        @Override
        public int compareTo(Entry other) {
            return Long.signum(at - other.at);
        }

        /** Notes that it leaves the queue; returns its action, or null if it was cancelled. */
        @Nullable
        Runnable end() {
            Runnable last = action;
            cancelled -= last == null ? 1 : 0;
            action = null;
            return last;
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

    /** Sets an alarm of an owner for a time of {@link System#nanoTime}. */
    Alarm at(Object owner, long nanos, Runnable action) {
        Entry entry = new Entry(owner, nanos, Objects.requireNonNull(action));
        lock.lock();
        try {
            alarms.add(entry);
            if (thread == null || alarms.peek() == entry) {
                attend();
            }
        } finally {
            lock.unlock();
        }
        return entry;
    }

    /** Unsets all alarms of an owner. */
    void forget(Object owner) {
        lock.lock();
        try {
            alarms.removeIf(entry -> {
                boolean own = entry.owner == owner;
                var unused = own ? entry.end() : null;
                return own;
            });
            if (thread != null) {
                leaving = true;
                attend();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a watch service too, until that is closed, and in place of the one before.
     *
     * @param service what tells
     * @param to takes what it tells
     */
    public void watch(WatchService service, Consumer<WatchKey> to) {
        lock.lock();
        try {
            watched = service;
            told = to;
            attend();
        } finally {
            lock.unlock();
        }
    }

    /** Has the thread look again what it waits for. Under the lock. */
    private void attend() {
        if (thread == null) {
            Thread started = new Thread(null, this::run, name, 0, false);
            started.setDaemon(true);
            started.setContextClassLoader(null);
            try {
                started.start();
                thread = started;
            } catch (OutOfMemoryError e) { // there may be no more threads now; whoever comes next tries again
                LOG.error("{} can't be started", name, e);
            }
        } else if (interruptible) {
            thread.interrupt();
        } else {
            sooner.signal();
        }
    }

    // ---- the thread

    /** Takes an alarm and a change in turn, so that neither waits for many of the other. */
    private void run() {
        boolean more = true;
        while (more) {
            try {
                Runnable action = due();
                if (action != null) {
                    action.run();
                }
                more = look(action == null);
            } catch (Throwable e) {
                LOG.error("{} goes on after an error; this is a bug of logstream", name, e);
            }
        }
    }

    /** What is to be done now. */
    private @Nullable Runnable due() {
        lock.lock();
        try {
            Entry first = alarms.peek();
            while (first != null && (first.action == null || first.at - System.nanoTime() <= 0)) {
                alarms.remove();
                Runnable action = first.end();
                if (action != null) {
                    return action;
                }
                first = alarms.peek();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Hands on what the watch service tells, and may wait for it or an alarm; false if there is nothing to wait for. */
    @SuppressWarnings("WaitNotInLoop") // the loop is that of run()
    private boolean look(boolean mayWait) throws InterruptedException {
        WatchService from;
        Consumer<WatchKey> to;
        long nanos;
        lock.lock();
        try {
            Entry first = alarms.peek();
            from = watched;
            to = told;
            nanos = !mayWait ? 0 : first == null ? Long.MAX_VALUE : Math.max(0, first.at - System.nanoTime());
            if (from == null && first == null) {
                return stays();
            }
            if (from == null) {
                var unused = nanos > 0 ? sooner.awaitNanos(nanos) : 0;
                return true;
            }
            interruptible = mayWait;
        } finally {
            lock.unlock();
        }
        WatchKey key = poll(from, nanos);
        if (key != null) {
            to.accept(key);
        }
        return true;
    }

    /** Waits a while for somebody to need this thread. */
    @SuppressWarnings("WaitNotInLoop") // the loop is that of run()
    private boolean stays() throws InterruptedException {
        boolean wanted = !leaving && sooner.awaitNanos(KEEP_NANOS) > 0;
        leaving = false;
        if (wanted || watched != null || !alarms.isEmpty()) {
            return true;
        }
        thread = null;
        return false;
    }

    private @Nullable WatchKey poll(WatchService from, long nanos) {
        boolean closed = false;
        try {
            return nanos == 0 ? from.poll() : from.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return null; // there is a sooner alarm
        } catch (ClosedWatchServiceException e) {
            closed = true;
            return null;
        } finally {
            polled(from, closed);
        }
    }

    private void polled(WatchService from, boolean closed) {
        lock.lock();
        try {
            interruptible = false;
            Thread.interrupted();
            if (closed && watched == from) {
                watched = null;
                leaving = true;
            }
        } finally {
            lock.unlock();
        }
    }
}
