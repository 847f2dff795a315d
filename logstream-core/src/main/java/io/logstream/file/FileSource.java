package io.logstream.file;

import io.logstream.internal.file.FileReader;
import io.logstream.internal.file.FileSettings;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * A log file that is followed through growth, rotation and truncation.
 *
 * <p>It follows what its path names, whatever that is at the time:
 *
 * <ul>
 *   <li>A file that is not there yet, or whose directory is not, is waited for, and then read from its beginning.
 *   <li>Renamed, deleted or replaced: the old file is read until it is quiet for the {@linkplain Builder#drainTime drain
 *       time} (at most 5 s if it is never quiet and the new one has lines), then the new one from its beginning. Files that
 *       several rotations in a row left beside it are read in between. An unfinished last line is ended, never joined to
 *       the next file's first.
 *   <li>Cut, or written anew in place (copytruncate): read from its new beginning, even if it is longer than before. What
 *       was not yet read is taken from the copy if that is beside it.
 *   <li>Written late: what comes to an old file after it was drained follows between two lines of the new one, also
 *       after a restart, until the old one has been quiet for a minute.
 *   <li>What is known to be lost is told by a gap.
 * </ul>
 *
 * <p>Positions know a file by its inode, birth time, first KiB and the 64 bytes before them, so that following goes on
 * after a restart of the program, also if the file was renamed in between within its directory. The line number of a
 * start is counted for the first 256 MiB of a file and not known behind that. {@link Start#since} begins at the end of a
 * file that was last written before that time, and at the beginning of any other.
 *
 * <p>Bytes are handed over as they are, with three exceptions at a file's beginning: a UTF-8 byte order mark is left out; NULs
 * are left out that a writer leaves who goes on at its old place in a file that was cut; and a file that begins with the byte
 * order mark of UTF-16 is handed over as UTF-8. On a remote file system, where NULs can stand for bytes that are still on their
 * way, NULs at the end are held back for 5 s.
 *
 * <p>A change is told by the operating system within a millisecond on Linux and a local file system; elsewhere the file is
 * {@linkplain Builder#pollInterval polled}. Directories, FIFOs, sockets and devices are refused, in place of a file that was
 * followed too, once that was read to its end. Immutable and threadsafe; an idle file takes no thread and no buffer.
 */
public final class FileSource implements LogSource {
    private final FileSettings settings;

    private FileSource(FileSettings settings) {
        this.settings = settings;
    }

    /** Whether the operating system is asked to tell of changes. */
    public enum Watch {
        /** On local file systems, which tell all changes. */
        AUTO,
        /**
         * Wherever it can be asked; the file is polled where not. To ask about a remote file system that does not answer
         * holds up all files that are watched on remote ones.
         */
        ON,
        /** Never: the file is polled. */
        OFF
    }

    /**
     * A file that is followed with the defaults named at {@link Builder}.
     *
     * @param path the file, which need not be there yet
     * @return the source
     * @throws IllegalArgumentException if the path is not of the default file system
     */
    public static FileSource of(Path path) {
        return builder(path).build();
    }

    /**
     * Starts from the defaults.
     *
     * @param path the file, which need not be there yet
     * @return a new builder
     * @throws IllegalArgumentException if the path is not of the default file system
     */
    public static Builder builder(Path path) {
        return new Builder(path);
    }

    /**
     * The file.
     *
     * @return an absolute path
     */
    public Path path() {
        return settings.path();
    }

    @Override
    public String identity() {
        return "file:" + settings.path();
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
        return FileReader.open(settings, start, context);
    }

    @Override
    public String toString() {
        return identity();
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private static final Duration LEAST_POLL = Duration.ofMillis(1);
        private static final Duration MOST_POLL = Duration.ofHours(1);
        private static final Duration MOST_DRAIN = Duration.ofHours(1);
        private static final Duration POLL = Duration.ofMillis(250);
        private static final Duration DRAIN = Duration.ofMillis(500);
        private static final int LEAST_READ = 1024;
        private static final int MOST_READ = 1 << 20;

        private final Path path;
        private boolean follow = true;
        private Duration pollInterval = POLL;
        private Watch watch = Watch.AUTO;
        private Duration drainTime = DRAIN;
        private int readSize = 256 * 1024;
        private boolean followLinks = true;

        private Builder(Path path) {
            if (path.getFileSystem() != FileSystems.getDefault()) {
                throw new IllegalArgumentException(
                        path + " is a path of " + path.getFileSystem() + ": use one of the default file system");
            }
            this.path = path.toAbsolutePath().normalize();
        }

        /**
         * Whether to stay at the end of the file for more.
         *
         * @param follow false to end where the file ends when it is opened; it must be there then. By default true
         * @return this builder
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * The longest time between two looks at a file that is not watched. A file that was just written is looked at
         * after 1 ms, then after twice as long each time.
         *
         * @param interval from 1 ms to 1 h; by default 250 ms
         * @return this builder
         */
        public Builder pollInterval(Duration interval) {
            this.pollInterval = checkedPoll(interval);
            return this;
        }

        static Duration checkedPoll(Duration interval) {
            return checked("pollInterval", interval, LEAST_POLL, MOST_POLL);
        }

        static Duration checked(String option, Duration value, Duration least, Duration most) {
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(option + " of " + value + ": use " + least + " to " + most);
            }
            return value;
        }

        /**
         * Whether the operating system is asked to tell of changes.
         *
         * @param watch by default {@link Watch#AUTO}
         * @return this builder
         */
        public Builder watch(Watch watch) {
            this.watch = Objects.requireNonNull(watch, "watch");
            return this;
        }

        /**
         * How long a file that was renamed, deleted or replaced must be quiet before it counts as complete.
         *
         * @param quiet from zero to 1 h; by default 500 ms
         * @return this builder
         */
        public Builder drainTime(Duration quiet) {
            this.drainTime = checked("drainTime", quiet, Duration.ZERO, MOST_DRAIN);
            return this;
        }

        /**
         * The most bytes of one read. All files of a thread share one buffer, which grows up to this size when much is read.
         *
         * @param bytes from 1024 to 1 MiB; by default 256 KiB
         * @return this builder
         */
        public Builder readSize(int bytes) {
            if (bytes < LEAST_READ || bytes > MOST_READ) {
                throw new IllegalArgumentException("readSize of " + bytes + ": use " + LEAST_READ + " to " + MOST_READ);
            }
            this.readSize = bytes;
            return this;
        }

        /**
         * Whether the path may be a symbolic link, which is followed wherever it leads. Where it may not, a link is refused
         * like a directory; links among the directories of the path are followed in any case.
         *
         * @param follow false where others may write into the directory who shall not choose what is read. By default true
         * @return this builder
         */
        public Builder followLinks(boolean follow) {
            this.followLinks = follow;
            return this;
        }

        /**
         * Finishes.
         *
         * @return the source
         */
        public FileSource build() {
            return new FileSource(
                    new FileSettings(path, follow, pollInterval, watch, drainTime, readSize, followLinks));
        }
    }
}
