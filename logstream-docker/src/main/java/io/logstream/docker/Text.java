package io.logstream.docker;

import java.nio.charset.StandardCharsets;

/** Bytes and texts of a daemon, made fit for a message. */
final class Text {
    private Text() {}

    /** What can't be printed is shown as a question mark. */
    static String shown(byte[] bytes, int from, int to) {
        return shown(new String(bytes, from, to - from, StandardCharsets.UTF_8));
    }

    /** At most 300 characters on one line. */
    static String shown(String text) {
        return text.substring(0, Math.min(300, text.length()))
                .strip()
                .replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "?");
    }
}
