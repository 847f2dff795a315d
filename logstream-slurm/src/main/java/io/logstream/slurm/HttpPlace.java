package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A place in a log that a server has, known by the bytes before it.
 *
 * <pre>{@code
 *   version(1), offset(8), how many bytes before it are hashed(1), their CRC-32C(4)
 * }</pre>
 *
 * @param offset how many bytes come before it
 * @param known how many of the last of them are hashed, at most 64
 * @param hash their CRC-32C
 */
record HttpPlace(long offset, int known, int hash) {
    /** How many bytes before a place are compared. */
    static final int MOST = 64;

    static final HttpPlace BEGINNING = new HttpPlace(0, 0, 0);
    private static final byte VERSION = 1;

    /** The place behind some bytes that begin at an offset, of which there must be enough to be known by. */
    static HttpPlace behind(long offset, byte[] bytes) {
        int known = Math.min(MOST, bytes.length);
        return new HttpPlace(offset + bytes.length, known, hash(bytes, bytes.length - known, known));
    }

    /** Whether these bytes, the first of them {@link #known} before the place, are those that were before it. */
    boolean isBehind(byte[] bytes) {
        return bytes.length >= known && hash(bytes, 0, known) == hash;
    }

    private static int hash(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    SourcePosition position() {
        ByteBuffer data = ByteBuffer.allocate(14)
                .put(VERSION)
                .putLong(offset)
                .put((byte) known)
                .putInt(hash);
        return SourcePosition.of(data.array(), offset == 0 ? 0 : -1);
    }

    /** @throws LogStreamException if no reader of such a log has told this */
    static HttpPlace parse(SourcePosition position) {
        ByteBuffer data = ByteBuffer.wrap(position.data());
        if (data.remaining() == 14 && data.get() == VERSION) {
            HttpPlace place = new HttpPlace(data.getLong(), data.get(), data.getInt());
            if (place.known >= 0
                    && place.known <= Math.min(MOST, place.offset)
                    && Arrays.equals(place.position().data(), position.data())) {
                return place;
            }
        }
        throw new LogStreamException("no position in a log of a server");
    }
}
