package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The output of one SLURM job, one task of an array, or one part of a heterogeneous job, followed by its number.
 *
 * <ul>
 *   <li>Where its files are is asked of the cluster, which tells the pattern that {@code sbatch -o} was given; what Slurm
 *       makes of it is worked out here, as the name that {@code scontrol} shows is wrong for many patterns. A second file
 *       for errors is the channel {@link Channel#STDERR}; one file for both is read once, as {@link Channel#STDOUT}.
 *   <li>A job that waits is waited for. What its file has from before it begins is not shown.
 *   <li>Requeued, the log goes on with the next run, whether the file is cut for it or not.
 *   <li>It is complete when the job is over, its clean-up on the nodes too, and nothing was written for the {@linkplain
 *       Builder#settleTime settle time} since. A job that the cluster has forgotten in the meantime is over.
 *   <li>A job that was cancelled before it began, and one that writes to {@code /dev/null}, has no log: its states are told.
 *   <li>When the cluster does not answer, the file is read on.
 * </ul>
 *
 * <p>The file is whatever path the job's user has given to {@code sbatch -o}, also one that this user may not read, or a link to it:
 * it is read with the rights of this process, and shown to whoever watches. So follow jobs of others only as a user who may read no
 * more than those who watch.
 *
 * <p>Its life is told in band: {@code WAITING} with the reason, {@code APPEARED} when it begins, {@code REQUEUED},
 * {@code STATE} for what else changes, and at the end {@code FINISHED} with the exit code, or 128 and the signal that ended it.
 * Lines come within milliseconds of being written, as with {@link io.logstream.file.FileSource}; also the first one of a job
 * that was waited for, where the file's name can be told before it begins, otherwise within one poll of the cluster.
 *
 * <p>Immutable and threadsafe.
 */
public final class SlurmJobSource implements LogSource {
    private final SlurmCluster cluster;
    private final JobId id;
    private final boolean follow;
    private final @Nullable Channel only;
    private final Duration settleTime;
    private final @Nullable Path baseDirectory;
    private final List<String> stdoutPatterns;
    private final List<String> stderrPatterns;

    private SlurmJobSource(Builder builder) {
        cluster = builder.cluster;
        id = builder.id;
        follow = builder.follow;
        only = builder.only;
        settleTime = builder.settleTime;
        baseDirectory = builder.baseDirectory;
        stdoutPatterns = List.copyOf(builder.stdoutPatterns);
        stderrPatterns = List.copyOf(builder.stderrPatterns);
    }

    /**
     * A job that is followed with the defaults named at {@link Builder}.
     *
     * @param cluster the cluster that runs it
     * @param job its number: {@code 12}, {@code 12_5} for a task of an array, {@code 12+1} for a part of a heterogeneous job
     * @return the source
     * @throws IllegalArgumentException if this names no job
     */
    public static SlurmJobSource of(SlurmCluster cluster, String job) {
        return builder(cluster, job).build();
    }

    /**
     * Starts from the defaults.
     *
     * @param cluster the cluster that runs it
     * @param job its number: {@code 12}, {@code 12_5} for a task of an array, {@code 12+1} for a part of a heterogeneous job
     * @return a new builder
     * @throws IllegalArgumentException if this names no job
     */
    public static Builder builder(SlurmCluster cluster, String job) {
        return new Builder(cluster, JobId.parse(job));
    }

    /**
     * The job.
     *
     * @return its number as it was given
     */
    public String job() {
        return id.toString();
    }

    SlurmCluster cluster() {
        return cluster;
    }

    JobId id() {
        return id;
    }

    boolean follows() {
        return follow;
    }

    /** The one channel that is wanted, or null for both. */
    @Nullable
    Channel only() {
        return only;
    }

    boolean wants(Channel channel) {
        return only == null || only == channel;
    }

    Duration settleTime() {
        return settleTime;
    }

    @Nullable
    Path baseDirectory() {
        return baseDirectory;
    }

    List<String> patterns(Channel channel) {
        return channel == Channel.STDOUT ? stdoutPatterns : stderrPatterns;
    }

    @Override
    public String identity() {
        return "slurm:" + cluster.name() + ":" + id + (only == null ? "" : ":" + only);
    }

    /** True: a job's log is at its end when the job is over and its files are quiet. */
    @Override
    public boolean endsItself() {
        return true;
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
        Poller.Watch watch = cluster.watch(id, context::wake);
        boolean begun = false;
        try {
            JobReader reader = new JobReader(this, context, watch, start);
            reader.begin();
            begun = true;
            return reader;
        } finally {
            if (!begun) {
                watch.close();
            }
        }
    }

    /**
     * Fails where there is nothing to read, or nobody tells.
     *
     * @param first what the cluster has said when it was asked for the first time
     * @param found what of it is about this job
     * @param isResumed whether the job was read before
     */
    void check(Poller.Known first, @Nullable SlurmJob found, boolean isResumed) throws IOException {
        if (id.isWhole() && first.jobs().stream().anyMatch(one -> one.arrayId() == id.job())) {
            throw new LogStreamException("job " + id + " is an array: follow one of its tasks, as " + id
                    + "_1, or all of them with SlurmJobArray");
        }
        boolean isGiven = Stream.of(Channel.values())
                .anyMatch(channel -> wants(channel) && !patterns(channel).isEmpty());
        if (isGiven) {
            return;
        }
        first.checkRefusal(isResumed);
        if (first.answers() == 0) {
            throw new IOException("the cluster does not answer: " + first.trouble());
        }
        if (found == null) {
            throw new LogStreamException("Slurm does not know job " + id.ofJob()
                    + ": there is none, or it ended so long ago that it was forgotten, and its file must be named");
        }
        if (id.isStep()) {
            throw new LogStreamException("Slurm does not tell where step " + id + " writes: without an srun -o that is"
                    + " the output of job " + id.ofJob()
                    + ", which can be followed; with one, give that as stdoutPath");
        }
    }

    @Override
    public String toString() {
        return identity();
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private static final Duration MOST_SETTLE = Duration.ofHours(1);

        private final SlurmCluster cluster;
        private final JobId id;
        private boolean follow = true;
        private @Nullable Channel only;
        private Duration settleTime = Duration.ofSeconds(2);
        private @Nullable Path baseDirectory;
        private final List<String> stdoutPatterns = new ArrayList<>();
        private final List<String> stderrPatterns = new ArrayList<>();

        private Builder(SlurmCluster cluster, JobId id) {
            this.cluster = Objects.requireNonNull(cluster, "cluster");
            this.id = id;
        }

        /**
         * Whether to stay until the job is over.
         *
         * @param follow false to end where the log ends now. By default true
         * @return this
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * Reads one channel alone. By default both. Where both are one file, that file is read whichever is asked for.
         *
         * @param channel the channel
         * @return this
         */
        public Builder channel(Channel channel) {
            only = Objects.requireNonNull(channel, "channel");
            return this;
        }

        /**
         * How long the log must be quiet after the job is over before it counts as complete. By default 2 s; more where a
         * network file system shows late what was written elsewhere.
         *
         * @param quiet 0 to 1 h
         * @return this
         */
        public Builder settleTime(Duration quiet) {
            if (quiet.isNegative() || quiet.compareTo(MOST_SETTLE) > 0) {
                throw new IllegalArgumentException("settleTime of " + quiet + ": use 0 to " + MOST_SETTLE);
            }
            settleTime = quiet;
            return this;
        }

        /**
         * Where the paths of {@link #stdoutPath} and {@link #stderrPath} begin if they are relative. By default the directory
         * in which the job was submitted.
         *
         * @param directory the directory
         * @return this
         */
        public Builder baseDirectory(Path directory) {
            baseDirectory = directory.toAbsolutePath();
            return this;
        }

        /**
         * Where the output may be if it is not where the cluster says, in the form of {@code sbatch -o}, with {@code *},
         * {@code ?} and {@code [...]} in its names for any files: of several that match, the newest. May be called again for
         * more. For a job that the cluster has forgotten it is all there is, and may have %j, %A and %a only.
         *
         * @param pattern the pattern
         * @return this
         * @throws IllegalArgumentException if it is empty or no path
         */
        public Builder stdoutPath(String pattern) {
            stdoutPatterns.add(checked(pattern));
            return this;
        }

        /**
         * The same for the channel of errors.
         *
         * @param pattern the pattern
         * @return this
         * @throws IllegalArgumentException if it is empty or no path
         */
        public Builder stderrPath(String pattern) {
            stderrPatterns.add(checked(pattern));
            return this;
        }

        private static String checked(String pattern) {
            if (pattern.isEmpty() || pattern.endsWith("/") || pattern.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("'" + Text.shown(pattern) + "' can be the name of no file");
            }
            return pattern;
        }

        /**
         * Makes the source.
         *
         * @return the source
         */
        public SlurmJobSource build() {
            return new SlurmJobSource(this);
        }
    }
}
