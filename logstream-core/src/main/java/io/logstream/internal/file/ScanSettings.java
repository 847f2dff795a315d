package io.logstream.internal.file;

import io.logstream.file.FileSource;
import io.logstream.file.FileSource.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * What a {@link io.logstream.file.FileDiscovery} was built with.
 *
 * @param pattern which files
 * @param excluded which of them not
 * @param follow whether to look again
 * @param watch whether to watch directories
 * @param pollInterval the longest time between two scans if not all directories are watched
 * @param goneAfter how long a file must be missing to be gone
 * @param maxFiles how many are followed at most
 * @param source how each is read
 */
public record ScanSettings(
        PathPattern pattern,
        List<Exclusion> excluded,
        boolean follow,
        Watch watch,
        Duration pollInterval,
        Duration goneAfter,
        int maxFiles,
        Function<Path, FileSource> source) {}
