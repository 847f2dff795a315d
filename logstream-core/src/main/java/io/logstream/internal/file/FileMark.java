package io.logstream.internal.file;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;

/**
 * A place in a file, with what is needed to know the file again: the form of its positions.
 *
 * <pre>
 *   byte 0   version, 1
 *   1        device(8) inode(8) birth(8)
 *   25       generation(8)   one more at each rotation and truncation that was followed
 *   33       offset(8)
 *   41       head(8)         hash of the first min(offset, 1024) bytes
 *   49       anchor(8)       hash of the last min(offset, 64) bytes before the offset
 * </pre>
 *
 * @param device the device of the file
 * @param inode its number there
 * @param birthNanos when it was made, or {@link FileStat#UNKNOWN}
 * @param generation how often the log began anew before
 * @param offset bytes of the file before the place
 * @param head see above
 * @param anchor see above
 */
record FileMark(long device, long inode, long birthNanos, long generation, long offset, long head, long anchor) {
    /** The most bytes that {@link #head} covers. */
    static final int HEAD_BYTES = 1024;
    /** The most bytes that {@link #anchor} covers. */
    static final int ANCHOR_BYTES = 64;

    private static final byte VERSION = 1;
    private static final int BYTES = 57;

    int headLength() {
        return (int) Math.min(offset, HEAD_BYTES);
    }

    int anchorLength() {
        return (int) Math.min(offset, ANCHOR_BYTES);
    }

    SourcePosition position(long linesBefore) {
        byte[] data = new byte[BYTES];
        ByteBuffer.wrap(data)
                .put(VERSION)
                .putLong(device)
                .putLong(inode)
                .putLong(birthNanos)
                .putLong(generation)
                .putLong(offset)
                .putLong(head)
                .putLong(anchor);
        return SourcePosition.of(data, linesBefore);
    }

    static FileMark of(SourcePosition position) {
        ByteBuffer data = ByteBuffer.wrap(position.data());
        if (data.remaining() != BYTES || data.get() != VERSION) {
            throw new LogStreamException("this position was not made by this version of the file source:"
                    + " start from the beginning, the end or the last lines instead");
        }
        FileMark mark = new FileMark(
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong());
        if (mark.offset < 0) {
            throw new LogStreamException("this position has the offset " + mark.offset + ": it is damaged");
        }
        return mark;
    }
}
