package io.logstream.docker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

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
    private byte[] text = new byte[4096];
    private int escaped; // the length of the last escape with a number

    JsonEntry(Entries entries) {
        this.entries = entries;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads a line without its end. */
    void read(byte[] bytes, int from, int to) throws IOException {
        if (!has(LOG, bytes, from, to)) {
            throw strange(bytes, from, to);
        }
        int start = from + LOG.length;
        int end = start;
        while (end < to && bytes[end] != '"' && bytes[end] != '\\') {
            end++;
        }
        byte[] content = bytes;
        int contentFrom = start;
        int contentTo = end;
        if (end < to && bytes[end] == '\\') {
            if (text.length < to - start) {
                text = new byte[2 * (to - start)];
            }
            content = text;
            contentFrom = 0;
            System.arraycopy(bytes, start, text, 0, end - start);
            contentTo = end - start;
            while (end < to && bytes[end] != '"') {
                if (bytes[end] != '\\') {
                    text[contentTo++] = bytes[end++];
                } else {
                    contentTo = escape(bytes, end, to, contentTo);
                    end += bytes[end + 1] == 'u' ? escaped : 2;
                }
            }
        }
        int channel = has(OUT, bytes, end, to) ? 0 : has(ERR, bytes, end, to) ? 1 : -1;
        if (channel < 0) {
            throw strange(bytes, from, to);
        }
        entries.entry(channel, content, contentFrom, contentTo, time(bytes, end + OUT.length, to));
    }

    /** Puts what an escape stands for to the text; returns the text's length then. */
    private int escape(byte[] bytes, int at, int to, int length) throws IOException {
        if (at + 1 >= to) {
            throw strange(bytes, at, to);
        }
        int simple = "\"\\/bfnrt".indexOf(bytes[at + 1]);
        if (simple >= 0) {
            text[length] = (byte) "\"\\/\b\f\n\r\t".charAt(simple);
            return length + 1;
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
        System.arraycopy(encoded, 0, text, length, encoded.length);
        return length + encoded.length;
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
        if (at < 0 || to - at < part.length) {
            return false;
        }
        for (int i = 0; i < part.length; i++) {
            if (bytes[at + i] != part[i]) {
                return false;
            }
        }
        return true;
    }

    private static IOException strange(byte[] bytes, int from, int to) {
        return new IOException("no entry of a json-file: '" + Text.shown(bytes, from, Math.min(to, from + 100)) + "'");
    }
}
