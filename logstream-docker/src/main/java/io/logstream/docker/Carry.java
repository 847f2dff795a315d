package io.logstream.docker;

import java.io.IOException;
import java.util.Arrays;

/** Bytes that are kept until what belongs to them has come. For one thread; holds no memory while there are none. */
final class Carry {
    private static final byte[] NONE = {};

    private final int max;
    private final String what;
    private byte[] bytes = NONE;
    private int length;

    /**
     * @param max how many bytes there may be
     * @param what they are, for a message
     */
    Carry(int max, String what) {
        this.max = max;
        this.what = what;
    }

    int length() {
        return length;
    }

    /** Where the bytes are, from 0 up to the length. */
    byte[] bytes() {
        return bytes;
    }

    void add(byte[] from, int at, int to) throws IOException {
        int needed = length + to - at;
        if (needed > max) {
            throw new IOException(what + " of the daemon is longer than " + max + " bytes");
        }
        if (bytes.length < needed) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(2 * bytes.length, max)));
        }
        System.arraycopy(from, at, bytes, length, to - at);
        length = needed;
    }

    /** Hands all of them over. */
    byte[] take() {
        byte[] all = bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
        clear();
        return all;
    }

    void clear() {
        bytes = NONE;
        length = 0;
    }
}
