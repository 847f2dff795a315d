package io.logstream.docker;

import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Reads the time that the daemon puts before each entry: RFC 3339 with no to nine digits of a second, and a blank. Docker
 * writes {@code 2026-11-20T10:20:13.000000001Z }, podman {@code 2026-11-20T10:20:13Z } or with an offset.
 *
 * <p>Most entries have the same minute as the one before: it is remembered. For one thread.
 */
final class Stamp {
    private static final long NANOS = 1_000_000_000L;
    private static final int MINUTE_LENGTH = 16;
    private static final int MIN_LENGTH = 21;
    private static final int MAX_LENGTH = 36;

    private long minuteText0;
    private long minuteText1;
    private long minuteSeconds = Long.MIN_VALUE;
    private int length;

    /** How long the last one was that was read, with its blank. */
    int length() {
        return length;
    }

    /**
     * Reads one.
     *
     * @return nanoseconds since 1970
     * @throws IOException if there is none
     */
    long read(byte[] bytes, int from, int to) throws IOException {
        return read(bytes, from, to, (byte) ' ');
    }

    /** The same with something else than a blank behind it. */
    long read(byte[] bytes, int from, int to, byte behind) throws IOException {
        if (to - from < MIN_LENGTH) {
            throw none(bytes, from, to);
        }
        long text0 = (long) ByteSearch.LONGS.get(bytes, from);
        long text1 = (long) ByteSearch.LONGS.get(bytes, from + 8);
        if (text0 != minuteText0 || text1 != minuteText1 || minuteSeconds == Long.MIN_VALUE) {
            minuteSeconds = minute(bytes, from, to);
            minuteText0 = text0;
            minuteText1 = text1;
        }
        int i = from + MINUTE_LENGTH;
        if (bytes[i] != ':') {
            throw none(bytes, from, to);
        }
        long seconds = minuteSeconds + 10L * digit(bytes, i + 1, from, to) + digit(bytes, i + 2, from, to);
        i += 3;
        long nanos = 0;
        if (bytes[i] == '.') {
            long unit = NANOS / 10;
            i++;
            for (; i < to && bytes[i] >= '0' && bytes[i] <= '9'; i++, unit /= 10) {
                nanos += (bytes[i] - '0') * unit;
            }
        }
        return offset(bytes, i, seconds, from, to, behind) * NANOS + nanos;
    }

    /** Reads the zone and the blank behind it. */
    private long offset(byte[] bytes, int at, long seconds, int from, int to, byte behind) throws IOException {
        int i = at;
        long utc = seconds;
        if (i < to && bytes[i] == 'Z') {
            i++;
        } else if (i + 6 <= to && (bytes[i] == '+' || bytes[i] == '-') && bytes[i + 3] == ':') {
            int hours = 10 * digit(bytes, i + 1, from, to) + digit(bytes, i + 2, from, to);
            int minutes = 10 * digit(bytes, i + 4, from, to) + digit(bytes, i + 5, from, to);
            int off = 60 * (60 * hours + minutes);
            utc += bytes[i] == '+' ? -off : off;
            i += 6;
        } else {
            throw none(bytes, from, to);
        }
        if (i >= to || bytes[i] != behind || i + 1 - from > MAX_LENGTH) {
            throw none(bytes, from, to);
        }
        length = i + 1 - from;
        return utc;
    }

    private static long minute(byte[] bytes, int from, int to) throws IOException {
        if (bytes[from + 4] != '-' || bytes[from + 7] != '-' || bytes[from + 10] != 'T' || bytes[from + 13] != ':') {
            throw none(bytes, from, to);
        }
        int year = 100 * two(bytes, from, from, to) + two(bytes, from + 2, from, to);
        try {
            return LocalDateTime.of(
                            year,
                            two(bytes, from + 5, from, to),
                            two(bytes, from + 8, from, to),
                            two(bytes, from + 11, from, to),
                            two(bytes, from + 14, from, to))
                    .toEpochSecond(ZoneOffset.UTC);
        } catch (java.time.DateTimeException e) {
            throw none(bytes, from, to);
        }
    }

    private static int two(byte[] bytes, int at, int from, int to) throws IOException {
        return 10 * digit(bytes, at, from, to) + digit(bytes, at + 1, from, to);
    }

    private static int digit(byte[] bytes, int at, int from, int to) throws IOException {
        int digit = bytes[at] - '0';
        if (digit < 0 || digit > 9) {
            throw none(bytes, from, to);
        }
        return digit;
    }

    private static IOException none(byte[] bytes, int from, int to) {
        return new IOException(
                "an entry of the log without a time: '" + Text.shown(bytes, from, Math.min(to, from + 40)) + "'");
    }
}
