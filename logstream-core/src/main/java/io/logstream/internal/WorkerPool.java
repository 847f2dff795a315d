package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few daemon threads that run short tasks in order of arrival. A task can be stuck in a viewer's or a source's code: when
 * tasks wait and no thread has finished one for a while, another thread is started, up to a bound; it goes when there is
 * nothing to do. Threadsafe.
 */
final class WorkerPool implements Pool {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    private static final Duration PATIENCE = Duration.ofMillis(10);
    private static final long KEEP_SECONDS = 10;
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String name;
    private final int core;
    private final int most;
    private final TimeSource time;
    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Set<Worker> workers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean watched = new AtomicBoolean();
    private int numbered;
    private volatile boolean closed;
    private final AtomicInteger sleeping = new AtomicInteger();

    WorkerPool(String name, int core, int most, TimeSource time) {
        this.name = name;
        this.core = core;
        this.most = Math.max(core, most);
        this.time = time;
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        growIfNobodySleeps();
    }

    /**
     * Sees to it that a task in the queue finds a thread. Called after a task was added, and by a thread that has taken one
     * and leaves others behind: who added those may have counted on that thread, when it was still asleep.
     */
    private void growIfNobodySleeps() {
        if (sleeping.get() == 0 && !closed) {
            if (workers.size() < core) {
                addWorker();
            } else if (workers.size() < most && watched.compareAndSet(false, true)) {
                time.after(PATIENCE, this::watch);
            }
        }
    }

    /** Adds a thread if all are stuck while tasks wait, and looks again later if some still do. */
    private void watch() {
        watched.set(false);
        if (queue.isEmpty() || closed) {
            return;
        }
        long now = time.nanoTime();
        boolean stuck = workers.stream().allMatch(w -> w.isBusyFor(PATIENCE.toNanos() / 2, now));
        if (stuck && workers.size() < most) {
            addWorker();
        }
        if (watched.compareAndSet(false, true)) {
            time.after(PATIENCE, this::watch);
        }
    }

    private synchronized void addWorker() {
        if (workers.size() < most && !closed) {
            Worker worker = new Worker(name + "-" + ++numbered);
            workers.add(worker);
            try {
                worker.start();
            } catch (Throwable e) {
                workers.remove(worker);
                LOG.warn("{} could not start another thread: {}", name, e.toString());
            }
        }
    }

    /** Lets a thread go that found nothing to do; not if a task came meanwhile that counted on it. */
    private synchronized boolean retire(Worker worker) {
        boolean gone = (closed || workers.size() > core) && queue.isEmpty() && workers.remove(worker);
        if (gone && closed && !workers.isEmpty()) {
            queue.add(() -> {}); // this thread may have taken what was meant to wake another
        }
        return gone;
    }

    @Override
    public boolean isOwnThread() {
        return Thread.currentThread() instanceof Worker worker && worker.pool() == this;
    }

    @Override
    public int threads() {
        return workers.size();
    }

    @Override
    public int stuck() {
        long now = time.nanoTime();
        return (int) workers.stream().filter(w -> w.isBusyFor(STUCK_NANOS, now)).count();
    }

    @Override
    public void close() {
        closed = true;
        for (int i = workers.size(); i > 0; i--) {
            queue.add(() -> {});
        }
    }

    @Override
    public void awaitEnd(Deadline deadline) {
        List<String> stuck = new ArrayList<>();
        for (Worker worker : workers) {
            try {
                if (worker != Thread.currentThread()) {
                    TimeUnit.NANOSECONDS.timedJoin(worker, deadline.nanosLeft());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (worker.isAlive() && worker != Thread.currentThread()) {
                stuck.add(worker.getName());
            }
        }
        if (!stuck.isEmpty()) {
            LOG.warn("left {} threads behind that are stuck in code of a viewer or a source: {}", stuck.size(), stuck);
        }
    }

    /** A thread of the pool. */
    private final class Worker extends Thread {
        private volatile long busySince;
        private volatile boolean busy;

        Worker(String threadName) {
            super(threadName);
            setDaemon(true);
        }

        WorkerPool pool() {
            return WorkerPool.this;
        }

        boolean isBusyFor(long nanos, long now) {
            return busy && now - busySince >= nanos;
        }

        @Override
        public void run() {
            for (; ; ) {
                Runnable task = next();
                if (task == null) {
                    if (retire(this)) {
                        return;
                    }
                    continue;
                }
                if (!queue.isEmpty()) {
                    growIfNobodySleeps();
                }
                busySince = time.nanoTime();
                busy = true;
                try {
                    task.run();
                } catch (Throwable e) {
                    LOG.error("a task of {} failed; this is a bug of logstream", name, e);
                } finally {
                    busy = false;
                    Thread.interrupted(); // what a viewer left behind must not reach the next one
                }
            }
        }

        /** The next task, or null if there was none for a while or the pool is closed. */
        private @Nullable Runnable next() {
            Runnable task = queue.poll();
            if (task != null || closed) {
                return task;
            }
            sleeping.incrementAndGet();
            try {
                return queue.poll(KEEP_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                return null;
            } finally {
                sleeping.decrementAndGet();
            }
        }
    }
}
