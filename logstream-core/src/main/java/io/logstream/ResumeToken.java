package io.logstream;

import io.logstream.internal.Token;
import java.util.Arrays;

/**
 * An opaque, printable place in one stream: a viewer that joins with {@link Replay#after} a token gets exactly what follows
 * it, after a reconnect and, where the source can tell its position, after a restart of the process.
 *
 * <p>A token holds no path, host or name: the stream decides what is opened, a token never does. It is at most 1 KiB long.
 * A token of another stream, of another source, or a damaged one is refused with a {@link LogStreamException}. Immutable
 * and threadsafe.
 */
public final class ResumeToken {
    private final byte[] bytes;

    private ResumeToken(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a token from its printed form.
     *
     * @param text what {@link #toString()} gave
     * @return the token
     * @throws LogStreamException if the text is damaged or of a version that is not known
     */
    public static ResumeToken parse(String text) {
        return ofBytes(Token.fromText(text));
    }

    /**
     * Reads a token from its binary form.
     *
     * @param bytes what {@link #toBytes()} gave
     * @return the token
     * @throws LogStreamException if the bytes are damaged or of a version that is not known
     */
    public static ResumeToken ofBytes(byte[] bytes) {
        Token.decode(bytes);
        return new ResumeToken(bytes.clone());
    }

    /**
     * The binary form.
     *
     * @return a new array
     */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /**
     * The printed form.
     *
     * @return letters, digits, {@code -} and {@code _}
     */
    @Override
    public String toString() {
        return Token.toText(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ResumeToken token && Arrays.equals(bytes, token.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
