package io.logstream.examples;

/** Takes UTF-8 apart, byte by byte, so that what is not UTF-8 can be shown as what it is. */
final class Utf8 {
    /** The bytes end inside a character. */
    static final int CUT = -4;

    private Utf8() {}

    /**
     * The character that begins at a place.
     *
     * @return its code point; or minus the number of bytes, 1 to 3, that are no character and could not become one; or
     *     {@link #CUT}
     */
    static int codePoint(byte[] bytes, int from, int to) {
        int first = bytes[from] & 0xff;
        if (first < 0x80) {
            return first;
        }
        if (first < 0xc2 || first > 0xf4) {
            return -1;
        }
        int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        int result = first & (0x7f >> length);
        for (int i = 1; i < length; i++) {
            if (from + i == to) {
                return CUT;
            }
            int next = bytes[from + i] & 0xff;
            if (next < least(first, i) || next > most(first, i)) {
                return -i;
            }
            result = (result << 6) | (next & 0x3f);
        }
        return result;
    }

    /** How many bytes a character takes. */
    static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    /**
     * Whether a character acts on a terminal instead of being shown: a control, a line separator, or one that changes the
     * direction of the text.
     */
    static boolean isControl(int codePoint) {
        return codePoint < 0x20
                || (codePoint >= 0x7f && codePoint < 0xa0)
                || codePoint == 0x061c
                || codePoint == 0x200e
                || codePoint == 0x200f
                || (codePoint >= 0x2028 && codePoint <= 0x202e)
                || (codePoint >= 0x2066 && codePoint <= 0x2069);
    }

    /** No overlong forms, no surrogates, nothing above U+10FFFF: Unicode 15, table 3-7. */
    private static int least(int first, int index) {
        return index > 1 ? 0x80 : first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    }

    private static int most(int first, int index) {
        return index > 1 ? 0xbf : first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    }
}
