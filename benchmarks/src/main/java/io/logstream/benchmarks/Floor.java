package io.logstream.benchmarks;

/**
 * The least that can be done, by one thread and without any sharing: copy the bytes of each block of 64 lines into memory,
 * and call every subscriber with them. The memory is of fresh segments of 64 KiB, as many as logstream retains.
 */
final class Floor implements Peer {
    private static final int SEGMENT_BYTES = 64 * 1024;

    private final int step;
    private final byte[][] segments = new byte[(10 << 20) / SEGMENT_BYTES][];
    private Work[] works = {};
    private byte[] segment = new byte[0];
    private int newest;
    private int used;

    /** Lines of one segment. */
    static final class Batch {
        private final byte[] bytes;
        private final int from;
        private final long sequence;
        private final int size;

        Batch(byte[] bytes, int from, long sequence, int size) {
            this.bytes = bytes;
            this.from = from;
            this.sequence = sequence;
            this.size = size;
        }

        int size() {
            return size;
        }

        long sequence(int index) {
            return sequence + index;
        }

        int length(int index) {
            return Lines.LENGTH - 1;
        }

        byte byteAt(int index, int at) {
            return bytes[from + index * Lines.LENGTH + at];
        }
    }

    private Floor(int step) {
        this.step = step;
    }

    /** A block at a time. */
    static Floor blocks() {
        return new Floor(Lines.COUNT);
    }

    /** A line at a time. */
    static Floor singles() {
        return new Floor(1);
    }

    @Override
    public void start(Work[] subscribers) {
        works = subscribers;
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence += step) {
            int at = append(Lines.BLOCK, Lines.offset(sequence), step * Lines.LENGTH);
            if (works.length > 0) {
                Batch batch = new Batch(segment, at, sequence, step);
                for (Work work : works) {
                    work.lines(batch);
                }
            }
        }
    }

    /** Copies bytes into memory; returns where in the newest segment. */
    private int append(byte[] source, int from, int length) {
        if (segment.length - used < length) {
            segment = new byte[SEGMENT_BYTES];
            newest = newest + 1 < segments.length ? newest + 1 : 0;
            segments[newest] = segment;
            used = 0;
        }
        int at = used;
        System.arraycopy(source, from, segment, at, length);
        used += length;
        return at;
    }

    @Override
    public void close() {}
}
