package io.logstream.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Shows text without letting it act on the terminal: controls except the tab, escape sequences with them, and characters
 * that turn the direction of the text come out as {@code \x1b} or {@code \}{@code u202e}, bytes that are not UTF-8 as
 * {@code \xff}. It keeps nothing between two pieces of text, so a sequence that is cut anywhere is as harmless.
 */
final class TerminalSanitizer {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private TerminalSanitizer() {}

    static void put(byte[] bytes, int from, int to, ByteOut out) throws IOException {
        int at = from;
        int shown = from;
        while (at < to) {
            int b = bytes[at];
            if ((b >= 0x20 && b != 0x7f) || b == '\t') {
                at++;
                continue;
            }
            int codePoint = Utf8.codePoint(bytes, at, to);
            if (codePoint >= 0 && !Utf8.isControl(codePoint)) {
                at += Utf8.length(codePoint);
                continue;
            }
            out.put(bytes, shown, at - shown);
            if (codePoint >= 0) {
                escape(codePoint, out);
                at += Utf8.length(codePoint);
            } else {
                for (int end = codePoint == Utf8.CUT ? to : at - codePoint; at < end; at++) {
                    escape(bytes[at] & 0xff, out);
                }
            }
            shown = at;
        }
        out.put(bytes, shown, to - shown);
    }

    static String sanitize(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c == '\t' || !Utf8.isControl(c)) {
                out.appendCodePoint(c);
            } else {
                out.append(String.format(c < 0x100 ? "\\x%02x" : "\\u%04x", c));
            }
        });
        return out.toString();
    }

    private static void escape(int value, ByteOut out) throws IOException {
        out.put('\\');
        out.put(value < 0x100 ? 'x' : 'u');
        for (int shift = value < 0x100 ? 4 : 12; shift >= 0; shift -= 4) {
            out.put(HEX[value >> shift & 0xf]);
        }
    }
}
