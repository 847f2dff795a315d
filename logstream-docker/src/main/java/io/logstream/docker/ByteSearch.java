package io.logstream.docker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks for bytes, eight at a time: a byte of a word that is the wanted one makes a zero of their exclusive or. */
final class ByteSearch {
    /** Reads eight bytes of an array as one number. */
    static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private ByteSearch() {}

    /** The first place of one of two bytes, or the end. */
    static int first(byte[] bytes, int from, int to, byte one, byte other) {
        int i = from;
        for (; i <= to - 8; i += 8) {
            long word = (long) LONGS.get(bytes, i);
            long hits = zeros(word ^ one * ONES) | zeros(word ^ other * ONES);
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        while (i < to && bytes[i] != one && bytes[i] != other) {
            i++;
        }
        return i;
    }

    /** Has the highest bit of each byte that is zero, and perhaps of such behind the first of them. */
    private static long zeros(long word) {
        return (word - ONES) & ~word & HIGHS;
    }
}
