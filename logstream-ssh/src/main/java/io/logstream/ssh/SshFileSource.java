package io.logstream.ssh;

import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;

/**
 * A file on another machine, followed over SFTP through growth, rotation and truncation.
 *
 * <ul>
 *   <li>A file that is not there yet is waited for, and then read from its beginning.
 *   <li>Renamed, deleted or replaced: the old file is read until it is quiet for the {@linkplain Builder#drainTime drain
 *       time} (at most 5 s if it is never quiet), then the new one from its beginning. What is written late to the old one
 *       follows between two lines of the new one, until the old one has been quiet for a minute.
 *   <li>Cut, or written anew in place (copytruncate): read from its new beginning. What was not yet read is taken from the
 *       copy if that is beside it.
 *   <li>When the connection is lost, reading goes on where it was as soon as there is another one.
 *   <li>What is known to be lost, or may be, is told by a gap.
 * </ul>
 *
 * <p>The file is asked for new lines every 20 ms while it is written, and less and less often when it is quiet, down to the
 * {@linkplain Builder#pollInterval poll interval}. Positions know a file by its first KiB and the 64 bytes before them, as
 * SFTP tells no inodes. {@link Start#since} begins at the end of a file that was last written before that time, and at the
 * beginning of any other. Bytes are handed over as they are.
 *
 * <p>Immutable and threadsafe; an idle file takes no thread.
 */
public final class SshFileSource implements LogSource {
    private static final int MAX_PATH = 4096;

    private final SshConnection connection;
    private final String path;
    private final boolean follow;
    private final Mode mode;
    private final Duration pollInterval;
    private final Duration drainTime;

    private SshFileSource(Builder builder) {
        connection = builder.connection;
        path = builder.path;
        follow = builder.follow;
        mode = builder.mode;
        pollInterval = builder.pollInterval;
        drainTime = builder.drainTime;
    }

    /**
     * A file that is followed with the defaults named at {@link Builder}.
     *
     * @param connection the connection to its host
     * @param path its path there; a relative one begins in the user's home directory
     * @return the source
     * @throws IllegalArgumentException if no file can have this path
     */
    public static SshFileSource of(SshConnection connection, String path) {
        return builder(connection, path).build();
    }

    /**
     * Starts from the defaults.
     *
     * @param connection the connection to its host
     * @param path its path there; a relative one begins in the user's home directory
     * @return a new builder
     * @throws IllegalArgumentException if no file can have this path
     */
    public static Builder builder(SshConnection connection, String path) {
        return new Builder(connection, path);
    }

    /**
     * The path on the host.
     *
     * @return the path, as it was given
     */
    public String path() {
        return path;
    }

    SshConnection connection() {
        return connection;
    }

    boolean follows() {
        return follow;
    }

    Mode mode() {
        return mode;
    }

    Duration pollInterval() {
        return pollInterval;
    }

    Duration drainTime() {
        return drainTime;
    }

    @Override
    public String identity() {
        return "ssh:" + connection.host() + ":" + Text.escaped(path);
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
        RemoteReader reader = new RemoteReader(this, context, connection.sftp());
        boolean begun = false;
        try {
            reader.begin(start);
            begun = true;
            return reader;
        } finally {
            if (!begun) {
                reader.close();
            }
        }
    }

    @Override
    public String toString() {
        return identity();
    }

    /** How it is noticed that a file was written. The bytes come over SFTP in any case, so the log is the same. */
    public enum Mode {

        /** The file is looked at: every 20 ms while it is written, less and less often up to the poll interval while not. */
        SFTP,

        /**
         * A {@code tail} on the host tells as well, so that a line comes within about a millisecond, where that is coreutils' (other
         * ones look once in a second themselves). It takes three processes on the host, which end with the connection, and what is
         * written crosses the network twice, up to 1 MiB a second. At most 8 files of a connection have one, others and those
         * with a line feed in their path are looked at only.
         */
        EXEC
    }

    /** Whether a server can be asked for it: some end the connection where not. */
    static boolean isPath(String path) {
        return !path.isEmpty() && path.indexOf('\0') < 0 && path.getBytes(StandardCharsets.UTF_8).length <= MAX_PATH;
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private static final Duration LEAST_POLL = Duration.ofMillis(20);
        private static final Duration MOST = Duration.ofHours(1);

        private final SshConnection connection;
        private final String path;
        private boolean follow = true;
        private Mode mode = Mode.SFTP;
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration drainTime = Duration.ofMillis(500);

        private Builder(SshConnection connection, String path) {
            this.connection = Objects.requireNonNull(connection, "connection");
            this.path = Objects.requireNonNull(path, "path");
            if (path.endsWith("/") || !isPath(path)) {
                throw new IllegalArgumentException("no file can have the path '" + Text.shown(path) + "'");
            }
        }

        /**
         * Whether to go on when the end is reached that the log had when it was opened. By default true. Without, a log that is
         * not there is refused.
         *
         * @param follow false to end there
         * @return this
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * How it is noticed that the file was written. By default {@link Mode#SFTP}.
         *
         * @param mode the way
         * @return this
         */
        public Builder mode(Mode mode) {
            this.mode = Objects.requireNonNull(mode, "mode");
            return this;
        }

        /**
         * The longest time between two looks at a quiet file. By default 1 s.
         *
         * @param interval 20 ms to 1 h
         * @return this
         */
        public Builder pollInterval(Duration interval) {
            pollInterval = checked("pollInterval", interval, LEAST_POLL);
            return this;
        }

        /**
         * How long a file that was rotated away must be quiet before the next one is read. By default 500 ms.
         *
         * @param quiet 0 to 1 h
         * @return this
         */
        public Builder drainTime(Duration quiet) {
            drainTime = checked("drainTime", quiet, Duration.ZERO);
            return this;
        }

        /**
         * Makes the source.
         *
         * @return the source
         */
        public SshFileSource build() {
            return new SshFileSource(this);
        }

        private static Duration checked(String option, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(MOST) > 0) {
                throw new IllegalArgumentException(option + " " + value + ": use " + least + " to " + MOST);
            }
            return value;
        }
    }
}
