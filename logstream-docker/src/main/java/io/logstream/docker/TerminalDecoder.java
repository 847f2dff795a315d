package io.logstream.docker;

import java.io.IOException;
import java.util.Arrays;

/**
 * Takes the log of a container with a terminal apart: there are no frames, only {@code time ' ' bytes} one after the other.
 * An entry ends with a line feed or, where it is long enough to be a part of a long line, with the chunk of the transfer that
 * it is: who passes the log on may cut it into other chunks. For one thread; holds no memory between two entries.
 */
final class TerminalDecoder implements HttpParser.Body {
    private static final int MAX_ENTRY = 4 << 20;
    private static final byte[] NONE = {};

    private final Entries entries;
    private final int partBytes;
    private final Stamp stamp = new Stamp();
    private byte[] carry = NONE;
    private int carried;

    /**
     * @param partBytes how long an entry without a line end is at least, without its time
     */
    TerminalDecoder(Entries entries, int partBytes) {
        this.partBytes = partBytes;
        this.entries = entries;
    }

    @Override
    public void payload(byte[] bytes, int from, int to, boolean chunkEnd) throws IOException {
        int i = from;
        for (int j = from; j < to; j++) {
            if (bytes[j] == '\n') {
                end(bytes, i, j + 1);
                i = j + 1;
            }
        }
        if (i < to) {
            keep(bytes, i, to);
        }
        if (chunkEnd && carried > partBytes) {
            stamp.read(carry, 0, carried);
            if (carried - stamp.length() >= partBytes) {
                finish();
            }
        }
    }

    /** Behind the end of the log: what has come since the last entry is one too. */
    void finish() throws IOException {
        if (carried > 0) {
            end(carry, 0, 0);
        }
    }

    private void end(byte[] bytes, int from, int to) throws IOException {
        if (carried == 0) {
            entry(bytes, from, to);
        } else {
            keep(bytes, from, to);
            byte[] whole = carry;
            int length = carried;
            carry = NONE;
            carried = 0;
            entry(whole, 0, length);
        }
    }

    private void entry(byte[] bytes, int from, int to) throws IOException {
        long time = stamp.read(bytes, from, to);
        entries.entry(0, bytes, from + stamp.length(), to, time);
    }

    private void keep(byte[] bytes, int from, int to) throws IOException {
        int needed = carried + to - from;
        if (needed > MAX_ENTRY) {
            throw new IOException("an entry of the log is longer than " + MAX_ENTRY + " bytes");
        }
        if (carry.length < needed) {
            carry = Arrays.copyOf(carry, Math.max(needed, Math.min(2 * carry.length, MAX_ENTRY)));
        }
        System.arraycopy(bytes, from, carry, carried, to - from);
        carried = needed;
    }
}
