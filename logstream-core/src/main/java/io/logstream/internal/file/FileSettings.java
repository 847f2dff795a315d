package io.logstream.internal.file;

import io.logstream.file.FileSource.Watch;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a {@link io.logstream.file.FileSource} was built with.
 *
 * @param path the file, absolute and normalised
 * @param follow whether to stay at its end for more
 * @param pollInterval the longest time between two looks at a file that is not watched
 * @param watch whether to watch it
 * @param drainTime how long a rotated-away file must be quiet before the next one is read
 * @param readSize the most bytes of one read
 * @param followLinks whether the path may be a symbolic link
 */
public record FileSettings(
        Path path,
        boolean follow,
        Duration pollInterval,
        Watch watch,
        Duration drainTime,
        int readSize,
        boolean followLinks) {}
