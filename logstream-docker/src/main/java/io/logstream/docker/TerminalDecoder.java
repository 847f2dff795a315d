package io.logstream.docker;

import java.io.IOException;

/**
 * Takes the log of a container with a terminal apart: there are no frames, only {@code time ' ' bytes} one after the other.
 * An entry ends with a line feed or, where it is long enough to be a part of a long line, with the chunk of the transfer that
 * it is: who passes the log on may cut it into other chunks. For one thread; holds no memory between two entries.
 */
final class TerminalDecoder implements HttpParser.Body {
    private static final int MAX_ENTRY = 4 << 20;

    private final Entries entries;
    private final int partBytes;
    private final Stamp stamp = new Stamp();
    private final Carry carry = new Carry(MAX_ENTRY, "an entry of the log");

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
        carry.add(bytes, i, to);
        if (chunkEnd && carry.length() > partBytes) {
            stamp.read(carry.bytes(), 0, carry.length());
            if (carry.length() - stamp.length() >= partBytes) {
                finish();
            }
        }
    }

    /** Behind the end of the log: what has come since the last entry is one too. */
    void finish() throws IOException {
        if (carry.length() > 0) {
            byte[] whole = carry.take();
            entry(whole, 0, whole.length);
        }
    }

    private void end(byte[] bytes, int from, int to) throws IOException {
        if (carry.length() == 0) {
            entry(bytes, from, to);
        } else {
            carry.add(bytes, from, to);
            finish();
        }
    }

    private void entry(byte[] bytes, int from, int to) throws IOException {
        long time = stamp.read(bytes, from, to);
        entries.entry(0, bytes, from + stamp.length(), to, time);
    }
}
