package io.logstream.docker;

import io.logstream.spi.LogDiscovery;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The containers of a daemon with a label, a name or an image, as they come and go. All conditions must hold. Each container
 * becomes a stream {@code docker:NAME} as soon as it runs, or has run for a moment, and stays one until it is removed, also while it is
 * stopped.
 * Immutable and threadsafe.
 *
 * <p>The daemon tells of changes within a millisecond, over one connection for all discoveries and sources of a
 * {@link DockerDaemon}.
 */
public final class DockerContainers implements LogDiscovery {
    private static final String PROJECT = "com.docker.compose.project";
    private static final String SERVICE = "com.docker.compose.service";

    private final DockerDaemon daemon;
    private final SortedMap<String, SortedSet<String>> filters;
    private final boolean stopped;
    private final boolean follow;
    private final boolean endWithContainer;

    private DockerContainers(Builder builder) {
        daemon = builder.daemon;
        filters = new TreeMap<>();
        builder.filters.forEach((name, values) -> filters.put(name, new TreeSet<>(values)));
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
        return "docker containers" + (filters.isEmpty() ? "" : " " + filters) + " at " + daemon.host();
    }

    @Override
    public Scan open(SourceContext context) throws IOException, InterruptedException {
        daemon.checkOpen();
        int openings = daemon.events().openings();
        ContainerScan scan = new ContainerScan(this, daemon, context);
        try {
            scan.awaitFirst();
            return scan;
        } catch (IOException | InterruptedException | RuntimeException e) {
            scan.close();
            if (e instanceof IOException) {
                daemon.events().whenBack(openings, context::retry);
            }
            throw e;
        }
    }

    /** What the daemon is asked with. */
    String query() {
        return DockerDaemon.listPath(filters.entrySet().stream()
                .map(filter -> Json.quoted(filter.getKey()) + ":["
                        + filter.getValue().stream().map(Json::quoted).collect(Collectors.joining(",")) + "]")
                .collect(Collectors.joining(",", "{", "}")));
    }

    boolean follows() {
        return follow;
    }

    /** Whether a container is shown that is not shown yet. */
    boolean isShown(DockerContainer container) {
        return stopped || Set.of("running", "paused", "restarting").contains(container.state());
    }

    DockerSource source(DockerContainer container) {
        return DockerSource.builder(daemon, container.name())
                .id(container.id())
                .follow(follow)
                .endWithContainer(endWithContainer)
                .build();
    }

    /** Collects the conditions and options; not threadsafe. */
    public static final class Builder {
        private final DockerDaemon daemon;
        private final SortedMap<String, SortedSet<String>> filters = new TreeMap<>();
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
