package io.logstream.internal.file;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Doubts about the open file on remote file systems, many of which know files by their paths. There a log that was rotated and
 * made anew shares size and cache with the one that is open (any FUSE file system), or even looks like the same file (sshfs).
 * Used by the reader.
 */
final class RemoteHandle {
    /** How long the path may look newer than the open file. */
    private static final long AHEAD = Duration.ofSeconds(3).toNanos();

    private final FileAccess access;
    private final Path path;
    private long trustedSize = -1;
    private long trustedModified;
    private boolean suspected;
    private long since;
    private @Nullable FollowedFile renamed;
    private long searchedAt;

    RemoteHandle(FileAccess access, Path path) {
        this.access = access;
        this.path = path;
    }

    /** The open file had something more. */
    void wasRead() {
        suspected = false;
    }

    /**
     * Whether something else is at the path, although it looks like the open file, in which nothing more is. A path that has
     * changed since is opened once more, and must lead to the bytes that were read last; if there are more of them, they are
     * read from there.
     */
    boolean isStale(FollowedFile file, long now) throws IOException {
        FileStat stat = file.stat();
        if (stat.size() == trustedSize && stat.modifiedNanos() == trustedModified) {
            suspected = false;
            return false;
        }
        since = suspected ? since : now;
        suspected = true;
        if (now - since < AHEAD) {
            return false;
        }
        FollowedFile found = FollowedFile.open(access, path);
        boolean used = false;
        try {
            if (found != null && found.stat().sameFile(stat)) {
                if (!found.holdsEndOf(file)) {
                    return true;
                }
                file.goOnWith(found);
                used = true;
            }
        } finally {
            if (found != null && !used) {
                found.close();
            }
        }
        trustedSize = stat.size();
        trustedModified = stat.modifiedNanos();
        return false;
    }

    /** Opens what looks like this file at its path, so that it is read as it is there now. */
    void openAgain(FollowedFile file) throws IOException {
        FollowedFile found = FollowedFile.open(access, path);
        if (found != null && found.stat().sameFile(file.stat())) {
            file.goOnWith(found);
        } else if (found != null) {
            found.close();
        }
    }

    /** Opens a file that was renamed by its new name, where nothing of it is hidden by the one that has its name now. */
    void followName(FollowedFile file, long lookedAt) throws IOException {
        if (renamed == file || searchedAt == lookedAt) {
            return;
        }
        searchedAt = lookedAt;
        FollowedFile same = new Siblings(access, path).renamed(file.mark());
        if (same != null) {
            file.goOnWith(same);
            renamed = file;
        }
    }
}
