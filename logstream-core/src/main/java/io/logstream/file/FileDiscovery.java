package io.logstream.file;

import io.logstream.internal.file.Exclusion;
import io.logstream.internal.file.FileScan;
import io.logstream.internal.file.PathPattern;
import io.logstream.internal.file.ScanSettings;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.SourceContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The log files that match a pattern, now and later.
 *
 * <p>A pattern is a path whose names may hold wildcards, each matched on its own:
 *
 * <ul>
 *   <li>{@code *}, {@code ?}, {@code [a-z]}, {@code {one,two}} and {@code \} as in {@link
 *       java.nio.file.FileSystem#getPathMatcher a glob of the JDK}; a slash inside of braces is refused.
 *   <li>{@code **} as a whole name stands for any number of directories, also none; at the end for all files in them.
 *   <li>A name that begins with a dot is matched only by one that begins with a dot.
 *   <li>A pattern without wildcards means all files in that directory, but not in those below it; or one file. One that ends
 *       with a slash means all files in the directories that match.
 * </ul>
 *
 * <p>What stands before the first wildcard is the base directory, which is waited for. Symbolic links to files are followed,
 * those to directories only before the first {@code **}. Only regular files count; others are passed over.
 *
 * <p>Each file is a stream of its own, read by a {@link FileSource}, which follows it through rotation. So what rotation
 * made is not followed on its own: a file whose name is that of another match, there now or before, with a number or date
 * behind it ({@code app.log.1}, {@code app.log-20261120}; but {@code job-12} beside {@code job-1} is), and compressed files
 * (.gz .xz .zst .bz2 .lz4 .Z) never. A file that was followed before the log it belongs to appears is gone then.
 *
 * <p>Of such a name may also be a log of its own ({@code svc-1} beside {@code svc}). It is taken for one when it is written more
 * than a minute after both were made or it was found, and was not seen under the other name before; then it is read from its
 * beginning. One that is not written any more is passed over.
 *
 * <p>The stream's id is the base as it was given and the rest of the path: {@code logs/a/app.log} for {@code logs/**}. A file
 * that appears later is read from its beginning. One that is missing for the {@linkplain Builder#goneAfter stated time} is
 * gone, and a new one if it comes back.
 *
 * <p>On Linux and local file systems a new file is found within milliseconds, because every directory that is looked into is
 * watched; elsewhere the directories are {@linkplain Builder#pollInterval polled}. A directory below the base that can't be
 * read is passed over and logged once, and what was followed in it is followed on; a base that can't be read is tried again.
 * Immutable and threadsafe; takes no thread of its own.
 */
public final class FileDiscovery implements LogDiscovery {
    private final ScanSettings settings;

    private FileDiscovery(ScanSettings settings) {
        this.settings = settings;
    }

    /**
     * The files of a pattern, with the defaults named at {@link Builder}.
     *
     * @param pattern the pattern
     * @return the discovery
     * @throws IllegalArgumentException if this is no pattern
     */
    public static FileDiscovery of(String pattern) {
        return builder(pattern).build();
    }

    /**
     * Starts from the defaults.
     *
     * @param pattern the pattern
     * @return a new builder
     * @throws IllegalArgumentException if this is no pattern
     */
    public static Builder builder(String pattern) {
        return new Builder(PathPattern.parse(pattern));
    }

    @Override
    public String identity() {
        String without =
                settings.excluded().stream().map(one -> " without " + one).collect(Collectors.joining());
        return "files:" + settings.pattern() + without;
    }

    @Override
    public Scan open(SourceContext context) {
        return FileScan.open(settings, context);
    }

    @Override
    public String toString() {
        return identity();
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private static final Duration LEAST_GONE = Duration.ofMillis(1);
        private static final Duration MOST_GONE = Duration.ofDays(1);

        private final PathPattern pattern;
        private final List<Exclusion> excluded = new ArrayList<>();
        private boolean follow = true;
        private FileSource.Watch watch = FileSource.Watch.AUTO;
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration goneAfter = Duration.ofSeconds(10);
        private int maxFiles = 10_000;
        private @Nullable Function<Path, FileSource> source;

        private Builder(PathPattern pattern) {
            this.pattern = pattern;
        }

        /**
         * Leaves files out; adds to what is left out already. A leading dot needs no dot here.
         *
         * @param patterns globs: on a file's name or, with a slash in it, on its path below the base, or from the root on if
         *     it begins with a slash
         * @return this builder
         * @throws IllegalArgumentException if one of them is no glob
         */
        public Builder exclude(String... patterns) {
            for (String one : patterns) {
                excluded.add(new Exclusion(one));
            }
            return this;
        }

        /**
         * Whether to go on looking.
         *
         * @param follow false to find what is there now and to read it to where it ends now; the base must be there then. By
         *     default true
         * @return this builder
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * Whether the operating system is asked to tell of new files.
         *
         * @param watch by default {@link FileSource.Watch#AUTO}
         * @return this builder
         */
        public Builder watch(FileSource.Watch watch) {
            this.watch = Objects.requireNonNull(watch, "watch");
            return this;
        }

        /**
         * The longest time between two looks at the directories if one of them is not watched. If all are, they are looked
         * at every 10 s nevertheless, or at this interval if it is longer.
         *
         * @param interval from 1 ms to 1 h; by default 1 s
         * @return this builder
         */
        public Builder pollInterval(Duration interval) {
            this.pollInterval = FileSource.Builder.checkedPoll(interval);
            return this;
        }

        /**
         * How long a file must be missing before its stream ends. A rotation leaves a moment without the file.
         *
         * @param time from 1 ms to a day; by default 10 s
         * @return this builder
         */
        public Builder goneAfter(Duration time) {
            this.goneAfter = FileSource.Builder.checked("goneAfter", time, LEAST_GONE, MOST_GONE);
            return this;
        }

        /**
         * How many files are followed at most. The rest is not, until others are gone. That is logged, and told to viewers
         * as a stream with the pattern for its id, which fails.
         *
         * @param files at least 1; by default 10,000
         * @return this builder
         */
        public Builder maxFiles(int files) {
            if (files < 1) {
                throw new IllegalArgumentException("maxFiles of " + files + ": use 1 or more");
            }
            this.maxFiles = files;
            return this;
        }

        /**
         * How each file is read.
         *
         * @param source makes the source of a file, given its absolute path; called on a thread of the hub. By default
         *     {@link FileSource#of}, with this builder's {@link #follow} and {@link #watch}
         * @return this builder
         */
        public Builder source(Function<Path, FileSource> source) {
            this.source = Objects.requireNonNull(source, "source");
            return this;
        }

        /**
         * Finishes.
         *
         * @return the discovery
         */
        public FileDiscovery build() {
            boolean stay = follow;
            FileSource.Watch how = watch;
            Function<Path, FileSource> reading = source != null
                    ? source
                    : path -> FileSource.builder(path).follow(stay).watch(how).build();
            List<Exclusion> sorted = excluded.stream()
                    .sorted(Comparator.comparing(Exclusion::toString))
                    .toList();
            return new FileDiscovery(
                    new ScanSettings(pattern, sorted, follow, watch, pollInterval, goneAfter, maxFiles, reading));
        }
    }
}
