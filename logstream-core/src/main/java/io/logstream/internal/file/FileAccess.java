package io.logstream.internal.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The file system, as far as following a file needs it: the seam at which tests put faults. Threadsafe.
 */
interface FileAccess {

    /** What the path names, links followed, or null if nothing is there. */
    @Nullable
    FileStat stat(Path path) throws IOException;

    /** Opens a file to read. Blocks for ever on a FIFO: to be asked for only after {@link #stat}. */
    OpenFile open(Path path) throws IOException;

    /** The files of a directory whose names begin like this, in no order. */
    List<Path> list(Path directory, String prefix) throws IOException;

    /** Where a symbolic link leads, or null if the path is something else; NoSuchFileException if nothing is there. */
    @Nullable
    Path link(Path path) throws IOException;

    /** Whether the directory is on a file system that is known to be local: only those tell all changes, and at once. */
    boolean isLocal(Path directory);

    /** A file that is open. Used by one thread at a time. */
    interface OpenFile extends Closeable {

        /** Reads at an offset up to {@code length} bytes; 0 at the end or behind it. */
        int read(long offset, byte[] into, int at, int length) throws IOException;

        /** The size in bytes at this moment, also after the file was deleted. */
        long size() throws IOException;
    }

    /** The real file system. */
    static FileAccess system() {
        return SystemFiles.INSTANCE;
    }
}
