package io.logstream.internal.file;

/**
 * What a path names at one moment.
 *
 * @param kind what it is
 * @param device the device it is on
 * @param inode its number there; another file may get it once this one is deleted and closed
 * @param birthNanos when it was made, in nanoseconds since 1970, or {@link #UNKNOWN}
 * @param size bytes
 * @param modifiedNanos when it was last written, in nanoseconds since 1970
 */
record FileStat(Kind kind, long device, long inode, long birthNanos, long size, long modifiedNanos) {
    /** The birth time where the file system keeps none. */
    static final long UNKNOWN = 0;

    /** Kinds of files, by their name for people. */
    enum Kind {
        FILE("a file"),
        DIRECTORY("a directory"),
        FIFO("a FIFO (named pipe)"),
        SOCKET("a socket"),
        DEVICE("a device"),
        LINK("a symbolic link");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** Whether both are one file, which is sure only as long as one of them is held open. */
    boolean sameFile(FileStat other) {
        return inode == other.inode && device == other.device;
    }

    /** Whether both are one file, of which nobody may hold one open: it may have left its inode to another. */
    boolean isSame(FileStat other) {
        return sameFile(other) && birthsFit(birthNanos, other.birthNanos);
    }

    /** The same, where it is known to have been written after another file. */
    FileStat writtenAfter(FileStat other) {
        return writtenAt(Math.max(modifiedNanos, other.modifiedNanos + 1));
    }

    /** The same, with another time of the last write. */
    FileStat writtenAt(long nanos) {
        return new FileStat(kind, device, inode, birthNanos, size, nanos);
    }

    /** Whether both could be one file: a birth time that is not known fits any. */
    static boolean birthsFit(long one, long other) {
        return one == UNKNOWN || other == UNKNOWN || one == other;
    }
}
