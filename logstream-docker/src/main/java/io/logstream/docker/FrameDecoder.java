package io.logstream.docker;

import java.io.IOException;

/**
 * Takes the frames of a multiplexed log apart, however they are cut:
 *
 * <pre>{@code
 * type (1) 0 0 0 length (4, big-endian) time ' ' bytes
 * }</pre>
 *
 * where the type is 1 for stdout, 2 for stderr and 3 for a message of the daemon itself, which has no time. One frame is one
 * entry of the log: a line with its end, or a part of a long one. For one thread; holds no memory between two frames.
 */
final class FrameDecoder implements HttpParser.Body {
    private static final int HEADER = 8;
    private static final int MAX_FRAME = 4 << 20;

    private final Entries entries;
    private final Stamp stamp = new Stamp();
    private final Carry carry = new Carry(HEADER + MAX_FRAME, "a frame");

    FrameDecoder(Entries entries) {
        this.entries = entries;
    }

    /** Whether a frame is unfinished. */
    boolean isInside() {
        return carry.length() > 0;
    }

    @Override
    public void payload(byte[] bytes, int from, int to, boolean chunkEnd) throws IOException {
        int i = from;
        while (i < to && isInside()) {
            i = complete(bytes, i, to);
        }
        while (to - i >= HEADER) {
            int length = length(bytes, i);
            if (to - i < HEADER + length) {
                break;
            }
            frame(bytes, i, length);
            i += HEADER + length;
        }
        carry.add(bytes, i, to);
    }

    /** Adds to a frame that was cut, and hands it over when it is whole. */
    private int complete(byte[] bytes, int from, int to) throws IOException {
        int wanted = carry.length() < HEADER ? HEADER : HEADER + length(carry.bytes(), 0);
        int end = Math.min(to, from + wanted - carry.length());
        carry.add(bytes, from, end);
        if (carry.length() == wanted && (wanted > HEADER || length(carry.bytes(), 0) == 0)) {
            frame(carry.take(), 0, wanted - HEADER);
        }
        return end;
    }

    private static int length(byte[] bytes, int at) throws IOException {
        int length = (bytes[at + 4] & 0xFF) << 24
                | (bytes[at + 5] & 0xFF) << 16
                | (bytes[at + 6] & 0xFF) << 8
                | (bytes[at + 7] & 0xFF);
        if ((bytes[at] & 0xFF) > 3
                || (bytes[at + 1] | bytes[at + 2] | bytes[at + 3]) != 0
                || length < 0
                || length > MAX_FRAME) {
            throw new IOException("no frame of a log: '" + Text.shown(bytes, at, at + HEADER) + "'");
        }
        return length;
    }

    private void frame(byte[] bytes, int at, int length) throws IOException {
        int from = at + HEADER;
        int to = from + length;
        if (bytes[at] == 3) {
            throw new IOException("the daemon says: " + Text.shown(bytes, from, to));
        }
        long time = stamp.read(bytes, from, to);
        entries.entry(bytes[at] == 2 ? 1 : 0, bytes, from + stamp.length(), to, time);
    }
}
