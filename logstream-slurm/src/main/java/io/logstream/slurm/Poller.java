package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a cluster again and again about all jobs that somebody watches, with one question, and wakes those for whom the answer
 * is another one than before. Threadsafe; has a thread while something is watched.
 */
final class Poller {
    private static final Logger LOG = LoggerFactory.getLogger(Poller.class);
    /** A job that is watched anew is asked for at once, but many such questions are one. */
    private static final long LEAST_GAP = Duration.ofMillis(30).toNanos();
    /** How long the thread stays when nothing is watched. */
    private static final long LINGER = Duration.ofSeconds(5).toNanos();
    /** A job that was known is gone only when it is missing in so many answers in a row. */
    private static final int MISSES = 2;
    /** Questions that fail in a row are asked twice as seldom each time, down to this. */
    private static final long MOST_BACKOFF = Duration.ofMinutes(1).toNanos();
    /** So many refusals in a row are no mistake that goes away, such as a token that is just being renewed. */
    static final int MOST_REFUSALS = 5;
    /** How many jobs are remembered though Slurm may have forgotten them. */
    private static final int MOST_REMEMBERED = 10_000;

    /**
     * What is known of a job, an array or a heterogeneous job.
     *
     * @param answers how often Slurm has answered since it is watched
     * @param release Slurm's release, as 2205; 0 where that is not known
     * @param jobs its records; the last ones known where it is gone
     * @param isGone whether Slurm knows nothing of it any more, or never did
     * @param outage why Slurm does not answer now, or null
     * @param refusal why it refuses to, or null
     * @param refusals how often it has refused in a row
     */
    record Known(
            long answers,
            int release,
            List<SlurmJob> jobs,
            boolean isGone,
            @Nullable String outage,
            @Nullable LogStreamException refusal,
            int refusals) {
        static final Known NOTHING = new Known(0, 0, List.of(), false, null, null, 0);

        /**
         * For a stream that is being opened.
         *
         * @param isResumed whether it was open before: it may be that only its token is just being renewed
         * @throws LogStreamException if the cluster refuses to answer, or has for long
         */
        void checkRefusal(boolean isResumed) {
            if (refusal != null && (!isResumed || refusals >= MOST_REFUSALS)) {
                throw new LogStreamException(String.valueOf(refusal.getMessage()), refusal);
            }
        }

        /** @throws LogStreamException if the cluster has refused to answer for long */
        void checkLongRefusal() {
            checkRefusal(true);
        }

        /** Why there is no answer now, or null. */
        @Nullable
        String trouble() {
            return refusal != null ? String.valueOf(refusal.getMessage()) : outage;
        }

        private boolean says(Known other) {
            return answers > 0 == other.answers > 0
                    && jobs.equals(other.jobs)
                    && isGone == other.isGone
                    && (outage == null) == (other.outage == null)
                    && refusal == other.refusal;
        }
    }

    /** Somebody's interest in a job. */
    final class Watch implements AutoCloseable {
        private final JobId id;
        private final Runnable changed;
        private volatile Known known = Known.NOTHING;
        private int misses;

        private Watch(JobId id, Runnable changed) {
            this.id = id;
            this.changed = changed;
        }

        Known known() {
            return known;
        }

        /** Waits until there was an answer, or none. */
        Known await() throws InterruptedException {
            synchronized (this) {
                while (known.answers == 0 && known.outage == null && known.refusal == null && !closed) {
                    wait();
                }
                return known;
            }
        }

        private void tell(Known now) {
            boolean same;
            synchronized (this) {
                same = now.says(known);
                known = now;
                notifyAll();
            }
            if (!same) {
                try {
                    changed.run();
                } catch (RuntimeException e) {
                    LOG.warn("job {}: what is to be told of a change failed", id, e);
                }
            }
        }

        /** Asks as soon as possible, not only when it is time. */
        void askSoon() {
            hasten();
        }

        @Override
        public void close() {
            forget(this);
        }
    }

    /**
     * What was last told of a job, whoever watched it then.
     *
     * @param missedAt the first answer since in which it was missing, by its number; 0 if there was none
     */
    private record Remembered(List<SlurmJob> jobs, long missedAt) {
        Remembered missed(long answer) {
            return missedAt > 0 ? this : new Remembered(jobs, answer);
        }
    }

    private final String name;
    private final Query query;
    private final long interval;
    private final Map<Long, List<Watch>> watches = new HashMap<>();
    /** For its thread only. */
    private final Map<JobId, Remembered> remembered = new LinkedHashMap<>();

    /** How many answers there were. For its thread only. */
    private long answers;

    private @Nullable Thread thread;
    private boolean hasty;
    private int failures;
    /** How often in a row it was refused to answer. For its thread only. */
    private int refusals;

    private volatile boolean closed;

    Poller(String name, Query query, Duration interval) {
        this.name = name;
        this.query = query;
        this.interval = interval.toNanos();
    }

    /**
     * Asks about a job until the watch is closed.
     *
     * @param id the job; the number alone of an array or a heterogeneous job means all of it
     * @param changed is run when the answer is another one than before
     */
    synchronized Watch watch(JobId id, Runnable changed) {
        if (closed) {
            throw new LogStreamException("the SlurmCluster " + name + " was closed");
        }
        Watch watch = new Watch(id, changed);
        watches.computeIfAbsent(id.job(), number -> new ArrayList<>()).add(watch);
        hasten();
        if (thread == null) {
            thread = new Thread(this::run, "logstream-slurm-" + name);
            thread.setDaemon(true);
            thread.start();
        }
        return watch;
    }

    private synchronized void hasten() {
        hasty = true;
        notifyAll();
    }

    private synchronized void forget(Watch watch) {
        List<Watch> left = watches.get(watch.id.job());
        if (left != null && left.remove(watch) && left.isEmpty()) {
            watches.remove(watch.id.job());
        }
    }

    synchronized void close() {
        closed = true;
        notifyAll();
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
        for (List<Watch> some : watches.values()) {
            for (Watch one : some) {
                synchronized (one) {
                    one.notifyAll();
                }
            }
        }
    }

    private void run() {
        while (true) {
            try {
                if (!awaitTurn()) {
                    return;
                }
                poll();
            } catch (InterruptedException e) {
                LOG.trace("interrupted, by close or by somebody's code that it runs", e);
                if (closed) {
                    return;
                }
            }
        }
    }

    /** Waits until it is time to ask. Returns false, and the thread ends, when nobody wants to know for long. */
    private synchronized boolean awaitTurn() throws InterruptedException {
        long begun = System.nanoTime();
        long pause = pause(failures, interval);
        long jitter = ThreadLocalRandom.current().nextLong(-pause / 10, pause / 10 + 1);
        while (!closed) {
            long passed = System.nanoTime() - begun;
            long soon = failures > 0 ? Math.min(interval, pause) : LEAST_GAP;
            long wanted = watches.isEmpty() ? LINGER : hasty ? soon : pause + jitter;
            if (passed >= wanted) {
                if (watches.isEmpty()) {
                    break;
                }
                hasty = false;
                return true;
            }
            TimeUnit.NANOSECONDS.timedWait(this, wanted - passed);
        }
        thread = null;
        return false;
    }

    /** The time between two questions after so many in a row that were not answered. */
    static long pause(int failures, long interval) {
        long most = Math.max(interval, MOST_BACKOFF);
        return failures >= 32 || interval > most >> failures ? most : interval << failures;
    }

    private void poll() throws InterruptedException {
        Set<Long> jobs;
        synchronized (this) {
            jobs = new TreeSet<>(watches.keySet());
        }
        if (jobs.isEmpty()) {
            return;
        }
        try {
            Query.Answer answer = query.ask(jobs);
            refusals = 0;
            tell(jobs, answer);
            failed(false);
        } catch (LogStreamException e) {
            failed(true);
            refusals++;
            tellAll(jobs, null, e);
        } catch (InterruptedException e) {
            if (closed) {
                throw e;
            }
            failed(true);
            refusals = 0;
            tellAll(jobs, "the question was interrupted", null);
        } catch (IOException
                | RuntimeException
                | Error e) { // such as no memory for a thread: all wait for the next answer
            LOG.debug("{} does not answer", name, e);
            failed(true);
            refusals = 0;
            tellAll(jobs, String.valueOf(e.getMessage()), null);
        }
    }

    private synchronized void failed(boolean again) {
        failures = again ? failures + 1 : 0;
    }

    private void tell(Set<Long> asked, Query.Answer answer) {
        Map<Long, List<SlurmJob>> found = new HashMap<>();
        for (SlurmJob job : answer.jobs()) {
            for (long number : new TreeSet<>(List.of(job.id(), job.arrayId(), job.hetId()))) {
                if (number > 0 && asked.contains(number)) {
                    found.computeIfAbsent(number, one -> new ArrayList<>()).add(job);
                }
            }
        }
        answers++;
        for (long number : asked) {
            List<SlurmJob> all = List.copyOf(found.getOrDefault(number, List.of()));
            for (Watch watch : watching(number)) {
                tell(watch, watch.id.of(all), answer.release());
            }
        }
    }

    private void tell(Watch watch, List<SlurmJob> told, int release) {
        List<SlurmJob> jobs = told;
        boolean isGone = false;
        if (told.isEmpty()) {
            Remembered last = remembered.computeIfPresent(watch.id, (id, one) -> one.missed(answers));
            List<SlurmJob> known = watch.known.jobs();
            jobs = !known.isEmpty() || last == null ? known : last.jobs;
            watch.misses++;
            boolean wasMissed = last != null && last.missedAt < answers; // by a watch that was closed since, at least
            isGone = wasMissed || watch.misses >= (jobs.isEmpty() ? 1 : MISSES);
        } else {
            remember(watch.id, told);
            watch.misses = 0;
            if (watch.id.isWhole()) {
                rememberEach(told);
            }
        }
        watch.tell(new Known(watch.known.answers + 1, release, jobs, isGone, null, null, 0));
    }

    /** Of each of them a stream may be made now, which asks for it when it may be forgotten. */
    private void rememberEach(List<SlurmJob> jobs) {
        for (SlurmJob job : jobs) {
            JobId id = JobId.of(job);
            if (!id.isWhole()) {
                remember(id, List.of(job));
            }
        }
    }

    private void remember(JobId id, List<SlurmJob> jobs) {
        remembered.remove(id);
        remembered.put(id, new Remembered(jobs, 0));
        if (remembered.size() > MOST_REMEMBERED) {
            remembered.remove(remembered.keySet().iterator().next());
        }
    }

    private void tellAll(Set<Long> asked, @Nullable String outage, @Nullable LogStreamException refusal) {
        for (long number : asked) {
            for (Watch watch : watching(number)) {
                Known last = watch.known;
                watch.tell(new Known(last.answers, last.release, last.jobs, last.isGone, outage, refusal, refusals));
            }
        }
    }

    private synchronized List<Watch> watching(long number) {
        return List.copyOf(watches.getOrDefault(number, List.of()));
    }
}
