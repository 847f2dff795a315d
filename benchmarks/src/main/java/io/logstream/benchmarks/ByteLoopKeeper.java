package io.logstream.benchmarks;

import java.util.Arrays;

/** A plain loop: copies byte for byte into fresh segments of 64 KiB, and notes where lines end. */
final class ByteLoopKeeper implements LineKeeper {
    private final Segment[] segments = new Segment[BYTES / CHUNK];
    private Segment segment = new Segment();
    private int newest;

    private static final class Segment {
        private final byte[] bytes = new byte[CHUNK];
        private int[] ends = new int[256];
        private int used;
        private int lines;
    }

    @Override
    public int take(Text text) {
        byte[] bytes = text.bytes();
        int lines = 0;
        for (int at = 0; at < bytes.length; at += CHUNK) {
            lines += take(bytes, at, Math.min(at + CHUNK, bytes.length));
        }
        return lines;
    }

    private int take(byte[] source, int from, int to) {
        int lines = 0;
        for (int at = from; at < to; ) {
            int n = Math.min(to - at, CHUNK - segment.used);
            lines += copy(source, at, at + n, segment);
            at += n;
            if (segment.used == CHUNK) {
                next();
            }
        }
        return lines;
    }

    private static int copy(byte[] source, int from, int to, Segment segment) {
        byte[] target = segment.bytes;
        int[] ends = segment.ends;
        int used = segment.used;
        int lines = segment.lines;
        for (int at = from; at < to; at++) {
            byte b = source[at];
            target[used++] = b;
            if (b == '\n') {
                if (lines == ends.length) {
                    ends = Arrays.copyOf(ends, 2 * lines);
                }
                ends[lines++] = used;
            }
        }
        int found = lines - segment.lines;
        segment.ends = ends;
        segment.used = used;
        segment.lines = lines;
        return found;
    }

    /** Takes a fresh segment, and the unfinished line with it. */
    private void next() {
        Segment full = segment;
        int begun = full.lines == 0 ? 0 : full.ends[full.lines - 1];
        newest = newest + 1 < segments.length ? newest + 1 : 0;
        segments[newest] = full;
        segment = new Segment();
        segment.used = full.used - begun;
        System.arraycopy(full.bytes, begun, segment.bytes, 0, segment.used);
    }
}
