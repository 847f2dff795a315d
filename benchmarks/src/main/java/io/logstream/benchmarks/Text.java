package io.logstream.benchmarks;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/** About a mebibyte of whole lines that a reader finds again and again. */
final class Text {
    private static final int SIZE = 1 << 20;
    private static final int MOST = 200;

    private final byte[] bytes;
    private final int lines;

    private Text(byte[] bytes, int lines) {
        this.bytes = bytes;
        this.lines = lines;
    }

    /** Lines of a length with line feed, given as text; or "mixed": any length up to 200, at random. */
    static Text of(String length) {
        if (length.equals("mixed")) {
            SplittableRandom random = new SplittableRandom(1);
            return of(() -> random.nextInt(1, MOST + 1));
        }
        int always = Integer.parseInt(length);
        return of(() -> always);
    }

    private static Text of(IntSupplier lengths) {
        byte[] bytes = new byte[SIZE];
        Arrays.fill(bytes, (byte) 'x');
        int lines = 0;
        int end = 0;
        for (int next = lengths.getAsInt(); end + next <= SIZE; next = lengths.getAsInt()) {
            end += next;
            bytes[end - 1] = '\n';
            lines++;
        }
        return new Text(Arrays.copyOf(bytes, end), lines);
    }

    /** The lines, each with its line feed; not to be changed. */
    byte[] bytes() {
        return bytes;
    }

    /** How many. */
    int lines() {
        return lines;
    }
}
