package io.logstream.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Writes times as RFC 3339 has them: {@code 2026-03-04T05:06:07.000000008Z}. For one thread at a time. */
final class Rfc3339 {
    private static final long SECOND = 1_000_000_000L;

    private long second = Long.MIN_VALUE;
    private byte[] text = {};

    void put(long epochNanos, ByteOut out) throws IOException {
        long now = Math.floorDiv(epochNanos, SECOND);
        if (now != second) {
            second = now;
            String whole = Instant.ofEpochSecond(now).toString();
            text = whole.substring(0, whole.length() - 1).getBytes(StandardCharsets.US_ASCII);
        }
        out.put(text);
        out.put('.');
        out.putDigits(Math.floorMod(epochNanos, SECOND), 9);
        out.put('Z');
    }
}
