package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The log of one container, followed through its life.
 *
 * <ul>
 *   <li>One that was created and not started yet is waited for.
 *   <li>When it is started again, its log goes on; {@link io.logstream.SourceEvent.Kind#RESTARTED} tells so with the exit
 *       code. When it ends, {@link io.logstream.SourceEvent.Kind#FINISHED} tells so.
 *   <li>The stream ends when the container is removed or, if {@linkplain Builder#endWithContainer wanted}, when it ends.
 *   <li>A pause is silence, and a rename changes nothing.
 *   <li>When the daemon or the connection is lost, reading goes on where it was, byte for byte per channel, as long as the
 *       daemon still has the log; what it no longer has is told by a gap.
 *   <li>Lines that the daemon tells twice, as some do when they rotate a log, come once.
 * </ul>
 *
 * <p>Each line has the time that the daemon gave it. Lines of stdout and stderr come in the order in which the daemon has
 * them, which is not always that in which they were written. A container with a terminal has one channel, and its lines end
 * with a carriage return and a line feed. The parts into which the daemon cuts long lines are put together again.
 *
 * <p>{@link Start#last} counts back from the end of the log as it is when the daemon answers, right after the source was
 * opened. Immutable and threadsafe.
 */
public final class DockerSource implements LogSource {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,1022}");

    private static final Pattern ID = Pattern.compile("[0-9a-f]{16,128}");

    private final DockerDaemon daemon;
    private final String container;
    private final String reference;
    private final Set<Channel> channels;
    private final boolean follow;
    private final boolean endWithContainer;
    private final boolean readFiles;
    private final Set<Long> found =
            ConcurrentHashMap.newKeySet(); // hashes of the containers that the reference has named

    private DockerSource(Builder builder) {
        daemon = builder.daemon;
        container = builder.container;
        reference = builder.id.isEmpty() ? container : builder.id;
        channels = builder.channels;
        follow = builder.follow;
        endWithContainer = builder.endWithContainer;
        readFiles = builder.readFiles;
    }

    /**
     * A container that is followed with the defaults named at {@link Builder}.
     *
     * @param daemon its daemon
     * @param container its name, its id, or the beginning of its id
     * @return the source
     * @throws IllegalArgumentException if a container can't have this name
     */
    public static DockerSource of(DockerDaemon daemon, String container) {
        return builder(daemon, container).build();
    }

    /**
     * Starts from the defaults.
     *
     * @param daemon its daemon
     * @param container its name, its id, or the beginning of its id
     * @return a new builder
     * @throws IllegalArgumentException if a container can't have this name
     */
    public static Builder builder(DockerDaemon daemon, String container) {
        return new Builder(daemon, container);
    }

    /**
     * The container.
     *
     * @return its name or id, as it was given
     */
    public String container() {
        return container;
    }

    DockerDaemon daemon() {
        return daemon;
    }

    /** What the daemon is asked for: the name, or the id where it is known which container is meant. */
    String reference() {
        return reference;
    }

    /** The reference names the container with this id. */
    void found(String id) {
        found.add(Place.hash(id));
    }

    /** Whether the reference has named the container of this place before. */
    boolean hasFound(Place place) {
        return found.contains(place.container);
    }

    Set<Channel> channels() {
        return channels;
    }

    boolean follows() {
        return follow;
    }

    boolean endsWithContainer() {
        return endWithContainer;
    }

    boolean readsFiles() {
        return readFiles && channels.size() == 2;
    }

    @Override
    public String identity() {
        String which = channels.size() == 2 ? "" : channels.contains(Channel.STDOUT) ? " (stdout)" : " (stderr)";
        return "docker:" + container + " at " + daemon.host() + which;
    }

    /** True: a container's log is at its end when the daemon does not know it any more. */
    @Override
    public boolean endsItself() {
        return true;
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
        daemon.checkOpen();
        DockerReader reader = new DockerReader(this, start, context);
        if (start instanceof Start.End) {
            try {
                reader.awaitPlace(); // or what is written from now on would be missing
            } catch (IOException e) {
                reader.close();
                reader.retryWhenBack();
                throw e;
            } catch (InterruptedException | RuntimeException e) {
                reader.close();
                throw e;
            }
        }
        return reader;
    }

    @Override
    public String toString() {
        return identity();
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private final DockerDaemon daemon;
        private final String container;
        private String id = "";
        private Set<Channel> channels = EnumSet.allOf(Channel.class);
        private boolean follow = true;
        private boolean endWithContainer;
        private boolean readFiles;

        private Builder(DockerDaemon daemon, String container) {
            this.daemon = Objects.requireNonNull(daemon, "daemon");
            this.container = Objects.requireNonNull(container, "container");
            if (!NAME.matcher(container).matches()) {
                throw new IllegalArgumentException("no container can have the name '" + Text.shown(container)
                        + "': use letters, digits, '_', '.' and '-'");
            }
        }

        /** The container has this id, whatever its name will be. */
        Builder id(String id) {
            if (!ID.matcher(id).matches()) {
                throw new IllegalArgumentException("no container can have the id '" + Text.shown(id) + "'");
            }
            this.id = id;
            return this;
        }

        /**
         * Reads one of the channels only. By default both are read.
         *
         * @param channel the channel
         * @return this
         */
        public Builder channel(Channel channel) {
            channels = EnumSet.of(channel);
            return this;
        }

        /**
         * Whether to go on when the present end of the log is reached. By default true.
         *
         * @param follow false to end there
         * @return this
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * Whether the stream ends when the container does. By default it ends when the container is removed, as it may be
         * started again until then.
         *
         * @param end true to end with the container
         * @return this
         */
        public Builder endWithContainer(boolean end) {
            this.endWithContainer = end;
            return this;
        }

        /**
         * Whether a history that is read from its beginning comes from the files of the driver {@code json-file} where this
         * program can read them, which is many times as fast; what follows comes from the daemon, without a gap or a
         * repetition. By default false: Docker counts the files among its own affairs. Where they can't be read, or are
         * compressed, or one channel alone is wanted, the daemon is asked.
         *
         * @param read true to read them
         * @return this
         */
        public Builder readFiles(boolean read) {
            this.readFiles = read;
            return this;
        }

        /**
         * Makes the source.
         *
         * @return the source
         */
        public DockerSource build() {
            return new DockerSource(this);
        }
    }
}
