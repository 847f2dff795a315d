package io.logstream.benchmarks;

/** Copies the bytes into fresh segments of 64 KiB and does not look at them: less than this can't be done. */
final class CopyingKeeper implements LineKeeper {
    private final byte[][] segments = new byte[BYTES / CHUNK][];
    private int newest;

    @Override
    public int take(Text text) {
        byte[] bytes = text.bytes();
        for (int at = 0; at < bytes.length; at += CHUNK) {
            byte[] segment = new byte[CHUNK];
            System.arraycopy(bytes, at, segment, 0, Math.min(CHUNK, bytes.length - at));
            newest = newest + 1 < segments.length ? newest + 1 : 0;
            segments[newest] = segment;
        }
        return text.lines();
    }
}
