package io.logstream.internal;

import io.logstream.LogStreamException;
import io.logstream.ResumeToken;
import io.logstream.spi.SourcePosition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ResumeToken} says, and its format:
 *
 * <pre>
 * version(1) stream(8) source(8) epoch(8) slot(8) sequence(8) lines(8) flags(1)
 *   if flags has POSITION: length(2) data(length) linesBefore(8)
 *   twice, for stdout and stderr: skip(8) hashed(1) hash(4)
 * crc32c(4)
 * </pre>
 *
 * @param stream a hash of the stream's id
 * @param source a hash of the source's identity
 * @param epoch the run that slot and sequence belong to: the fast path while that run goes on
 * @param slot the place in that run's ring
 * @param sequence the sequence there
 * @param lines complete lines before this place since the source's beginning, or -1
 * @param position where a reader can be opened, or null
 * @param out the place on stdout
 * @param err the place on stderr
 */
public record Token(
        long stream,
        long source,
        long epoch,
        long slot,
        long sequence,
        long lines,
        @Nullable SourcePosition position,
        Side out,
        Side err) {

    /**
     * The place on one channel.
     *
     * @param skip how many bytes behind the position it is
     * @param midLine whether it is inside a line
     * @param check a check of the last of those bytes
     */
    record Side(long skip, boolean midLine, Check check) {}

    /** A hash of up to 64 bytes; of none, where there is nothing to compare. */
    record Check(int length, int hash) {
        static final Check NONE = new Check(0, 0);

        static Check of(byte[] bytes, int from, int length) {
            return length == 0 ? NONE : new Check(length, crc(bytes, from, length));
        }
    }

    private static final byte VERSION = 1;
    private static final int POSITION = 1;
    private static final int MID_OUT = 2;
    private static final int MID_ERR = 4;

    Side side(int channel) {
        return channel == 0 ? out : err;
    }

    ResumeToken encode() {
        byte[] data = position == null ? new byte[0] : position.data();
        ByteBuffer to = ByteBuffer.allocate(96 + data.length);
        to.put(VERSION).putLong(stream).putLong(source).putLong(epoch);
        to.putLong(slot).putLong(sequence).putLong(lines);
        to.put((byte)
                ((position == null ? 0 : POSITION) | (out.midLine() ? MID_OUT : 0) | (err.midLine() ? MID_ERR : 0)));
        if (position != null) {
            to.putShort((short) data.length).put(data).putLong(position.linesBefore());
        }
        for (int channel = 0; channel < 2; channel++) {
            Side side = side(channel);
            to.putLong(side.skip())
                    .put((byte) side.check().length())
                    .putInt(side.check().hash());
        }
        to.putInt(crc(to.array(), 0, to.position()));
        byte[] bytes = new byte[to.position()];
        to.flip().get(bytes);
        return ResumeToken.ofBytes(bytes);
    }

    /** Reads the binary form, refusing whatever was not written by {@link #encode}. */
    public static Token decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte version = in.get();
            if (version != VERSION) {
                throw damaged("its version is " + version + ", this library knows " + VERSION);
            }
            if (bytes.length > 1024 || in.getInt(bytes.length - 4) != crc(bytes, 0, bytes.length - 4)) {
                throw damaged("its checksum is wrong");
            }
            long stream = in.getLong();
            long source = in.getLong();
            long epoch = in.getLong();
            long slot = in.getLong();
            long sequence = in.getLong();
            long lines = in.getLong();
            byte flags = in.get();
            SourcePosition position = null;
            if ((flags & POSITION) != 0) {
                byte[] data = new byte[Math.max(0, Math.min(in.getShort(), SourcePosition.MAX_BYTES))];
                in.get(data);
                position = SourcePosition.of(data, in.getLong());
            }
            Side out = side(in, (flags & MID_OUT) != 0);
            Side err = side(in, (flags & MID_ERR) != 0);
            if (in.remaining() != 4 || slot < 0 || sequence < 0) {
                throw damaged("its length is wrong");
            }
            return new Token(stream, source, epoch, slot, sequence, lines, position, out, err);
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw new LogStreamException("resume token can't be used: it is cut short", e);
        }
    }

    private static Side side(ByteBuffer in, boolean midLine) {
        Side side = new Side(in.getLong(), midLine, new Check(in.get(), in.getInt()));
        if (side.skip() < 0 || side.check().length() < 0 || side.check().length() > Segment.WINDOW) {
            throw damaged("a count in it is out of range");
        }
        return side;
    }

    /** Reads the printed form. */
    public static byte[] fromText(String text) {
        try {
            return Base64.getUrlDecoder().decode(text.strip());
        } catch (IllegalArgumentException e) {
            throw new LogStreamException("resume token can't be used: it has characters that no token has", e);
        }
    }

    /** Writes the printed form. */
    public static String toText(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static long hash(String text) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return ByteBuffer.wrap(sha.digest(text.getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private static LogStreamException damaged(String why) {
        return new LogStreamException("resume token can't be used: " + why);
    }
}
