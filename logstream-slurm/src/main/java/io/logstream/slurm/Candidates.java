package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.spi.SourceContext;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files that may be a job's, the likeliest first: each place that it may have, on the machine that sees the files of all jobs,
 * and on the node that runs it. For the reader of one job.
 */
final class Candidates implements ChannelLog.Finding {
    private final SlurmJobSource source;
    private final SourceContext context;
    private final Runnable changed;
    private final LogPlaces places;
    private final LogHost shared;
    private String node = "";
    private @Nullable LogHost nodeHost;
    private boolean isBegun;

    /**
     * Those of a source's job.
     *
     * @param changed is run, on any thread, when another file may be there than before; then the reader is woken
     */
    Candidates(SlurmJobSource source, SourceContext context, Runnable changed) {
        this.source = source;
        this.context = context;
        this.changed = changed;
        places = new LogPlaces(source);
        shared = source.cluster().files();
    }

    /** Those of a channel; none if it has none of its own, or is not wanted. */
    List<LogFile> of(@Nullable SlurmJob job, int release, Channel channel) {
        if (!source.wants(channel)) {
            return List.of();
        }
        List<Path> found = places.of(job, release, channel);
        if (found.isEmpty() && channel == Channel.STDERR && source.only() != null) {
            found = places.of(job, release, Channel.STDOUT);
        }
        List<Path> paths =
                found.stream().filter(path -> !LogPlaces.isNone(path)).toList();
        return hosts(job).stream()
                .flatMap(host -> paths.stream().map(path -> new LogFile(host, path)))
                .toList();
    }

    private List<LogHost> hosts(@Nullable SlurmJob job) {
        String name = job == null ? "" : job.batchHost();
        if (!name.equals(node)) {
            node = name;
            nodeHost = name.isEmpty() ? null : source.cluster().node(name);
        }
        LogHost own = nodeHost;
        return own == null ? List.of(shared) : List.of(shared, own);
    }

    /** Asks the machines which of them are there, and waits for the answers. */
    void learn(@Nullable SlurmJob job, int release) throws InterruptedException {
        for (Channel channel : Channel.values()) {
            for (LogFile file : of(job, release, channel)) {
                file.host().learn(file.path());
            }
        }
    }

    /** The node whose machine's name must be learned before all places are known, or null. */
    @Nullable
    String unknownHost(@Nullable SlurmJob job) {
        return places.unknownHost(job);
    }

    /** Says that from now on the thread may not be held up. */
    void begun() {
        isBegun = true;
    }

    @Override
    public boolean has(LogFile file) {
        return file.host().has(file.path(), context, () -> {
            changed.run();
            context.wake();
        });
    }

    @Override
    public SourceContext context() {
        return context;
    }

    @Override
    public boolean mayWait() {
        return !isBegun;
    }
}
