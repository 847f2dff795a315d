package io.logstream.slurm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of a machine.
 *
 * @param host the machine
 * @param path its path there
 */
record LogFile(LogHost host, Path path) {
    /** Whether the other one, of this machine or another, has the same path. */
    boolean isNamedLike(LogFile other) {
        return path.normalize().equals(other.path.normalize());
    }

    /**
     * Whether the other one, which may be of the same job's other channel, is the same file, also by a link. Where that can't be
     * seen, their names tell: on two machines too, as it is the same file then, or the wrong one.
     */
    boolean isSame(LogFile other) throws IOException {
        boolean isHere = host.isHere() && other.host.isHere();
        if (isHere && Files.exists(path) && Files.exists(other.path)) {
            return Files.isSameFile(path, other.path);
        }
        return isNamedLike(other);
    }

    @Override
    public String toString() {
        String where = host.toString();
        return Text.shown(path.toString()) + (where.isEmpty() ? "" : " on " + where);
    }
}
