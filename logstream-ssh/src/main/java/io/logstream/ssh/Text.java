package io.logstream.ssh;

import java.nio.charset.StandardCharsets;

/** Texts from elsewhere, made fit for a message. */
final class Text {
    private static final int MOST = 300;

    private Text() {}

    /** At most 300 characters on one line; what can't be printed is a question mark. */
    static String shown(String text) {
        String one = text.strip();
        return one.substring(0, Math.min(MOST, one.length())).replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "?");
    }

    static String shown(byte[] bytes) {
        return shown(new String(bytes, StandardCharsets.UTF_8));
    }

    /** The whole text, with percent signs and control characters as {@code %XX}, so that no two look alike. */
    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c == '%' || Character.isISOControl(c)) {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    escaped.append(String.format("%%%02X", b & 0xFF));
                }
            } else {
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }
}
