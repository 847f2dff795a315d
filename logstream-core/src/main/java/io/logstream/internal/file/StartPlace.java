package io.logstream.internal.file;

import io.logstream.spi.Start;
import java.io.IOException;
import java.time.Instant;

/** Finds where reading begins in a file that was not read before. */
final class StartPlace {
    /** Up to this offset the lines before a start are counted. */
    private static final long COUNTED_BYTES = 256L << 20;

    private StartPlace() {}

    /** The offset at which to start; not for a position. */
    static long find(FollowedFile found, Start start) throws IOException, InterruptedException {
        long end = found.file().size();
        if (start instanceof Start.End) {
            return end;
        }
        if (start instanceof Start.Last last) {
            return LineScan.lastLines(found.file(), found.lookAtUnits(), end, last.lines());
        }
        if (start instanceof Start.Since since) {
            Instant written = Instant.ofEpochSecond(0, found.stat().modifiedNanos());
            return written.isBefore(since.time()) ? end : 0;
        }
        return 0;
    }

    /** The complete lines before an offset, or -1 if they are too many to count. */
    static long linesBefore(FollowedFile found, long offset) throws IOException, InterruptedException {
        return offset <= COUNTED_BYTES ? LineScan.count(found.file(), found.lookAtUnits(), offset) : -1;
    }
}
