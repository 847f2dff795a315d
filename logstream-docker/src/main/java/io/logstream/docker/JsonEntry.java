package io.logstream.docker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one line of a file of the driver json-file:
 *
 * <pre>{@code
 * {"log":"text\n","stream":"stdout","attrs":{...},"time":"2026-11-20T10:20:13.000000001Z"}
 * }</pre>
 *
 * For one thread; allocates nothing per line.
 */
final class JsonEntry {
    private static final byte[] LOG = ascii("{\"log\":\"");
    private static final byte[] OUT = ascii("\",\"stream\":\"stdout\",");
    private static final byte[] ERR = ascii("\",\"stream\":\"stderr\",");
    private static final byte[] TIME = ascii("\"time\":\"");
    private static final byte[] END = ascii("\"}");

    private final Entries entries;
    private final Stamp stamp = new Stamp();
    private int escaped; // the length of the last escape

    JsonEntry(Entries entries) {
        this.entries = entries;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads a line without its end. The bytes of its text are replaced by what they stand for. */
    void read(byte[] bytes, int from, int to) throws IOException {
        if (!has(LOG, bytes, from, to)) {
            throw strange(bytes, from, to);
        }
        int start = from + LOG.length;
        int end = ByteSearch.first(bytes, start, to, (byte) '"', (byte) '\\');
        int length = end - start; // of what stands in place of the text, which is never longer than it
        while (end < to && bytes[end] != '"') {
            if (bytes[end] == '\\') {
                length += escape(bytes, end, to, start + length);
                end += escaped;
            } else {
                bytes[start + length++] = bytes[end++];
            }
        }
        int channel = has(OUT, bytes, end, to) ? 0 : has(ERR, bytes, end, to) ? 1 : -1;
        if (channel < 0) {
            throw strange(bytes, from, to);
        }
        entries.entry(channel, bytes, start, start + length, time(bytes, end + OUT.length, to));
    }

    /** Writes what an escape stands for at a place that is not behind it; returns how many bytes that are. */
    private int escape(byte[] bytes, int at, int to, int into) throws IOException {
        if (at + 1 >= to) {
            throw strange(bytes, at, to);
        }
        int simple = "n\"\\/bfrt".indexOf(bytes[at + 1]);
        if (simple >= 0) {
            bytes[into] = (byte) "\n\"\\/\b\f\r\t".charAt(simple);
            escaped = 2;
            return 1;
        }
        int unit = unit(bytes, at, to);
        escaped = 6;
        int point = unit;
        if (Character.isHighSurrogate((char) unit) && at + 11 < to && bytes[at + 6] == '\\') {
            int second = unit(bytes, at + 6, to);
            if (Character.isLowSurrogate((char) second)) {
                point = Character.toCodePoint((char) unit, (char) second);
                escaped = 12;
            }
        }
        byte[] encoded = Character.toString(Character.isSurrogate((char) point) && point < 0x10000 ? 0xFFFD : point)
                .getBytes(StandardCharsets.UTF_8);
        System.arraycopy(encoded, 0, bytes, into, encoded.length);
        return encoded.length;
    }

    private static int unit(byte[] bytes, int at, int to) throws IOException {
        if (at + 6 > to || bytes[at + 1] != 'u') {
            throw strange(bytes, at, to);
        }
        int unit = 0;
        for (int i = at + 2; i < at + 6; i++) {
            int digit = Character.digit(bytes[i], 16);
            if (digit < 0) {
                throw strange(bytes, at, to);
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }

    /** The time, which comes last. */
    private long time(byte[] bytes, int from, int to) throws IOException {
        int i = from;
        if (!has(TIME, bytes, i, to)) {
            i = to - TIME.length; // behind attributes
            while (i > from && !has(TIME, bytes, i, to)) {
                i--;
            }
        }
        if (!has(END, bytes, to - END.length, to)) {
            throw strange(bytes, from, to);
        }
        return stamp.read(bytes, Math.min(i + TIME.length, to), to, (byte) '"');
    }

    private static boolean has(byte[] part, byte[] bytes, int at, int to) {
        return at >= 0 && to - at >= part.length && Arrays.equals(part, 0, part.length, bytes, at, at + part.length);
    }

    private static IOException strange(byte[] bytes, int from, int to) {
        return new IOException("no entry of a json-file: '" + Text.shown(bytes, from, Math.min(to, from + 100)) + "'");
    }
}
