package io.logstream.spi;

import java.util.Arrays;

/**
 * A place in a log, in the terms of its source: a few bytes that mean nothing to anyone else. It becomes part of resume
 * tokens, so it holds no path, host or name. Immutable and threadsafe.
 */
public final class SourcePosition {
    /** The greatest size of a position, in bytes. */
    public static final int MAX_BYTES = 512;

    private final byte[] data;
    private final long linesBefore;

    private SourcePosition(byte[] data, long linesBefore) {
        this.data = data;
        this.linesBefore = linesBefore;
    }

    /**
     * A position.
     *
     * @param data what the source needs to find the place again, at most {@value #MAX_BYTES} bytes; copied
     * @param linesBefore how many complete lines the log has before this place, over all channels, or -1 where that is not
     *     known; the core counts on from there
     * @return the position
     * @throws IllegalArgumentException if there are too many bytes
     */
    public static SourcePosition of(byte[] data, long linesBefore) {
        if (data.length > MAX_BYTES) {
            throw new IllegalArgumentException("position of " + data.length + " bytes: at most " + MAX_BYTES);
        }
        return new SourcePosition(data.clone(), Math.max(-1, linesBefore));
    }

    /**
     * What the source needs to find the place again.
     *
     * @return a new array
     */
    public byte[] data() {
        return data.clone();
    }

    /**
     * How many complete lines the log has before this place.
     *
     * @return lines, or -1 where that is not known
     */
    public long linesBefore() {
        return linesBefore;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SourcePosition position && Arrays.equals(data, position.data);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "SourcePosition(" + data.length + " bytes)";
    }
}
