package io.logstream.internal.file;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells, from one scan to the next, what rotation made of a log from a log of its own whose name only looks like it ({@code
 * svc-1} beside {@code svc}). What rotation made is not written any more, but for a moment; so a file that is written is a log
 * of its own, unless it was seen to be the other log before. Used by one thread at a time.
 */
final class RotationEvidence {
    /** How long rotation may take, and writers may write on to what it has made. */
    private static final long LATE = Duration.ofMinutes(1).toNanos();
    /** How many files of one log are remembered. */
    private static final int MOST_FORMER = 32;

    private final Map<Path, Sight> sights = new HashMap<>();

    /** What is at a path, and what was there before. */
    private static final class Sight {
        final Deque<FileStat> former = new ArrayDeque<>(0);

        @Nullable
        FileStat stat;

        long since;
        long at;
        /** Of the path, whatever rotation puts there. */
        boolean own;

        /** Something else, or nothing, is at the path. */
        void become(@Nullable FileStat other, long now) {
            if (stat != null) {
                former.add(stat);
                if (former.size() > MOST_FORMER) {
                    former.remove();
                }
            }
            stat = other;
            since = now;
        }
    }

    /** Takes note of all files that a scan has found, and forgets all others but those to be kept in mind. */
    void see(Map<Path, FileStat> files, Set<Path> kept, long now) {
        sights.keySet().removeIf(path -> !files.containsKey(path) && !kept.contains(path));
        sights.forEach((path, sight) -> {
            if (!files.containsKey(path)) {
                sight.become(null, now);
            }
        });
        files.forEach((path, stat) -> {
            Sight sight = sights.computeIfAbsent(path, found -> new Sight());
            FileStat last = sight.stat;
            if (last == null || !last.isSame(stat)) {
                sight.become(stat, now);
            } else {
                boolean written = stat.modifiedNanos() != last.modifiedNanos();
                sight.own |= written && sight.at - sight.since > LATE;
                sight.stat = stat;
            }
            sight.at = now;
        });
    }

    /** Whether a file is a log of its own although its name is that of the log with a number or date behind it. */
    boolean isOwn(Path file, Path log) {
        Sight sight = sights.get(file);
        Sight other = sights.get(log);
        FileStat stat = sight == null ? null : sight.stat;
        if (sight == null || stat == null) {
            return false;
        }
        if (other != null && other.former.stream().anyMatch(former -> former.isSame(stat))) {
            sight.own = false;
            return false;
        }
        sight.own |= other != null && other.stat != null && isWrittenBeside(stat, other.stat);
        return sight.own;
    }

    /** Whether it was written when both had been there for a while: a copy is not, nor is what the log was before. */
    private static boolean isWrittenBeside(FileStat file, FileStat log) {
        return file.birthNanos() != FileStat.UNKNOWN
                && log.birthNanos() != FileStat.UNKNOWN
                && file.modifiedNanos() - Math.max(file.birthNanos(), log.birthNanos()) > LATE;
    }
}
