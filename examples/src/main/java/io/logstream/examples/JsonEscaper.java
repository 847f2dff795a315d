package io.logstream.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Writes UTF-8 as the content of a JSON string (RFC 8259). Malformed bytes become U+FFFD, in the way
 * that the Unicode standard recommends (section 3.9).
 * What acts on a terminal is written as {@code \}{@code u001b}, which is the same to a JSON reader.
 */
final class JsonEscaper {
    private static final byte[] REPLACEMENT = "\ufffd".getBytes(StandardCharsets.UTF_8);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private JsonEscaper() {}

    static void put(byte[] bytes, int from, int to, ByteOut out) throws IOException {
        int at = from;
        int shown = from;
        while (at < to) {
            int b = bytes[at];
            if (b >= 0x20 && b < 0x7f && b != '"' && b != '\\') {
                at++;
                continue;
            }
            int codePoint = Utf8.codePoint(bytes, at, to);
            if (codePoint >= 0xa0 && !Utf8.isControl(codePoint)) {
                at += Utf8.length(codePoint);
                continue;
            }
            out.put(bytes, shown, at - shown);
            if (codePoint < 0) {
                out.put(REPLACEMENT);
                at += codePoint == Utf8.CUT ? to - at : -codePoint;
            } else {
                escape(codePoint, out);
                at += Utf8.length(codePoint);
            }
            shown = at;
        }
        out.put(bytes, shown, to - shown);
    }

    static void put(String text, ByteOut out) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        put(bytes, 0, bytes.length, out);
    }

    private static void escape(int codePoint, ByteOut out) throws IOException {
        out.put('\\');
        switch (codePoint) {
            case '"', '\\' -> out.put(codePoint);
            case '\n' -> out.put('n');
            case '\r' -> out.put('r');
            case '\t' -> out.put('t');
            default -> {
                out.put('u');
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.put(HEX[codePoint >> shift & 0xf]);
                }
            }
        }
    }
}
