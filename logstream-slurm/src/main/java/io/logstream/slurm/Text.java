package io.logstream.slurm;

/** Texts of a cluster, made fit for a message. */
final class Text {
    private Text() {}

    /** At most 300 characters on one line. */
    static String shown(String text) {
        return text.substring(0, Math.min(300, text.length()))
                .strip()
                .replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "?");
    }
}
