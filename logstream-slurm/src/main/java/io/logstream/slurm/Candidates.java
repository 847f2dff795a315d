package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that may be a job's, the likeliest first: each place that it may have, on the machine that sees the files of all jobs,
 * and on the node that runs it. What is there is asked of these machines; that one does not tell is not the same as that it has no
 * such file. For the reader of one job.
 */
final class Candidates implements ChannelLog.Finding {
    private static final Logger LOG = LoggerFactory.getLogger(Candidates.class);

    /** How long after a failure the name of a machine is asked for again. */
    private static final long HOST_PAUSE = Duration.ofSeconds(5).toNanos();

    private final SlurmJobSource source;
    private final SourceContext context;
    private final Runnable changed;
    private final LogPlaces places;
    private final LogHost shared;
    private String node = "";
    private @Nullable LogHost nodeHost;
    /** One for each node, also when the job is there again: so a file that is read is known to be the same one. */
    private final Map<String, Optional<LogHost>> nodeHosts = new HashMap<>();

    private boolean isBegun;
    private String askedNode = "";
    private volatile boolean isHostAwaited;
    /** Why the name of the machine was not told when it was asked for last; it is asked for again, if that may help. */
    private volatile @Nullable Exception noHost;

    private volatile long hostAskedAt;

    /**
     * Those of a source's job.
     *
     * @param changed is run, on any thread, when another file may be there than before; then the reader is woken
     */
    Candidates(SlurmJobSource source, SourceContext context, Runnable changed) {
        this.source = source;
        this.context = context;
        this.changed = () -> {
            changed.run();
            context.wake();
        };
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

    /** All that are looked at, in words; empty if there are none. */
    String named(@Nullable SlurmJob job, int release) {
        return Stream.of(Channel.STDOUT, Channel.STDERR)
                .flatMap(channel -> of(job, release, channel).stream())
                .distinct()
                .map(LogFile::toString)
                .collect(Collectors.joining(", "));
    }

    /**
     * The likeliest of some that are not there, to wait for; not one of which its machine would never tell.
     *
     * @throws LogStreamException if that goes for all of them
     */
    LogFile awaited(List<LogFile> files) {
        Throwable why = null;
        for (LogFile file : files) {
            Throwable failure = look(file).failure();
            if (!(failure instanceof LogStreamException)) {
                return file;
            }
            why = why == null ? failure : why;
        }
        throw new LogStreamException(
                "nobody tells whether there is a file " + files.get(0) + ": " + (why == null ? "" : why.getMessage()),
                why);
    }

    /** Whether it is on the node's own disk. */
    boolean isOnNode(LogFile file) {
        return file.host() == nodeHost;
    }

    private List<LogHost> hosts(@Nullable SlurmJob job) {
        String name = job == null ? "" : job.batchHost();
        if (!name.equals(node)) {
            node = name;
            nodeHost = name.isEmpty()
                    ? null
                    : nodeHosts
                            .computeIfAbsent(
                                    name,
                                    one -> Optional.ofNullable(source.cluster().node(one)))
                            .orElse(null);
        }
        LogHost own = nodeHost;
        return own == null ? List.of(shared) : List.of(shared, own);
    }

    /**
     * Asks the machines which of them are there, one machine after the other until each channel has one, and waits for the answers:
     * so a node that does not answer holds up nobody whose file is seen elsewhere.
     */
    void learn(@Nullable SlurmJob job, int release) throws InterruptedException {
        Set<Channel> left = EnumSet.allOf(Channel.class);
        for (LogHost host : hosts(job)) {
            List<CompletableFuture<?>> answers = new ArrayList<>();
            for (Channel channel : left) {
                for (LogFile file : of(job, release, channel)) {
                    if (file.host() == host) {
                        answers.add(host.ask(file.path(), context, changed));
                    }
                }
            }
            await(answers);
            left.removeIf(
                    channel -> of(job, release, channel).stream().anyMatch(file -> file.host() == host && has(file)));
        }
    }

    private static void await(List<CompletableFuture<?>> answers) throws InterruptedException {
        try {
            CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("an answer that fails", e);
        }
    }

    /**
     * Whether it is still being asked whether a channel has a file.
     *
     * @throws IOException if nobody tells that now
     * @throws LogStreamException if nobody would tell it later either, or if its name can't be written here
     */
    boolean isAwaited(@Nullable SlurmJob job, int release, Channel channel) throws IOException {
        List<LogFile> files = of(job, release, channel);
        boolean isAsked = false;
        LogFile untold = null;
        Throwable why = null;
        for (LogFile file : files) {
            Presence there = look(file);
            Throwable failure = there.failure();
            if (there.isThere()) {
                return false;
            } else if (failure != null && (why == null || why instanceof LogStreamException)) {
                untold = file;
                why = failure;
            } else if (!there.isKnown() && failure == null) {
                isAsked = true;
            }
        }
        boolean isNameLeft = !files.isEmpty() && places.unknownHost(job) != null;
        if (isAsked || (isNameLeft && isHostAwaited)) {
            return true;
        }
        String message = "nobody tells whether there is a file " + untold;
        Exception noName = noHost;
        if (why == null && isNameLeft && noName != null) {
            message = "nobody tells what the machine of node " + askedNode + " is called: " + noName.getMessage();
            why = noName;
        }
        if (why instanceof LogStreamException) {
            throw new LogStreamException(message, why);
        } else if (why != null) {
            throw new IOException(message, why);
        }
        failIfUnnameable(channel);
        return false;
    }

    /** @throws LogStreamException if this process can't name the file that a channel may have, by what was told of it last */
    void failIfUnnameable(Channel channel) {
        String why = source.wants(channel) ? places.unnameable(channel) : null;
        if (why == null && source.only() == Channel.STDERR) {
            why = places.unnameable(Channel.STDOUT);
        }
        if (why != null) {
            throw new LogStreamException("the file of job " + source.job() + " can't be named here: " + Text.shown(why)
                    + "; try with the environment's LANG=C.UTF-8");
        }
    }

    /**
     * Asks anew for those that are read: they may have been deleted, as some do with the log of a job that is over. What is known is
     * known until there is an answer, or none in time; then the reader is woken.
     */
    CompletableFuture<?> ask(Stream<@Nullable LogFile> read) {
        CompletableFuture<?>[] answers = read.filter(Objects::nonNull)
                .map(file -> file.host().ask(file.path(), context, changed))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(answers).whenComplete((all, never) -> context.wake());
    }

    /** Forgets which of them are not there: they are asked for again when they are looked for. */
    void renew() {
        shared.renew();
        LogHost own = nodeHost;
        if (own != null) {
            own.renew();
        }
    }

    /**
     * Asks for the name of the machine that the name of a file depends on, and waits for it before the reader has begun; asks again
     * later if it is not told.
     */
    void learnHost(@Nullable SlurmJob job) throws InterruptedException {
        String unknown = places.unknownHost(job);
        Exception failure = noHost;
        boolean mayPass = failure != null && !(failure instanceof LogStreamException);
        boolean isDue = isBegun && mayPass && context.time().nanoTime() - hostAskedAt >= HOST_PAUSE;
        if (unknown == null || isHostAwaited || (unknown.equals(askedNode) && !isDue)) {
            return;
        }
        askedNode = unknown;
        if (!isBegun) {
            askHost(unknown);
            return;
        }
        isHostAwaited = true;
        try {
            context.blocking().execute(() -> askHostNow(unknown));
        } catch (RuntimeException | Error e) {
            noHost = new IOException("no thread to ask for it: " + e.getMessage(), e);
            hostAskedAt = context.time().nanoTime();
            isHostAwaited = false;
            changed.run();
        }
    }

    private void askHostNow(String unknown) {
        try {
            askHost(unknown);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            noHost = new IOException("interrupted", e);
        } finally {
            isHostAwaited = false;
            changed.run();
        }
    }

    /** The same for a reader that has begun or begins; an interrupt is left to its thread. */
    void learnHostMeanwhile(@Nullable SlurmJob job) throws IOException {
        try {
            learnHost(job);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void askHost(String unknown) throws InterruptedException {
        try {
            noHost = null;
            source.cluster().learnHost(unknown);
        } catch (IOException | RuntimeException e) { // such as a token that can't be had now
            LOG.debug("{}: the machine of node {} is not known", source, unknown, e);
            noHost = e;
        } finally {
            hostAskedAt = context.time().nanoTime();
        }
    }

    /** Says that from now on the thread may not be held up. */
    void begun() {
        isBegun = true;
    }

    private Presence look(LogFile file) {
        return file.host().look(file.path(), context, changed);
    }

    @Override
    public boolean has(LogFile file) {
        return look(file).isThere();
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
