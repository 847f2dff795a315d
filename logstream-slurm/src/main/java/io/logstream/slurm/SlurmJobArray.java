package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks of an array of SLURM jobs, or the parts of a heterogeneous job: each is a stream of its own when it begins, named
 * {@code slurm:12_5} or {@code slurm:12+1}, and read by a {@link SlurmJobSource}.
 *
 * <p>A task that waited, and of which the cluster knows nothing when it answers again, is found too: it may have run and been
 * forgotten meanwhile. Its stream fails, or reads the path that the options name. If these are more than 1,000 at once, as when an
 * array was cancelled meanwhile, none of them is found, and a failure at the end says how many there were.
 *
 * <p>It ends when none of them waits any more or may begin, and their streams have ended. Immutable and threadsafe.
 */
public final class SlurmJobArray implements LogDiscovery {
    private static final Logger LOG = LoggerFactory.getLogger(SlurmJobArray.class);
    /** How many forgotten tasks are found at once: more of them were cancelled, most likely. */
    private static final int MOST_FORGOTTEN = 1_000;

    private final SlurmCluster cluster;
    private final JobId id;
    private final UnaryOperator<SlurmJobSource.Builder> options;

    private SlurmJobArray(SlurmCluster cluster, String job, UnaryOperator<SlurmJobSource.Builder> options) {
        this.cluster = Objects.requireNonNull(cluster, "cluster");
        this.id = JobId.parse(job);
        this.options = Objects.requireNonNull(options, "options");
        if (!id.isWhole() || id.isStep()) {
            throw new IllegalArgumentException("'" + job + "' is one of several: give the number of all, " + id.job());
        }
    }

    /**
     * All tasks of an array, each followed with the defaults of {@link SlurmJobSource.Builder}.
     *
     * @param cluster the cluster that runs it
     * @param job its number, as {@code 12}
     * @return the discovery
     * @throws IllegalArgumentException if this names no array
     */
    public static SlurmJobArray of(SlurmCluster cluster, String job) {
        return of(cluster, job, UnaryOperator.identity());
    }

    /**
     * All tasks of an array.
     *
     * @param cluster the cluster that runs it
     * @param job its number, as {@code 12}
     * @param options sets the options of each task
     * @return the discovery
     * @throws IllegalArgumentException if this names no array
     */
    public static SlurmJobArray of(SlurmCluster cluster, String job, UnaryOperator<SlurmJobSource.Builder> options) {
        return new SlurmJobArray(cluster, job, options);
    }

    @Override
    public String identity() {
        return "slurm:" + cluster.name() + ":" + id + "_*";
    }

    @Override
    public Scan open(SourceContext context) throws IOException, InterruptedException {
        Poller.Watch watch = cluster.watch(id, context::wake);
        boolean begun = false;
        try {
            Poller.Known first = watch.await();
            first.checkRefusal(false);
            if (first.answers() == 0) {
                throw new IOException("the cluster does not answer: " + first.outage());
            }
            if (first.jobs().isEmpty()) {
                throw new LogStreamException("Slurm does not know job " + id);
            }
            begun = true;
            return new Tasks(watch);
        } finally {
            if (!begun) {
                watch.close();
            }
        }
    }

    @Override
    public String toString() {
        return identity();
    }

    private final class Tasks implements Scan {
        private final Poller.Watch watch;
        private final Set<String> found = new HashSet<>();
        /** Those that waited in the last answer: parts of a heterogeneous job, and tasks. */
        private Set<String> waitedParts = Set.of();

        private BitSet waitedTasks = new BitSet();
        /** How many were forgotten that are not found, as they are too many at once. */
        private int notFound;

        Tasks(Poller.Watch watch) {
            this.watch = watch;
        }

        @Override
        public LogReader.Outcome scan(Sink sink) {
            Poller.Known known = watch.known();
            known.checkLongRefusal();
            Set<String> told = new HashSet<>();
            Set<String> parts = new HashSet<>();
            BitSet tasks = new BitSet();
            boolean isOver = true;
            for (SlurmJob job : known.jobs()) {
                isOver &= job.isOver();
                if (!job.waitingTasks().isEmpty()) {
                    addWaiting(job, tasks);
                    continue;
                }
                told.add(job.label());
                if (job.hasBegun()) {
                    find(job.label(), sink);
                } else if (!job.isOver() && job.taskId() >= 0 && job.taskId() <= TaskRanges.MOST) {
                    tasks.set((int) job.taskId());
                } else if (!job.isOver()) {
                    parts.add(job.label());
                }
            }
            if (known.isGone()) { // and all that is last known of it is long ago
                parts.forEach(part -> find(part, sink));
                findTasks(tasks, Set.of(), sink);
                return end();
            }
            findForgotten(told, parts, tasks, sink);
            waitedParts = parts;
            waitedTasks = tasks;
            return isOver ? end() : LogReader.Outcome.WAIT;
        }

        /** Of tasks that were cancelled while they waited there is nothing to find. */
        private void addWaiting(SlurmJob job, BitSet tasks) {
            if (job.isOver()) {
                BitSet cancelled = new BitSet();
                TaskRanges.addTo(cancelled, job.waitingTasks());
                waitedTasks.andNot(cancelled);
                return;
            }
            TaskRanges.addTo(tasks, job.waitingTasks());
            if (TaskRanges.isCut(job.waitingTasks())) {
                tasks.or(waitedTasks); // whichever of them are still in it
            }
        }

        /** What waited, and waits no more, and is not told of: it began, ended and was forgotten while nobody answered. */
        private void findForgotten(Set<String> told, Set<String> parts, BitSet tasks, Sink sink) {
            for (String part : waitedParts) {
                if (!told.contains(part) && !parts.contains(part)) {
                    find(part, sink);
                }
            }
            BitSet left = (BitSet) waitedTasks.clone();
            left.andNot(tasks);
            findTasks(left, told, sink);
        }

        private void findTasks(BitSet tasks, Set<String> told, Sink sink) {
            int[] forgotten = tasks.stream()
                    .filter(task -> !told.contains(label(task)) && !found.contains(label(task)))
                    .toArray();
            if (forgotten.length > MOST_FORGOTTEN) {
                LOG.warn("{}: {} tasks that waited were forgotten, and are not looked for", id, forgotten.length);
                notFound += forgotten.length;
                return;
            }
            for (int task : forgotten) {
                find(label(task), sink);
            }
        }

        private String label(int task) {
            return id.job() + "_" + task;
        }

        /** The end; a failure where there may have been more streams. */
        private LogReader.Outcome end() {
            if (notFound > 0) {
                throw new LogStreamException("Slurm has forgotten " + notFound + " tasks of job " + id
                        + " that waited: whether they ran is not known");
            }
            return LogReader.Outcome.END;
        }

        private void find(String label, Sink sink) {
            if (found.add(label)) {
                sink.found(
                        "slurm:" + label,
                        options.apply(SlurmJobSource.builder(cluster, label)).build());
            }
        }

        @Override
        public void close() {
            watch.close();
        }
    }
}
