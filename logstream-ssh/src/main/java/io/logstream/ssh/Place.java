package io.logstream.ssh;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;

/**
 * A place in a remote file, with what is needed to know the file again: the form of its positions.
 *
 * <pre>
 *   byte 0   version, 1
 *   1        generation(8)   one more at each rotation and truncation that was followed
 *   9        offset(8)
 *   17       modified(8)     when the file was last written, as far as that was seen, in seconds; -1 unknown
 *   25       headLength(2)   how many bytes of the beginning are hashed, at most 1024; may reach behind the offset
 *   27       head(8)         their hash
 *   35       anchor(8)       hash of the last min(offset, 64) bytes before the offset
 * </pre>
 */
record Place(long generation, long offset, long modified, int headLength, long head, long anchor) {
    /** The most bytes that {@link #head} covers. */
    static final int HEAD_BYTES = 1024;
    /** The most bytes that {@link #anchor} covers. */
    static final int ANCHOR_BYTES = 64;

    private static final byte VERSION = 1;
    private static final int BYTES = 43;

    /** Before anything was there. */
    static final Place NOTHING =
            new Place(0, 0, -1, 0, Fingerprint.of(new byte[0], 0, 0), Fingerprint.of(new byte[0], 0, 0));

    int anchorLength() {
        return (int) Math.min(offset, ANCHOR_BYTES);
    }

    /** How many bytes of the file must be there for the place to be in it. */
    long needs() {
        return Math.max(offset, headLength);
    }

    /** Whether there is nothing to know the file by: it was empty, or not there. */
    boolean isBlank() {
        return offset == 0 && headLength == 0;
    }

    /** Whether files that begin alike could be taken for each other. */
    boolean isWeak() {
        return headLength < HEAD_BYTES;
    }

    SourcePosition position(long linesBefore) {
        return SourcePosition.of(
                ByteBuffer.allocate(BYTES)
                        .put(VERSION)
                        .putLong(generation)
                        .putLong(offset)
                        .putLong(modified)
                        .putShort((short) headLength)
                        .putLong(head)
                        .putLong(anchor)
                        .array(),
                linesBefore);
    }

    static Place of(SourcePosition position) {
        ByteBuffer data = ByteBuffer.wrap(position.data());
        if (data.remaining() != BYTES || data.get() != VERSION) {
            throw new LogStreamException("this position was not made by this version of the SSH file source:"
                    + " start from the beginning, the end or the last lines instead");
        }
        Place place = new Place(
                data.getLong(), data.getLong(), data.getLong(), data.getShort(), data.getLong(), data.getLong());
        if (place.offset < 0 || place.headLength < 0 || place.headLength > HEAD_BYTES) {
            throw new LogStreamException("this position has the offset " + place.offset + ": it is damaged");
        }
        return place;
    }
}
