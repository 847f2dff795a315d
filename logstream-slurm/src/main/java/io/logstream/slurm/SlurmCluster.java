package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import io.logstream.ssh.SshConnection;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cluster that runs SLURM, and how it is asked about its jobs. One poller asks about all jobs that are followed with one
 * call each {@linkplain Builder#pollInterval interval}, however many there are. Close it after the hub.
 *
 * <p>By default it runs {@code squeue} here, without a shell; {@code scontrol} only for the machine's name of a node whose
 * jobs have it in the names of their files. It may ask a {@linkplain Builder#rest slurmrestd} instead. A cluster that does not answer ends no stream: a file that is read is read on.
 *
 * <p>Threadsafe. While a job is followed it takes one thread.
 */
public final class SlurmCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlurmCluster.class);

    private final String name;
    private final Query query;
    private final Poller poller;
    private volatile int release;
    private final Map<String, String> hosts = new ConcurrentHashMap<>();
    private final Supplier<LogHost> files;
    private final Function<String, @Nullable LogHost> nodes;

    SlurmCluster(String name, Query query, Duration interval) {
        this(name, query, interval, () -> LogHost.HERE, node -> null);
    }

    SlurmCluster(
            String name,
            Query query,
            Duration interval,
            Supplier<LogHost> files,
            Function<String, @Nullable LogHost> nodes) {
        this.files = files;
        this.nodes = nodes;
        this.name = name;
        this.query = query;
        this.poller = new Poller(name, query, interval);
    }

    /**
     * The cluster of this machine, with the defaults named at {@link Builder}.
     *
     * @return the cluster, not yet asked
     */
    public static SlurmCluster local() {
        return builder().build();
    }

    /**
     * Starts from the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * All jobs that it knows now: those that wait or run, and those that ended a short time ago.
     *
     * @return a new list
     * @throws IOException if it does not answer now
     * @throws LogStreamException if trying again would not help
     * @throws InterruptedException if the thread was interrupted
     */
    public List<SlurmJob> jobs() throws IOException, InterruptedException {
        Query.Answer answer = query.ask(Set.of());
        release = answer.release();
        return new ArrayList<>(answer.jobs());
    }

    /**
     * Where the file of a channel of a job may be, the likeliest first: what a {@link SlurmJobSource} looks at.
     *
     * @param job one of {@link #jobs}
     * @param channel the channel; for errors there is none where both channels are one file
     * @return absolute paths, {@code /dev/null} among them; empty where they can't be told before the job begins
     * @throws InterruptedException if the thread was interrupted while it asked for the name of the job's machine
     */
    public List<Path> places(SlurmJob job, Channel channel) throws InterruptedException {
        LogPlaces places = new LogPlaces(SlurmJobSource.of(this, String.valueOf(job.id())));
        String node = places.unknownHost(job);
        if (node != null) {
            try {
                learnHost(node);
            } catch (IOException | LogStreamException e) {
                LOG.info("{}: the host of node {} is not known: {}", name, node, e.getMessage());
            }
        }
        return places.of(job, release, channel);
    }

    /** How it is asked, for identities. */
    String name() {
        return name;
    }

    /** Asks about this job, array or heterogeneous job until the watch is closed. */
    Poller.Watch watch(JobId id, Runnable changed) {
        return poller.watch(id.ofJob(), changed);
    }

    /** The machine that sees the files of all jobs, for one reader. */
    LogHost files() {
        return files.get();
    }

    /** A node as the machine that sees its own files, for one reader; null where nodes can't be reached. */
    @Nullable
    LogHost node(String node) {
        return nodes.apply(node);
    }

    /** The short name that a node's machine has for itself, if it was learned. */
    @Nullable
    String knownHost(String node) {
        return hosts.get(node);
    }

    /**
     * Asks for that name, and waits for it. Where the cluster has none, it is the node's.
     *
     * @throws IOException if the cluster does not tell now
     * @throws LogStreamException if it never will
     */
    String learnHost(String node) throws IOException, InterruptedException {
        String told = query.hostOf(node);
        String host = told.isEmpty() ? node : told;
        hosts.put(node, host);
        return host;
    }

    /** Stops asking. Jobs that are followed are told nothing more. Closing twice does nothing. */
    @Override
    public void close() {
        poller.close();
    }

    @Override
    public String toString() {
        return "slurm:" + name;
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private static final Duration LEAST_POLL = Duration.ofMillis(50);
        private static final Duration MOST_POLL = Duration.ofHours(1);

        private String directory = "";
        private @Nullable Path configuration;
        private @Nullable URI server;
        private @Nullable String version;
        private @Nullable String user;
        private @Nullable Supplier<String> token;
        private Duration pollInterval = Duration.ofSeconds(2);
        private Duration timeout = Duration.ofSeconds(20);
        private @Nullable SshConnection login;
        private @Nullable Function<String, @Nullable SshConnection> nodes;

        private Builder() {}

        /**
         * Where {@code squeue} and {@code scontrol} are. By default they are found by the search path.
         *
         * @param path their directory
         * @return this
         */
        public Builder commands(Path path) {
            directory = path.toAbsolutePath() + "/";
            return this;
        }

        /**
         * The {@code slurm.conf} that the commands use. By default as the environment and Slurm have it.
         *
         * @param file the file
         * @return this
         */
        public Builder configuration(Path file) {
            configuration = file.toAbsolutePath();
            return this;
        }

        /**
         * Runs the commands on another machine, over SSH, and reads the files that it sees in place of those of this machine.
         * Needs logstream-ssh. By default both are done here. With {@link #rest} files alone are read there.
         *
         * @param login the connection to it, such as to a login node; closed by whoever made it, after this
         * @return this
         */
        public Builder ssh(SshConnection login) {
            this.login = Objects.requireNonNull(login, "login");
            return this;
        }

        /**
         * Reads over SSH what is on a node's own disk: where the file of a job that has begun is not seen otherwise, it is looked
         * for on the node that runs its script. Needs logstream-ssh. By default it is not.
         *
         * <p>A job is not taken to have no log because its node does not answer: then its stream tries again, and fails if the node
         * refuses.
         *
         * @param connections gives the connection to a node by its name, the same one each time; called on any thread, and not to
         *     wait for anything. Null for a node that may not be reached counts as its refusal; an exception as no answer. Closed
         *     by whoever made them, after this
         * @return this
         */
        public Builder nodes(Function<String, @Nullable SshConnection> connections) {
            this.nodes = Objects.requireNonNull(connections, "connections");
            return this;
        }

        private static SshConnection connected(String node, Function<String, @Nullable SshConnection> connections) {
            SshConnection connection = connections.apply(node);
            if (connection == null) {
                throw new LogStreamException("there is no connection to node " + Text.shown(node));
            }
            return connection;
        }

        /**
         * Asks a slurmrestd in place of running commands. By default commands are run.
         *
         * @param server {@code unix:/path} or {@code http://host:port}; for TLS put something before it
         * @return this
         * @throws IllegalArgumentException if it is neither, or has more than that in it
         */
        public Builder rest(URI server) {
            new HttpGet(server, Map::of, timeout);
            this.server = server;
            return this;
        }

        /**
         * Who slurmrestd is told to be asked by. By default nobody, which it accepts on a unix socket with its local
         * authentication.
         *
         * @param user the user's name
         * @param token what {@code scontrol token} prints for that user, without {@code SLURM_JWT=}
         * @return this
         * @throws IllegalArgumentException if one of them can't be that
         */
        public Builder token(String user, String token) {
            checkedToken(token);
            return token(user, () -> token);
        }

        /**
         * The same with tokens that do not last: each question takes the one that there is then.
         *
         * @param user the user's name
         * @param token tells the present token; called on the cluster's thread. While what it tells is none, nothing is asked
         * @return this
         * @throws IllegalArgumentException if no user can have this name
         */
        public Builder token(String user, Supplier<String> token) {
            if (!user.matches("[\\w.@-]{1,255}")) {
                throw new IllegalArgumentException("'" + Text.shown(user) + "' can be the name of no user");
            }
            this.user = user;
            this.token = Objects.requireNonNull(token, "token");
            return this;
        }

        private static String checkedToken(@Nullable String token) {
            if (token == null || !token.matches("[\\w.=-]{1,8192}")) {
                throw new IllegalArgumentException("this is no token");
            }
            return token;
        }

        /** A thread that the supplier leaves interrupted would connect to nobody any more. */
        private static @Nullable String present(Supplier<String> token) {
            try {
                return token.get();
            } finally {
                Thread.interrupted();
            }
        }

        private static Map<String, String> headers(@Nullable String user, @Nullable Supplier<String> token) {
            return user == null || token == null
                    ? Map.of()
                    : Map.of("X-SLURM-USER-NAME", user, "X-SLURM-USER-TOKEN", checkedToken(present(token)));
        }

        /**
         * The version of slurmrestd's interface. By default the newest that it and this library have.
         *
         * @param version as {@code v0.0.38}
         * @return this
         * @throws IllegalArgumentException if this is no version
         */
        public Builder restVersion(String version) {
            if (!version.matches("v\\d+\\.\\d+\\.\\d+")) {
                throw new IllegalArgumentException("'" + Text.shown(version) + "' is no version: use one like v0.0.38");
            }
            this.version = version;
            return this;
        }

        /**
         * The time between two questions, each time changed by up to a tenth at random. By default 2 s.
         *
         * @param interval 50 ms to 1 h
         * @return this
         */
        public Builder pollInterval(Duration interval) {
            pollInterval = checked("pollInterval", interval);
            return this;
        }

        /**
         * How long an answer may take. By default 20 s.
         *
         * @param time 50 ms to 1 h
         * @return this
         */
        public Builder timeout(Duration time) {
            timeout = checked("timeout", time);
            return this;
        }

        private static Duration checked(String option, Duration value) {
            Objects.requireNonNull(value, option);
            if (value.compareTo(LEAST_POLL) < 0 || value.compareTo(MOST_POLL) > 0) {
                throw new IllegalArgumentException(
                        option + " of " + value + ": use " + LEAST_POLL + " to " + MOST_POLL);
            }
            return value;
        }

        /**
         * Makes the cluster object; it asks when it is needed.
         *
         * @return the cluster
         */
        public SlurmCluster build() {
            SshConnection to = login;
            Function<String, @Nullable SshConnection> connections = nodes;
            Supplier<LogHost> files = to == null ? () -> LogHost.HERE : () -> new SshHost(to.host(), () -> to);
            Function<String, @Nullable LogHost> onNodes = connections == null
                    ? node -> null
                    : node -> new SshHost(Text.shown(node), () -> connected(node, connections));
            URI rest = server;
            String where = to == null ? "" : "@" + to.host();
            if (rest != null) {
                String name = user;
                Supplier<String> present = token;
                HttpGet http = new HttpGet(rest, () -> headers(name, present), timeout);
                return new SlurmCluster(rest + where, new RestQuery(http, version), pollInterval, files, onNodes);
            }
            Map<String, String> environment =
                    configuration == null ? Map.of() : Map.of("SLURM_CONF", configuration.toString());
            Commands commands =
                    to == null ? new Program(environment, timeout) : new SshProgram(to, environment, timeout);
            return new SlurmCluster(
                    to == null ? "local" : "ssh" + where,
                    new SqueueQuery(commands, directory),
                    pollInterval,
                    files,
                    onNodes);
        }
    }
}
