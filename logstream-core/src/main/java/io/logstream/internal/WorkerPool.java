package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few daemon threads that run short tasks in order of arrival. A task can be stuck in a viewer's or a source's code: when
 * tasks wait and no thread has finished one for a while, another thread is started, up to a bound; it goes when there is
 * nothing to do. Threadsafe.
 *
 * <h2>Implementation notes</h2>
 *
 * <p>Waking a thread costs more than most tasks. So whoever adds a task wakes one only if no thread is <em>looking</em> for
 * tasks, and a thread that has found one and was the last to look wakes the next if more wait. A thread stops looking before
 * it looks at the queue for the last time; together with {@link #execute}, which adds before it looks at who is looking,
 * this leaves no task behind: both sides store before they load, with full fences.
 *
 * <p>A thread that lingers with a task is looking too. When it finds that others wait in the queue meanwhile, it takes them
 * before it makes another step, which could take long, and wakes the next thread if there is more than one.
 */
final class WorkerPool implements Pool {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    private static final Duration PATIENCE = Duration.ofMillis(10);
    /** How long a thread is kept that nobody wants. */
    private static final Duration KEEP = Duration.ofSeconds(10);
    /** How long one more than usual is, after a time when all were stuck. */
    private static final Duration KEEP_SPARE = Duration.ofSeconds(1);

    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How long a task may go on with quick steps while others wait: handing a thread over costs as much as a step. */
    private static final Duration TURN = Duration.ofNanos(20_000);

    private static final int STEPS = 64;

    /** How often to pause before looking again, so that whoever writes is not slowed down by being looked at. */
    private static final int PAUSES = 16;

    /** What viewers' callbacks find as theirs: that of whoever made the hub. */
    private final @Nullable ClassLoader loader = Thread.currentThread().getContextClassLoader();

    private final String name;
    private final int core;
    private final int most;
    private final Duration spin;
    private final Duration busyPatience;
    private final TimeSource time;
    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedDeque<Worker> sleeping = new ConcurrentLinkedDeque<>();
    private final AtomicInteger looking = new AtomicInteger();
    private final Set<Worker> workers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean watched = new AtomicBoolean();
    private volatile int threads;
    /** When all were stuck last; it means something if there are more threads than usual. */
    private volatile long stuckAt;

    private int numbered;
    private volatile boolean closed;

    /**
     * @param core how many threads there are at most while none is stuck
     * @param most how many there are at most, when others are stuck
     * @param spin how long a thread waits with a task that has nothing to do before both sleep
     * @param busyPatience how long a task may take that does not wait: where it computes it may only lack a processor
     */
    WorkerPool(String name, int core, int most, Duration spin, Duration busyPatience, TimeSource time) {
        this.name = name;
        this.core = core;
        this.most = Math.max(core, most);
        this.spin = spin;
        this.busyPatience = busyPatience;
        this.time = time;
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        if (looking.get() == 0) {
            wakeOne();
        }
    }

    @Override
    public boolean staysWith(SerialTask task, boolean more) {
        Worker worker = currentWorker();
        if (worker == null) {
            return false;
        }
        boolean lingered = !more && linger(worker, task);
        worker.beginTask();
        worker.busy = true;
        boolean others = !queue.isEmpty();
        worker.countedOn = lingered && others;
        return !others || !lingered && ++worker.steps < STEPS && worker.busySince - worker.turnSince < TURN.toNanos();
    }

    /** Waits until the task is woken, others want the thread, or it takes too long; returns whether it waited at all. */
    private boolean linger(Worker worker, SerialTask task) {
        if (spin.isZero() || looking.get() > 0) {
            return false;
        }
        worker.busy = false;
        looking.incrementAndGet();
        Deadline deadline = Deadline.in(spin);
        do {
            for (int i = 0; i < PAUSES; i++) {
                Thread.onSpinWait();
            }
        } while (!task.isWoken() && queue.isEmpty() && !closed && !deadline.isOver());
        looking.decrementAndGet();
        return true;
    }

    private @Nullable Worker currentWorker() {
        return Thread.currentThread() instanceof Worker worker && worker.pool() == this ? worker : null;
    }

    /** Sees to it that a task in the queue finds a thread. */
    private void wakeOne() {
        Worker sleeper = sleeping.poll();
        if (sleeper != null) {
            looking.incrementAndGet();
            sleeper.unpark();
        } else if (threads < core) {
            addWorker(core);
        } else {
            watchLater();
        }
    }

    private void watchLater() {
        if (threads < most && !closed && !watched.get() && watched.compareAndSet(false, true)) {
            time.after(PATIENCE, this::watch);
        }
    }

    /** Adds a thread if all are stuck while tasks wait, and looks again later if some still do. */
    private void watch() {
        watched.set(false);
        if (queue.isEmpty() || closed) {
            return;
        }
        long now = time.nanoTime();
        boolean stuck = workers.stream().allMatch(w -> w.isStuck(now));
        if (stuck) {
            stuckAt = now;
            addWorker(most);
        }
        watchLater();
    }

    private synchronized void addWorker(int bound) {
        if (threads < bound && !closed) {
            Worker worker = new Worker(name + "-" + ++numbered);
            workers.add(worker);
            threads = workers.size();
            looking.incrementAndGet();
            try {
                worker.start();
            } catch (Throwable e) {
                looking.decrementAndGet();
                workers.remove(worker);
                threads = workers.size();
                LOG.warn("{} could not start another thread: {}", name, e.toString());
                watchLater();
            }
        }
    }

    /** Whether there are more threads than usual, and none of them is stuck, nor has been lately. */
    private boolean isSpare() {
        long now = time.nanoTime();
        return threads > core
                && now - stuckAt >= KEEP_SPARE.toNanos()
                && workers.stream().noneMatch(w -> w.isStuck(now));
    }

    /** Lets a thread go that found nothing to do. */
    private synchronized void retire(Worker worker) {
        workers.remove(worker);
        threads = workers.size();
    }

    @Override
    public boolean isOwnThread() {
        return currentWorker() != null;
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public int stuck() {
        long now = time.nanoTime();
        return (int) workers.stream().filter(w -> w.isBusyFor(STUCK_NANOS, now)).count();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        workers.forEach(LockSupport::unpark);
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

    /** A thread of the pool. It begins looking for tasks, and is counted as looking by who started or woke it. */
    private final class Worker extends Thread {
        private volatile long busySince;
        private volatile boolean busy;
        private volatile boolean wanted;
        private long turnSince;
        private int steps;
        /** While it looked, others relied on it for what they put into the queue. */
        private boolean countedOn;

        Worker(String threadName) {
            super(threadName);
            setDaemon(true);
            setContextClassLoader(loader); // not that of whoever happens to start it
        }

        WorkerPool pool() {
            return WorkerPool.this;
        }

        boolean isBusyFor(long nanos, long now) {
            return busy && now - busySince >= nanos;
        }

        /** Whether its task takes too long; one that does not wait may only lack a processor, and is given more time. */
        boolean isStuck(long now) {
            return isBusyFor(getState() == State.RUNNABLE ? busyPatience.toNanos() : PATIENCE.toNanos() / 2, now);
        }

        void unpark() {
            wanted = true;
            LockSupport.unpark(this);
        }

        @Override
        public void run() {
            boolean more = runOne(look());
            while (more) {
                more = runOne(next());
            }
        }

        /** Runs a task, and holds it no longer; returns false if there is none. */
        private boolean runOne(@Nullable Runnable task) {
            if (task == null) {
                return false;
            }
            beginTask();
            turnSince = busySince;
            steps = 0;
            busy = true;
            try {
                task.run();
            } catch (Throwable e) {
                LOG.error("a task of {} failed; this is a bug of logstream", name, e);
            } finally {
                busy = false;
            }
            return true;
        }

        /** What a viewer left behind, time or interruption, must not reach the next one. */
        void beginTask() {
            busySince = time.nanoTime();
            Thread.interrupted();
        }

        private @Nullable Runnable next() {
            Runnable task = countedOn ? null : queue.poll();
            countedOn = false;
            if (task != null) {
                return task;
            }
            looking.incrementAndGet();
            return look();
        }

        /** Finds a task, and is not counted as looking any more; null if this thread is not needed any more. */
        private @Nullable Runnable look() {
            for (; ; ) {
                Runnable task = queue.poll();
                if (task != null) {
                    if (looking.decrementAndGet() == 0 && !queue.isEmpty()) {
                        wakeOne();
                    }
                    return task;
                }
                sleeping.push(this);
                looking.decrementAndGet();
                if (queue.isEmpty() && !closed) {
                    sleep();
                }
                if (!sleeping.remove(this)) {
                    awaitWanted(); // somebody took this thread, and counted it as looking
                } else if (queue.isEmpty()) {
                    retire(this);
                    if (!queue.isEmpty()) {
                        wakeOne(); // who added that may have counted on this thread
                    }
                    return null;
                } else {
                    looking.incrementAndGet();
                }
            }
        }

        /** Sleeps until it is wanted, or is not needed any more. */
        private void sleep() {
            Deadline deadline = Deadline.in(isSpare() ? Duration.ZERO : KEEP);
            while (!wanted && !closed && !deadline.isOver()) {
                LockSupport.parkNanos(WorkerPool.this, deadline.nanosLeft());
                Thread.interrupted();
            }
        }

        /** Takes note that it was woken by somebody who took it from the sleepers: it is counted as looking again. */
        private void awaitWanted() {
            while (!wanted) {
                LockSupport.park(WorkerPool.this);
                Thread.interrupted();
            }
            wanted = false;
        }
    }
}
