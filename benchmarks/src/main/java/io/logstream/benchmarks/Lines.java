package io.logstream.benchmarks;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What is published: a block of 64 lines of 100 bytes, line feed included, over and over again. The first byte of a line
 * says which of the 64 it is, so that a subscriber can tell whether it got every line in order.
 */
final class Lines {
    /** Bytes of one line with its line feed. */
    static final int LENGTH = 100;

    /** Lines of one block. */
    static final int COUNT = 64;

    /** The block. */
    static final byte[] BLOCK = block();

    private Lines() {}

    /** The first byte of the line with a sequence. */
    static byte first(long sequence) {
        return (byte) (' ' + (sequence & (COUNT - 1)));
    }

    /** A copy of one line: what those publish that take one object per line. */
    static byte[] copy(long sequence) {
        int at = offset(sequence);
        return Arrays.copyOfRange(BLOCK, at, at + LENGTH);
    }

    /** Copies one line into an array of its length: what those do that have the memory already. */
    static void copy(long sequence, byte[] target) {
        System.arraycopy(BLOCK, offset(sequence), target, 0, LENGTH);
    }

    /** Where a line is in the block. */
    static int offset(long sequence) {
        return (int) (sequence & (COUNT - 1)) * LENGTH;
    }

    /** The whole block as a buffer to be cleared before each use. */
    static ByteBuffer buffer() {
        return ByteBuffer.wrap(BLOCK.clone());
    }

    private static byte[] block() {
        byte[] block = new byte[COUNT * LENGTH];
        Arrays.fill(block, (byte) 'x');
        for (int i = 0; i < COUNT; i++) {
            block[i * LENGTH] = first(i);
            block[i * LENGTH + LENGTH - 1] = '\n';
        }
        return block;
    }
}
