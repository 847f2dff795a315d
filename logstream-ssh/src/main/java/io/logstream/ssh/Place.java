package io.logstream.ssh;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A place in a remote file, with what is needed to know the file again: the form of its positions.
 *
 * <pre>
 *   byte 0   version, 2
 *   1        generation(8)   one more at each rotation and truncation that was followed
 *   9        offset(8)
 *   17       modified(8)     when the file was last written, as far as that was seen while the path named it, in seconds;
 *                            -1 unknown
 *   25       headLength(2)   how many bytes of the beginning are hashed, at most 1024; may reach behind the offset
 *   27       head(8)         their hash
 *   35       anchor(8)       hash of the last min(offset, 64) bytes before the offset
 *   43       the same 42 bytes of each older file that may still be written to, or looks as if it came later
 * </pre>
 *
 * @param older where the files before it were read to, none of which has older ones
 */
record Place(long generation, long offset, long modified, int headLength, long head, long anchor, List<Place> older) {
    /** The most bytes that {@link #head} covers. */
    static final int HEAD_BYTES = 1024;
    /** The most bytes that {@link #anchor} covers. */
    static final int ANCHOR_BYTES = 64;
    /** How many older files a position has room for. */
    static final int MOST_OLDER = 11;

    private static final byte VERSION = 2;
    private static final int BYTES = 42;
    private static final long NO_HASH = Fingerprint.of(new byte[0], 0, 0);

    /** Before anything was there. */
    static final Place NOTHING = new Place(0, 0, -1, 0, NO_HASH, NO_HASH, List.of());

    /** The same, with older files, the newest of them first. */
    Place withOlder(List<Place> files) {
        List<Place> newest = files.subList(0, Math.min(MOST_OLDER, files.size()));
        return new Place(generation, offset, modified, headLength, head, anchor, List.copyOf(newest));
    }

    /** The same, last written at another time. */
    Place modifiedAt(long time) {
        return new Place(generation, offset, time, headLength, head, anchor, older);
    }

    /** The end of a file that looks like this, and whose content is not known. */
    static Place endOf(Attributes seen) {
        return new Place(0, seen.size(), seen.modified(), 0, NO_HASH, NO_HASH, List.of());
    }

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

    SourcePosition position(long linesBefore) {
        ByteBuffer data = ByteBuffer.allocate(1 + BYTES * (1 + older.size())).put(VERSION);
        put(data);
        older.forEach(place -> place.put(data));
        return SourcePosition.of(data.array(), linesBefore);
    }

    private void put(ByteBuffer data) {
        data.putLong(generation)
                .putLong(offset)
                .putLong(modified)
                .putShort((short) headLength)
                .putLong(head)
                .putLong(anchor);
    }

    static Place of(SourcePosition position) {
        ByteBuffer data = ByteBuffer.wrap(position.data());
        int places = data.remaining() / BYTES;
        if (data.remaining() != 1 + BYTES * places || places == 0 || data.get() != VERSION) {
            throw new LogStreamException("this position was not made by this version of the SSH file source:"
                    + " start from the beginning, the end or the last lines instead");
        }
        Place place = next(data);
        List<Place> older = new ArrayList<>();
        while (data.hasRemaining()) {
            older.add(next(data));
        }
        return place.withOlder(older);
    }

    private static Place next(ByteBuffer data) {
        Place place = new Place(
                data.getLong(),
                data.getLong(),
                data.getLong(),
                data.getShort(),
                data.getLong(),
                data.getLong(),
                List.of());
        if (place.offset < 0 || place.headLength < 0 || place.headLength > HEAD_BYTES) {
            throw new LogStreamException("this position has the offset " + place.offset + ": it is damaged");
        }
        return place;
    }
}
