package io.logstream.slurm;

import io.logstream.Channel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a channel of a job may be, the likeliest first: the name that Slurm itself tells; what becomes of the pattern that it
 * tells, with the names that the first node's machine may have; the pattern as it is, since the releases 23.02 to 24.11 tell
 * names that are half expanded; and what the user has given. For one thread.
 */
final class LogPlaces {
    private final SlurmJobSource source;
    /** Why the last place of a channel that can't be written as a path here is none. */
    private final Map<Channel, String> unnameable = new EnumMap<>(Channel.class);

    LogPlaces(SlurmJobSource source) {
        this.source = source;
    }

    /** Whether this is where output goes that nobody wants. */
    static boolean isNone(Path path) {
        return path.toString().equals("/dev/null");
    }

    /**
     * The places, without those that can't be told before the job begins.
     *
     * @param job what is known of it, or null
     * @param release Slurm's release
     */
    List<Path> of(@Nullable SlurmJob job, int release, Channel channel) {
        unnameable.remove(channel);
        Set<Path> places = new LinkedHashSet<>();
        List<String> nodes = job == null ? List.of("") : nodes(job);
        if (job != null && job.hetOffset() == 0 && !source.id().isStep()) {
            boolean out = channel == Channel.STDOUT;
            add(places, channel, job, out ? job.stdoutFile() : job.stderrFile());
            String pattern = out ? job.stdout() : job.stderr();
            for (String node : nodes) {
                if (pattern.isEmpty() && out) {
                    pattern = job.arrayId() > 0 ? "slurm-%A_%a.out" : "slurm-%j.out";
                }
                if (!pattern.isEmpty() && isKnown(pattern, job)) {
                    add(places, channel, job, FilenamePattern.expand(pattern, values(job, node, release)));
                }
            }
            if (!out || !job.stdout().isEmpty()) {
                add(places, channel, job, out ? job.stdout() : job.stderr());
            }
        }
        for (String pattern : source.patterns(channel)) {
            for (String node : FilenamePattern.uses(pattern, "N") ? nodes : nodes.subList(0, 1)) {
                if (job == null || isKnown(pattern, job)) {
                    addAll(places, channel, job, glob(pattern, values(job, node, release)));
                }
            }
        }
        return List.copyOf(places);
    }

    /** The node whose machine's name must be learned before all places are known, or null. */
    @Nullable
    String unknownHost(@Nullable SlurmJob job) {
        if (job == null || job.batchHost().isEmpty() || source.cluster().knownHost(job.batchHost()) != null) {
            return null;
        }
        boolean used = Stream.of(
                        List.of(job.stdout(), job.stderr()),
                        source.patterns(Channel.STDOUT),
                        source.patterns(Channel.STDERR))
                .flatMap(List::stream)
                .anyMatch(pattern -> FilenamePattern.uses(pattern, "N"));
        return used ? job.batchHost() : null;
    }

    private List<String> nodes(SlurmJob job) {
        String node = job.batchHost();
        String host = source.cluster().knownHost(node);
        return host == null || host.equals(node) ? List.of(node) : List.of(host, node);
    }

    /** Whether all that the pattern asks for is known: a task that waits with others has no number of its own. */
    private static boolean isKnown(String pattern, SlurmJob job) {
        return !(FilenamePattern.uses(pattern, "N") && job.batchHost().isEmpty())
                && (job.waitingTasks().isEmpty() || !FilenamePattern.uses(pattern, "jJ"));
    }

    private FilenamePattern.Values values(@Nullable SlurmJob job, String node, int release) {
        JobId id = source.id();
        long task = id.task() >= 0 ? id.task() : FilenamePattern.NO_TASK;
        if (job == null) {
            return new FilenamePattern.Values(id.job(), id.job(), task, id.step(), 0, node, "", "", 0, release);
        }
        return new FilenamePattern.Values(
                job.id(),
                job.arrayId() > 0 ? job.arrayId() : job.id(),
                job.taskId() >= 0 ? job.taskId() : task,
                id.step(),
                0,
                node,
                job.user(),
                job.name(),
                job.restarts(),
                release);
    }

    /**
     * Why one of the places that {@link #of} was last to tell of this channel can't be told, or can't be what Slurm has called it;
     * null if they all can.
     */
    @Nullable
    String unnameable(Channel channel) {
        return unnameable.get(channel);
    }

    private void add(Set<Path> places, Channel channel, SlurmJob job, String name) {
        if (!name.isEmpty()) {
            try {
                places.add(Path.of(directory(channel, job, name)).resolve(named(channel, name)));
            } catch (InvalidPathException e) {
                unnameable.put(channel, String.valueOf(e.getMessage()));
            }
        }
    }

    /** Of a pattern that a user has named wildcards are its own, not what its letters stand for. */
    private static String glob(String pattern, FilenamePattern.Values of) {
        String name = FilenamePattern.expand(pattern, of.quoted());
        return pattern.indexOf('\\') < 0 ? name : name.replace("\\", "\\\\");
    }

    private void addAll(Set<Path> places, Channel channel, @Nullable SlurmJob job, String name) {
        try {
            Path base = source.baseDirectory();
            Path directory = base != null ? base : Path.of(job == null ? "" : directory(channel, job, name));
            places.addAll(Globs.matching(directory.toAbsolutePath(), name));
        } catch (InvalidPathException e) {
            unnameable.put(channel, String.valueOf(e.getMessage()));
        }
    }

    /** Where a relative name begins. */
    private String directory(Channel channel, SlurmJob job, String name) {
        return name.startsWith("/") ? "/" : named(channel, job.workDirectory());
    }

    /** What Slurm tells in bytes that are no UTF-8 has this character in it, and so is the name of no file, or of another. */
    private String named(Channel channel, String told) {
        if (told.indexOf('\uFFFD') >= 0) {
            unnameable.put(channel, "its name is not in UTF-8: " + told);
        }
        return told;
    }
}
