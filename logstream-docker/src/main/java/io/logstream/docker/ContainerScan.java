package io.logstream.docker;

import io.logstream.spi.LogDiscovery.Scan;
import io.logstream.spi.LogDiscovery.Sink;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists containers whenever something has happened to one, and tells the difference. For one thread; closed by any. */
final class ContainerScan implements Scan, DaemonEvents.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerScan.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);

    /** A container that is shown: the name of its stream, and its log. */
    private record Shown(String stream, DockerSource source) {}

    private final DockerContainers wanted;
    private final DockerDaemon daemon;
    private final SourceContext context;
    private final DaemonEvents.Watch watch;
    private volatile Question question;
    private volatile boolean closed;
    private final Map<String, Shown> shown = new HashMap<>(); // by id
    private final Set<String> refused = new HashSet<>(); // ids
    private final Set<String> started = ConcurrentHashMap.newKeySet(); // ids of those that may have ended since
    private Set<String> startedBefore = Set.of(); // of those, when the list was asked for
    private Set<String> listed = Set.of(); // ids, in the list before
    private long askedSecond; // when the list was asked for, by the daemon's clock
    private long listedSecond = Long.MAX_VALUE; // the same of the list before
    private @Nullable List<DockerContainer> first;
    private boolean pinging;
    private long listedAt;
    private int openings; // how often the daemon had been found then
    private volatile boolean changed;

    ContainerScan(DockerContainers wanted, DockerDaemon daemon, SourceContext context) throws IOException {
        this.wanted = wanted;
        this.daemon = daemon;
        this.context = context;
        question = new Question(context);
        listedAt = context.time().nanoTime();
        watch = daemon.events().watch("", this);
    }

    /** What the first scan tells must be all there is. */
    void awaitFirst() throws IOException, InterruptedException {
        String path = daemon.awaitDialect().path(wanted.query());
        noteTime();
        first = daemon.parseList(daemon.await(path));
    }

    private void noteTime() {
        askedSecond = Math.floorDiv(daemon.outages().lastHeard(), 1_000_000_000L);
    }

    @Override
    public void happened(DaemonEvents.Event event) {
        // What is executed in a container happens often, and changes nothing.
        if (!event.action().startsWith("exec_") && !event.action().startsWith("health_status")) {
            if (event.action().equals("start")) {
                started.add(event.id());
            }
            changed = true;
            context.wake();
        }
    }

    @Override
    public Outcome scan(Sink sink) throws IOException {
        daemon.checkOpen();
        try {
            return look(sink);
        } catch (IOException e) {
            // What is shown stays so: a scan that was opened anew would take what has ended meanwhile for removed.
            LOG.info("{}: can't look, trying again: {}", wanted.identity(), e.getMessage());
            question.close();
            question = new Question(context);
            if (closed) {
                question.close();
            }
            daemon.events().whenBack(openings, this::lookAgain);
            context.wakeWithin(LOOK_AGAIN);
            return Outcome.WAIT;
        }
    }

    private void lookAgain() {
        changed = true;
        context.wake();
    }

    private Outcome look(Sink sink) throws IOException {
        List<DockerContainer> all = first;
        if (all != null) {
            first = null;
            tell(all, sink);
            if (!wanted.follows()) {
                return Outcome.END;
            }
        }
        changed |= context.time().nanoTime() - listedAt >= LOOK_AGAIN.toNanos();
        while (question.isOpen() || changed) {
            Answer answer = question.answer(this::ask);
            if (answer == null) {
                return Outcome.WAIT;
            }
            if (pinging) {
                daemon.learn(answer);
                changed = true;
            } else {
                tell(daemon.parseList(answer), sink);
            }
        }
        context.wakeWithin(LOOK_AGAIN);
        return Outcome.WAIT;
    }

    private Answer ask() throws IOException {
        changed = false;
        startedBefore = Set.copyOf(started);
        noteTime();
        openings = daemon.events().openings();
        listedAt = context.time().nanoTime();
        Dialect dialect = daemon.dialect();
        pinging = dialect == null;
        return daemon.ask(dialect == null ? Dialect.PING : dialect.path(wanted.query()), context::wake);
    }

    private void tell(List<DockerContainer> all, Sink sink) {
        Set<String> there = all.stream().map(DockerContainer::id).collect(Collectors.toSet());
        refused.retainAll(there);
        shown.entrySet().removeIf(one -> {
            boolean gone = !there.contains(one.getKey());
            if (gone) {
                sink.gone(one.getValue().stream());
            }
            return gone;
        });
        all.stream()
                .filter(container ->
                        shown.containsKey(container.id()) || hasRunUnseen(container) || wanted.isShown(container))
                .sorted(Comparator.comparing(DockerContainer::name))
                .forEach(container -> show(container, sink));
        started.removeAll(startedBefore); // what the others have done is in the next list, if not in this one
        listed = there;
        listedSecond = askedSecond;
    }

    /** Whether it was told to be started, or was made behind the list before and has ended: events may have been lost. */
    private boolean hasRunUnseen(DockerContainer container) {
        boolean isNew = !listed.contains(container.id()) && container.created().getEpochSecond() >= listedSecond;
        return started.contains(container.id())
                || isNew && Set.of("exited", "dead", "stopped").contains(container.state());
    }

    /** A container keeps the name of its stream, and its source, also when it is renamed. */
    private void show(DockerContainer container, Sink sink) {
        String id = container.id();
        try {
            Shown one = shown.get(id);
            if (one == null) {
                DockerSource source = wanted.source(container);
                String name = "docker:" + container.name();
                boolean taken =
                        shown.values().stream().anyMatch(other -> other.stream().equals(name));
                one = new Shown(taken ? name + "@" + id.substring(0, 12) : name, source);
            }
            sink.found(one.stream(), one.source());
            shown.put(id, one);
        } catch (IllegalArgumentException e) {
            if (refused.add(id)) {
                LOG.warn("{}: a container can't be shown: {}", wanted.identity(), e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        question.close();
    }
}
