package io.logstream.benchmarks;

/**
 * The least that can be done, by one thread and without any sharing: copy the bytes of each block of 64 lines into memory,
 * and call every subscriber with them. The memory is of fresh segments of 64 KiB, as many as logstream retains.
 */
final class Floor implements Peer {
    private static final int SEGMENT_BYTES = 64 * 1024;

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

        Batch(byte[] bytes, int from, long sequence) {
            this.bytes = bytes;
            this.from = from;
            this.sequence = sequence;
        }

        int size() {
            return Lines.COUNT;
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

    @Override
    public void start(Work[] subscribers) {
        works = subscribers;
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence += Lines.COUNT) {
            int at = append(Lines.BLOCK, 0, Lines.BLOCK.length);
            Batch batch = new Batch(segment, at, sequence);
            for (Work work : works) {
                work.lines(batch);
            }
        }
    }

    /** Copies bytes into memory; returns where in the newest segment. */
    int append(byte[] source, int from, int length) {
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
