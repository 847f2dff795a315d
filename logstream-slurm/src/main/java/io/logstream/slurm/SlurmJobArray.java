package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The tasks of an array of SLURM jobs, or the parts of a heterogeneous job: each is a stream of its own when it begins, named
 * {@code slurm:12_5} or {@code slurm:12+1}, and read by a {@link SlurmJobSource}.
 *
 * <p>It ends when none of them waits any more or may begin, and their streams have ended. Immutable and threadsafe.
 */
public final class SlurmJobArray implements LogDiscovery {
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
            first.checkRefusal();
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

        Tasks(Poller.Watch watch) {
            this.watch = watch;
        }

        @Override
        public LogReader.Outcome scan(Sink sink) {
            Poller.Known known = watch.known();
            known.checkLongRefusal();
            List<SlurmJob> jobs = known.jobs();
            boolean mayBegin = !known.isGone();
            boolean isOver = true;
            for (SlurmJob job : jobs) {
                boolean isOne = job.waitingTasks().isEmpty();
                if (isOne && job.hasBegun() && found.add(job.label())) {
                    sink.found(
                            "slurm:" + job.label(),
                            options.apply(SlurmJobSource.builder(cluster, job.label()))
                                    .build());
                }
                isOver &= job.isOver();
            }
            return mayBegin && !isOver ? LogReader.Outcome.WAIT : LogReader.Outcome.END;
        }

        @Override
        public void close() {
            watch.close();
        }
    }
}
