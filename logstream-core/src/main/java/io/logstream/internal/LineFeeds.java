package io.logstream.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds line feeds, which is most of what publishing costs: by eight bytes at a time, or by as many as the processor has in a
 * vector.
 *
 * <h2>Implementation notes</h2>
 *
 * <p>In a word of eight bytes, each of which was compared by exclusive or, a byte that is zero makes {@code hits} differ from
 * zero; which ones are, the exact form says, which has no carries from one byte to the next. Both are from Warren, Hacker's
 * Delight, chapter 6.
 *
 * <p>A loop that does nothing but compute each byte of an array from itself is one that the JVM turns into vector
 * instructions by itself. So in large blocks a copy of the bytes is turned into marks, by the same exact form, in the place
 * that the bytes will have; what is left is to look for words that are not zero.
 */
final class LineFeeds {
    /** From how many bytes on vectors are worth their while. */
    private static final int MANY = 2048;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long WANTED = '\n' * ONES;
    /** How many bytes are looked at in one go: so few that they stay in the fastest cache. */
    static final int CHUNK = 8192;

    private LineFeeds() {}

    /** Finds the first one, or -1. */
    static int first(byte[] source, int from, int to) {
        int at = from;
        for (; at <= to - 8; at += 8) {
            long x = (long) LONGS.get(source, at) ^ WANTED;
            long hits = (x - ONES) & ~x & HIGHS;
            if (hits != 0) {
                return at + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        for (; at < to; at++) {
            if (source[at] == '\n') {
                return at;
            }
        }
        return -1;
    }

    /**
     * Finds as many as there is room for.
     *
     * @param found takes the places, from an index on
     * @param work where as many bytes, but at most {@link #CHUNK}, may be written over, from {@code workAt} on
     * @return the index behind the last
     */
    static int all(byte[] source, int from, int to, int[] found, int first, byte[] work, int workAt) {
        return to - from < MANY
                ? byWords(source, from, to, found, first)
                : byVectors(source, from, to, found, first, work, workAt);
    }

    private static int byWords(byte[] source, int from, int to, int[] found, int first) {
        int n = first;
        int at = from;
        for (; at <= to - 8; at += 8) {
            long x = (long) LONGS.get(source, at) ^ WANTED;
            if (((x - ONES) & ~x & HIGHS) != 0) {
                n = collect(~(((x & ~HIGHS) + ~HIGHS) | x | ~HIGHS), at, found, n);
            }
        }
        for (; at < to && n < found.length; at++) {
            if (source[at] == '\n') {
                found[n++] = at;
            }
        }
        return n;
    }

    private static int byVectors(byte[] source, int from, int to, int[] found, int first, byte[] work, int workAt) {
        int n = first;
        for (int done = from; done < to && n < found.length; done += CHUNK) {
            int end = workAt + Math.min(to - done, CHUNK);
            System.arraycopy(source, done, work, workAt, end - workAt);
            mark(work, workAt, end);
            n = marked(work, workAt, end, done - workAt, found, n);
        }
        return n;
    }

    private static int marked(byte[] marks, int from, int to, int shift, int[] found, int first) {
        int n = first;
        int at = from;
        for (; at <= to - 32; at += 32) {
            long a = (long) LONGS.get(marks, at) & HIGHS;
            long b = (long) LONGS.get(marks, at + 8) & HIGHS;
            long c = (long) LONGS.get(marks, at + 16) & HIGHS;
            long d = (long) LONGS.get(marks, at + 24) & HIGHS;
            if ((a | b | c | d) != 0) {
                n = collect(a, shift + at, found, n);
                n = collect(b, shift + at + 8, found, n);
                n = collect(c, shift + at + 16, found, n);
                n = collect(d, shift + at + 24, found, n);
            }
        }
        for (; at < to && n < found.length; at++) {
            if (marks[at] < 0) {
                found[n++] = shift + at;
            }
        }
        return n;
    }

    private static int collect(long hits, int at, int[] found, int first) {
        int n = first;
        for (long left = hits; left != 0 && n < found.length; left &= left - 1) {
            found[n++] = at + (Long.numberOfTrailingZeros(left) >>> 3);
        }
        return n;
    }

    /** Turns line feeds into bytes with the highest bit, and others into bytes without it. */
    private static void mark(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            int x = bytes[i] ^ '\n';
            bytes[i] = (byte) ~(((x & 0x7F) + 0x7F) | x);
        }
    }
}
