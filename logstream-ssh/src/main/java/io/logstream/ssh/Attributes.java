package io.logstream.ssh;

import java.io.IOException;

/**
 * What SFTP tells of a file: no inode, and times in whole seconds.
 *
 * <pre>
 *   flags(4)  [size(8)]  [uid(4) gid(4)]  [permissions(4)]  [atime(4) mtime(4)]  [count(4) count x (string, string)]
 * </pre>
 *
 * @param size its bytes, or -1 where that is not told
 * @param owner its user and group as one number, or -1
 * @param permissions its type and permissions as POSIX has them, or -1
 * @param modified when it was last written, in seconds since 1970-01-01T00:00:00Z, or -1
 */
record Attributes(long size, long owner, int permissions, long modified) {
    private static final int SIZE = 1;
    private static final int OWNER = 2;
    private static final int PERMISSIONS = 4;
    private static final int TIMES = 8;
    private static final int EXTENDED = 0x80000000;

    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;

    static Attributes read(SftpReply reply) throws IOException {
        int flags = reply.int32();
        long size = (flags & SIZE) != 0 ? reply.int64() : -1;
        long owner = (flags & OWNER) != 0 ? reply.int64() : -1;
        int permissions = (flags & PERMISSIONS) != 0 ? reply.int32() : -1;
        long modified = -1;
        if ((flags & TIMES) != 0) {
            reply.int32();
            modified = reply.int32() & 0xFFFFFFFFL;
        }
        if ((flags & EXTENDED) != 0) {
            for (int left = reply.int32(); left > 0; left--) {
                reply.skipString();
                reply.skipString();
            }
        }
        if (size < -1 || ((flags & SIZE) != 0 && size < 0)) {
            throw new BrokenProtocol("the SFTP server tells of a file of " + Long.toUnsignedString(size) + " bytes");
        }
        return new Attributes(size, owner, permissions, modified);
    }

    /** Whether this may be a file with lines: also where the server does not tell. */
    boolean isRegular() {
        return permissions == -1 || (permissions & TYPE) == REGULAR || (permissions & TYPE) == 0;
    }

    /** What it is, if it is no regular file. */
    String kind() {
        return switch (permissions & TYPE) {
            case 0040000 -> "a directory";
            case 0010000 -> "a FIFO";
            case 0140000 -> "a socket";
            case 0020000, 0060000 -> "a device";
            default -> "no regular file";
        };
    }

    /** Whether a file that was like this before, and like that afterwards, can have been like {@code between} between. */
    boolean canBecome(Attributes between, Attributes after) {
        return isNotBefore(between) && between.isNotBefore(after);
    }

    private boolean isNotBefore(Attributes later) {
        return size <= later.size
                && modified <= later.modified
                && owner == later.owner
                && permissions == later.permissions;
    }

    boolean sameSizeAndTime(Attributes other) {
        return size == other.size && modified == other.modified;
    }
}
