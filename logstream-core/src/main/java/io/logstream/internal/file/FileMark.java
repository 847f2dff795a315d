package io.logstream.internal.file;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A place in a file, with what is needed to know the file again: the form of its positions.
 *
 * <pre>
 *   byte 0   version, 3
 *   1        device(8) inode(8) birth(8) modified(8)
 *   33       generation(8)   one more at each rotation and truncation that was followed
 *   41       offset(8)
 *   49       head(8)         hash of the first min(offset, 1024) bytes
 *   57       anchor(8)       hash of the last min(offset, 64) bytes before the offset
 *   65       the same 64 bytes of each older file that may still be written to
 * </pre>
 *
 * @param device the device of the file
 * @param inode its number there
 * @param birthNanos when it was made, or {@link FileStat#UNKNOWN}
 * @param modifiedNanos when it was last written, as far as that was seen
 * @param generation how often the log began anew before
 * @param offset bytes of the file before the place
 * @param head see above
 * @param anchor see above
 * @param older where the files rotated away lately were read to, none of which has older ones
 */
record FileMark(
        long device,
        long inode,
        long birthNanos,
        long modifiedNanos,
        long generation,
        long offset,
        long head,
        long anchor,
        List<FileMark> older) {
    /** The most bytes that {@link #head} covers. */
    static final int HEAD_BYTES = 1024;
    /** The most bytes that {@link #anchor} covers. */
    static final int ANCHOR_BYTES = 64;

    /** How many older files a position has room for. */
    static final int MOST_OLDER = 6;

    private static final byte VERSION = 3;
    private static final int BYTES = 64;

    /** A place without older files. */
    FileMark(FileStat stat, long generation, long offset, long head, long anchor) {
        this(
                stat.device(),
                stat.inode(),
                stat.birthNanos(),
                stat.modifiedNanos(),
                generation,
                offset,
                head,
                anchor,
                List.of());
    }

    FileMark withOlder(List<FileMark> files) {
        return new FileMark(device, inode, birthNanos, modifiedNanos, generation, offset, head, anchor, files);
    }

    /** How the file looked, as far as that is known. */
    FileStat stat() {
        return new FileStat(FileStat.Kind.FILE, device, inode, birthNanos, offset, modifiedNanos);
    }

    int anchorLength() {
        return (int) Math.min(offset, ANCHOR_BYTES);
    }

    /** Whether a file can be this one; its device may have another number after a restart of the system. */
    boolean mayBe(FileStat stat) {
        return stat.inode() == inode && FileStat.birthsFit(stat.birthNanos(), birthNanos);
    }

    /** Whether the same is before both, as far as can be told. */
    boolean isBehindSame(FileMark other) {
        return offset == other.offset && head == other.head && anchor == other.anchor;
    }

    SourcePosition position(long linesBefore) {
        ByteBuffer data = ByteBuffer.allocate(1 + BYTES * (1 + older.size())).put(VERSION);
        put(data);
        older.forEach(mark -> mark.put(data));
        return SourcePosition.of(data.array(), linesBefore);
    }

    private void put(ByteBuffer data) {
        data.putLong(device)
                .putLong(inode)
                .putLong(birthNanos)
                .putLong(modifiedNanos)
                .putLong(generation)
                .putLong(offset)
                .putLong(head)
                .putLong(anchor);
    }

    static FileMark of(SourcePosition position) {
        ByteBuffer data = ByteBuffer.wrap(position.data());
        int marks = data.remaining() / BYTES;
        if (data.remaining() != 1 + BYTES * marks || marks == 0 || marks > 1 + MOST_OLDER || data.get() != VERSION) {
            throw new LogStreamException("this position was not made by this version of the file source:"
                    + " start from the beginning, the end or the last lines instead");
        }
        FileMark mark = next(data);
        List<FileMark> files = new ArrayList<>();
        while (data.hasRemaining()) {
            files.add(next(data));
        }
        return mark.withOlder(List.copyOf(files));
    }

    private static FileMark next(ByteBuffer data) {
        FileMark mark = new FileMark(
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getLong(),
                List.of());
        if (mark.offset < 0) {
            throw new LogStreamException("this position has the offset " + mark.offset + ": it is damaged");
        }
        return mark;
    }
}
