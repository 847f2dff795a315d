package io.logstream.slurm;

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

    @Override
    public String toString() {
        String where = host.toString();
        return Text.shown(path.toString()) + (where.isEmpty() ? "" : " on " + where);
    }
}
