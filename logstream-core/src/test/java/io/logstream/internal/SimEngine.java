package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * An engine without threads: whatever would run on one waits in a list, and the simulator runs the waiting things one stage
 * at a time in an order that the seed decides. A {@link SerialTask} has three stages, so that others come between "saw
 * nothing" and "went to sleep".
 */
final class SimEngine {

    /** Told around the steps of tasks. */
    interface Watch {
        void before(Object task);

        void after(Object task);
    }

    /** Something that waits to run, or a task between two of its stages. */
    static final class Job {
        final Runnable work;
        final Object task;
        int stage;
        boolean more;
        boolean running;
        long notBefore;

        Job(Runnable work) {
            this.work = work;
            boolean wrapped = work.getClass().getEnclosingClass() == Delivery.class;
            this.task = wrapped ? Simulator.field(work, "task") : work;
        }
    }

    private static final class Alarm implements TimeSource.Alarm {
        final long at;
        final Runnable action;
        boolean cancelled;

        Alarm(long at, Runnable action) {
            this.at = at;
            this.action = action;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    /** A clock that moves when it is told to. */
    final class Clock implements TimeSource {
        long now;

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public long epochNanos() {
            return 1_700_000_000_000_000_000L + (now - start);
        }

        @Override
        public Alarm after(Duration delay, Runnable action) {
            SimEngine.Alarm alarm = new SimEngine.Alarm(now + delay.toNanos(), action);
            alarms.add(alarm);
            return alarm;
        }
    }

    private final class SimPool implements Pool {
        @Override
        public void execute(Runnable task) {
            ready.add(new Job(task));
        }

        @Override
        public boolean isOwnThread() {
            return true;
        }

        @Override
        public boolean staysWith(SerialTask task, boolean more) {
            return false;
        }

        @Override
        public int threads() {
            return 1;
        }

        @Override
        public int stuck() {
            return 0;
        }

        @Override
        public void close() {}

        @Override
        public void awaitEnd(Deadline deadline) {}
    }

    final Random random;
    final long start;
    final Clock clock = new Clock();
    final List<Job> ready = new ArrayList<>();
    final Deque<Object> current = new ArrayDeque<>();
    final Engine engine;
    /** Takes work that it does not run for a while. */
    final Executor slow = this::executeSlowly;

    Watch watch = new Watch() {
        @Override
        public void before(Object task) {}

        @Override
        public void after(Object task) {}
    };

    private final List<Alarm> alarms = new ArrayList<>();
    private long turns;

    SimEngine(Random random, long memory, long firstSequence, int bulkBytes) {
        this.random = random;
        this.start = random.nextInt(4) == 0 ? Long.MAX_VALUE - random.nextInt(1 << 30) : random.nextInt(1 << 30);
        clock.now = start;
        engine = new Engine(
                clock,
                new SimPool(),
                new SimPool(),
                task -> ready.add(new Job(task)),
                new MemoryBudget(memory),
                random,
                firstSequence,
                bulkBytes);
    }

    private void executeSlowly(Runnable task) {
        Job job = new Job(task);
        job.notBefore = turns + random.nextInt(60);
        ready.add(job);
    }

    /** Runs one stage of one thing that waits; returns false if nothing can run. */
    boolean runOne() {
        return runOne(false);
    }

    private boolean runOne(boolean evenHeld) {
        turns++;
        int size = ready.size();
        int from = size == 0 ? 0 : random.nextInt(size);
        for (int i = 0; i < size; i++) {
            Job job = ready.get((from + i) % size);
            if (!job.running && (evenHeld || job.notBefore <= turns)) {
                run(job);
                return true;
            }
        }
        return false;
    }

    /** Runs everything but what is held, until nothing is left. */
    void runAll(boolean evenHeld) {
        int bound = 200_000;
        while (runOne(evenHeld)) {
            if (--bound == 0) {
                throw new AssertionError("the tasks never come to rest: " + ready.get(0).work);
            }
        }
    }

    /** Runs everything, and lets time go on, until nothing is left or nothing is due for a while. */
    void runThrough(long atMost) {
        int bound = 10_000;
        do {
            runAll(true);
            if (--bound == 0) {
                throw new AssertionError("the alarms never come to rest: " + alarms.size());
            }
        } while (advanceToNext(atMost));
    }

    private void run(Job job) {
        if (!(job.work instanceof SerialTask task)) {
            ready.remove(job);
            if (job.task == job.work) {
                job.work.run();
            } else {
                job.running = true;
                current.push(job.task);
                watch.before(job.task);
                job.work.run();
                current.pop();
                watch.after(job.task);
            }
            return;
        }
        boolean through = random.nextInt(3) > 0;
        do {
            switch (job.stage++) {
                case 0 -> task.begin();
                case 1 -> step(job, task);
                default -> {
                    ready.remove(job);
                    task.finish(job.more);
                    return;
                }
            }
        } while (through);
    }

    private void step(Job job, SerialTask task) {
        job.running = true;
        current.push(task);
        watch.before(task);
        job.more = task.step();
        current.pop();
        watch.after(task);
        job.running = false;
    }

    /** Whether a task waits to run, or is between two of its stages. */
    boolean isWaiting(Object task) {
        for (Job job : ready) {
            if (job.task == task) {
                return true;
            }
        }
        return false;
    }

    /** Moves the clock; alarms that are due then wait to run like anything else. */
    void advance(long nanos) {
        clock.now += nanos;
        alarms.removeIf(alarm -> {
            boolean due = alarm.at - clock.now <= 0;
            if (due && !alarm.cancelled) {
                ready.add(new Job(() -> {
                    if (!alarm.cancelled) {
                        alarm.action.run();
                    }
                }));
            }
            return due || alarm.cancelled;
        });
    }

    boolean hasAlarm() {
        return alarms.stream().anyMatch(alarm -> !alarm.cancelled);
    }

    /** Moves the clock to the next alarm; returns false if there is none within a time. */
    boolean advanceToNext(long atMost) {
        long next = Long.MAX_VALUE;
        for (Alarm alarm : alarms) {
            if (!alarm.cancelled) {
                next = Math.min(next, Math.max(0, alarm.at - clock.now));
            }
        }
        if (next == Long.MAX_VALUE || next > atMost) {
            return false;
        }
        advance(next);
        return true;
    }
}
