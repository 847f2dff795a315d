package io.logstream.internal.file;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** What a file's characters are made of, as its beginning tells: bytes, or the units of UTF-16. */
enum Units {
    BYTES(1, StandardCharsets.UTF_8),
    UTF_16_LE(2, StandardCharsets.UTF_16LE),
    UTF_16_BE(2, StandardCharsets.UTF_16BE);

    /** The most bytes that a byte order mark has. */
    static final int MOST_MARK = 3;

    private final int size;
    private final Charset charset;

    Units(int size, Charset charset) {
        this.size = size;
        this.charset = charset;
    }

    /** What a file has that begins like this. */
    static Units of(byte[] beginning, int from, int length) {
        if (length >= 2 && beginning[from] == (byte) 0xFF && beginning[from + 1] == (byte) 0xFE) {
            return UTF_16_LE;
        }
        if (length >= 2 && beginning[from] == (byte) 0xFE && beginning[from + 1] == (byte) 0xFF) {
            return UTF_16_BE;
        }
        return BYTES;
    }

    /** How many bytes at a file's beginning are a byte order mark. */
    int mark(byte[] beginning, int from, int length) {
        if (this != BYTES) {
            return 2;
        }
        boolean mark = length >= MOST_MARK
                && beginning[from] == (byte) 0xEF
                && beginning[from + 1] == (byte) 0xBB
                && beginning[from + 2] == (byte) 0xBF;
        return mark ? MOST_MARK : 0;
    }

    int size() {
        return size;
    }

    /** Whether a line ends right before a place, behind at least one unit. */
    boolean endsLine(byte[] bytes, int end) {
        return switch (this) {
            case BYTES -> bytes[end - 1] == '\n';
            case UTF_16_LE -> bytes[end - 2] == '\n' && bytes[end - 1] == 0;
            case UTF_16_BE -> bytes[end - 2] == 0 && bytes[end - 1] == '\n';
        };
    }

    /** How many of so many bytes are whole characters. */
    int whole(byte[] bytes, int from, int length) {
        if (this == BYTES) {
            return length;
        }
        int whole = length & ~1;
        return whole > 0 && isHighSurrogate(bytes, from + whole - 2) ? whole - 2 : whole;
    }

    /** How many of so many bytes end with a line; all of them where no line is near the end. */
    int wholeLines(byte[] bytes, int from, int length, int near) {
        for (int whole = length; whole > length - near; whole -= size) {
            if (endsLine(bytes, from + whole)) {
                return whole;
            }
        }
        return length;
    }

    private boolean isHighSurrogate(byte[] bytes, int at) {
        int high = bytes[this == UTF_16_BE ? at : at + 1];
        return (high & 0xFC) == 0xD8;
    }

    /** These characters as they are handed over: in UTF-8, unless they are bytes already. */
    ByteBuffer bytes(byte[] bytes, int from, int length) {
        return this == BYTES
                ? ByteBuffer.wrap(bytes, from, length)
                : ByteBuffer.wrap(new String(bytes, from, length, charset).getBytes(StandardCharsets.UTF_8));
    }
}
