package io.logstream.docker;

import io.logstream.LogStreamException;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The containers of a daemon with a label, a name or an image, as they come and go. All conditions must hold. Each container
 * becomes a stream {@code docker:NAME} as soon as it runs, and stays one until it is removed, also while it is stopped.
 * Immutable and threadsafe.
 *
 * <p>The daemon tells of changes within a millisecond, over one connection for all discoveries and sources of a
 * {@link DockerDaemon}.
 */
public final class DockerContainers implements LogDiscovery {
    private static final Logger LOG = LoggerFactory.getLogger(DockerContainers.class);
    private static final String PROJECT = "com.docker.compose.project";
    private static final String SERVICE = "com.docker.compose.service";

    private final DockerDaemon daemon;
    private final Map<String, Set<String>> filters;
    private final boolean stopped;
    private final boolean follow;
    private final boolean endWithContainer;

    private DockerContainers(Builder builder) {
        daemon = builder.daemon;
        filters = builder.filters.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> Set.copyOf(entry.getValue()), (one, other) -> one, TreeMap::new));
        stopped = builder.stopped;
        follow = builder.follow;
        endWithContainer = builder.endWithContainer;
    }

    /**
     * Starts with all containers.
     *
     * @param daemon their daemon
     * @return a new builder
     */
    public static Builder builder(DockerDaemon daemon) {
        return new Builder(daemon);
    }

    @Override
    public String identity() {
        return "docker containers" + (filters.isEmpty() ? "" : " " + new TreeMap<>(sorted())) + " at " + daemon.host();
    }

    private Map<String, Set<String>> sorted() {
        Map<String, Set<String>> sorted = new HashMap<>();
        filters.forEach((key, values) -> sorted.put(key, new TreeSet<>(values)));
        return sorted;
    }

    @Override
    public Scan open(SourceContext context) throws IOException, InterruptedException {
        daemon.checkOpen();
        Looking looking = new Looking(context);
        try {
            looking.awaitFirst();
            return looking;
        } catch (IOException | InterruptedException | RuntimeException e) {
            looking.close();
            throw e;
        }
    }

    /** The query that the daemon is asked with. */
    private String query() {
        String json = sorted().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> Json.quoted(entry.getKey()) + ":["
                        + entry.getValue().stream().map(Json::quoted).collect(Collectors.joining(",")) + "]")
                .collect(Collectors.joining(",", "{", "}"));
        return DockerDaemon.listPath(json);
    }

    private boolean isShown(DockerContainer container, boolean known) {
        return known || stopped || Set.of("running", "paused", "restarting").contains(container.state());
    }

    private DockerSource source(DockerContainer container) {
        return DockerSource.builder(daemon, container.name())
                .id(container.id())
                .follow(follow)
                .endWithContainer(endWithContainer)
                .build();
    }

    /**
     * A container that is shown.
     *
     * @param stream the name of its stream
     * @param source its log
     */
    private record Shown(String stream, DockerSource source) {}

    /** Lists the containers whenever something has happened to one, and tells the difference. */
    private final class Looking implements Scan, DaemonEvents.Listener {
        private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);

        private final SourceContext context;
        private final DaemonEvents.Watch watch;
        private final Map<String, Shown> shown = new HashMap<>(); // by id
        private final Set<String> refused = new HashSet<>(); // ids
        private @Nullable List<DockerContainer> first;
        private volatile @Nullable Answer asked;
        private boolean pinging;
        private long askedAt;
        private long listedAt;
        private volatile boolean changed;
        private volatile boolean closed;

        Looking(SourceContext context) throws IOException {
            this.context = context;
            listedAt = context.time().nanoTime();
            watch = daemon.events().watch("", this);
        }

        /** What the first scan tells must be all there is. */
        void awaitFirst() throws IOException, InterruptedException {
            changed = false;
            while (first == null) {
                Dialect dialect = daemon.dialect();
                Answer answer = daemon.await(dialect == null ? Dialect.PING : dialect.path(query()));
                if (dialect == null) {
                    daemon.learn(answer);
                } else {
                    first = parse(answer);
                }
            }
        }

        @Override
        public void happened(DaemonEvents.Event event) {
            // What is executed in a container happens often, and changes nothing.
            if (!event.action().startsWith("exec_") && !event.action().startsWith("health_status")) {
                changed = true;
                context.wake();
            }
        }

        @Override
        public Outcome scan(Sink sink) throws IOException {
            daemon.checkOpen();
            List<DockerContainer> all = first;
            if (all != null) {
                first = null;
                tell(all, sink);
                if (!follow) {
                    return Outcome.END;
                }
            }
            long now = context.time().nanoTime();
            changed |= now - listedAt >= LOOK_AGAIN.toNanos();
            while (asked != null || changed) {
                Answer answer = asked;
                if (answer == null) {
                    changed = false;
                    listedAt = now;
                    askedAt = now;
                    answer = ask();
                    asked = answer;
                    if (closed) {
                        answer.close();
                    }
                }
                if (!answer.isComplete()) {
                    return awaitAnswer(now);
                }
                answer.close();
                asked = null;
                if (pinging) {
                    daemon.learn(answer);
                    changed = true;
                } else {
                    tell(parse(answer), sink);
                }
            }
            context.wakeWithin(LOOK_AGAIN);
            return Outcome.WAIT;
        }

        private Outcome awaitAnswer(long now) throws IOException {
            long left = DockerReader.PATIENCE.toNanos() - (now - askedAt);
            if (left <= 0) {
                throw new IOException("the daemon at " + daemon.host() + " does not answer");
            }
            context.wakeWithin(Duration.ofNanos(left));
            return Outcome.WAIT;
        }

        private Answer ask() throws IOException {
            Dialect dialect = daemon.dialect();
            pinging = dialect == null;
            return daemon.ask(dialect == null ? Dialect.PING : dialect.path(query()), context::wake);
        }

        private List<DockerContainer> parse(Answer answer) throws IOException {
            if (daemon.isAnother(answer)) {
                throw new IOException("another daemon answers: " + answer.message());
            }
            if (answer.status() == 400) {
                throw new LogStreamException(identity() + ": the daemon does not understand this: " + answer.message());
            }
            if (answer.status() != 200) {
                throw new IOException("the daemon can't list its containers: " + answer.message());
            }
            return DockerContainer.parse(answer.body());
        }

        private void tell(List<DockerContainer> all, Sink sink) {
            Map<String, DockerContainer> there =
                    all.stream().collect(Collectors.toMap(DockerContainer::id, one -> one, (one, other) -> one));
            refused.retainAll(there.keySet());
            for (Map.Entry<String, Shown> gone : List.copyOf(shown.entrySet())) {
                if (!there.containsKey(gone.getKey())) {
                    shown.remove(gone.getKey());
                    sink.gone(gone.getValue().stream());
                }
            }
            List<DockerContainer> inOrder = new ArrayList<>(there.values());
            inOrder.sort((one, other) -> one.name().compareTo(other.name()));
            for (DockerContainer container : inOrder) {
                boolean known = shown.containsKey(container.id());
                if (isShown(container, known)) {
                    show(container, sink);
                }
            }
        }

        /** A container keeps the name of its stream, and its source, also when it is renamed. */
        private void show(DockerContainer container, Sink sink) {
            String id = container.id();
            try {
                Shown one = shown.get(id);
                if (one == null) {
                    DockerSource source = source(container);
                    String name = "docker:" + container.name();
                    boolean taken = shown.values().stream()
                            .anyMatch(other -> other.stream().equals(name));
                    one = new Shown(taken ? name + "@" + id.substring(0, 12) : name, source);
                }
                sink.found(one.stream(), one.source());
                shown.put(id, one);
            } catch (IllegalArgumentException e) {
                if (refused.add(id)) {
                    LOG.warn("{}: a container can't be shown: {}", identity(), e.getMessage());
                }
            }
        }

        @Override
        public void close() {
            closed = true;
            watch.close();
            Answer open = asked;
            if (open != null) {
                open.close();
            }
        }
    }

    /** Collects the conditions and options; not threadsafe. */
    public static final class Builder {
        private final DockerDaemon daemon;
        private final Map<String, Set<String>> filters = new TreeMap<>();
        private boolean stopped;
        private boolean follow = true;
        private boolean endWithContainer;

        private Builder(DockerDaemon daemon) {
            this.daemon = Objects.requireNonNull(daemon, "daemon");
        }

        private Builder filter(String name, String value) {
            if (value.isBlank()) {
                throw new IllegalArgumentException("the " + name + " to look for is empty");
            }
            filters.computeIfAbsent(name, key -> new TreeSet<>()).add(value);
            return this;
        }

        /**
         * Only containers with a label. Several labels must all be there.
         *
         * @param label {@code key} or {@code key=value}
         * @return this
         */
        public Builder label(String label) {
            return filter("label", label);
        }

        /**
         * Only containers whose name matches.
         *
         * @param expression what the daemon takes for a regular expression (Go's), found anywhere in the name
         * @return this
         */
        public Builder name(String expression) {
            return filter("name", expression);
        }

        /**
         * Only containers of an image, or of one that was made from it.
         *
         * @param image its name, with or without a tag, or its id
         * @return this
         */
        public Builder image(String image) {
            return filter("ancestor", image);
        }

        /**
         * Only containers of a compose project.
         *
         * @param project its name
         * @return this
         */
        public Builder composeProject(String project) {
            return label(PROJECT + "=" + project);
        }

        /**
         * Only containers of a compose service, in any project unless one is named too.
         *
         * @param service its name
         * @return this
         */
        public Builder composeService(String service) {
            return label(SERVICE + "=" + service);
        }

        /**
         * Whether containers that do not run are shown too. By default only those that run are, and from then on until they
         * are removed.
         *
         * @param include true to show all
         * @return this
         */
        public Builder includeStopped(boolean include) {
            this.stopped = include;
            return this;
        }

        /**
         * Whether to go on when all that is there now has been shown. By default true.
         *
         * @param follow false to end there
         * @return this
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * Whether a stream ends when its container does, see {@link DockerSource.Builder#endWithContainer}.
         *
         * @param end true to end with the container
         * @return this
         */
        public Builder endWithContainer(boolean end) {
            this.endWithContainer = end;
            return this;
        }

        /**
         * Makes the discovery.
         *
         * @return the discovery
         */
        public DockerContainers build() {
            return new DockerContainers(this);
        }
    }
}
