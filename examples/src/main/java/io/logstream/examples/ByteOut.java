package io.logstream.examples;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** A buffer before an output stream, for text put together from bytes. For one thread at a time. */
final class ByteOut {
    private final OutputStream out;
    private final byte[] buffer = new byte[1 << 16];
    private int size;

    ByteOut(OutputStream out) {
        this.out = out;
    }

    void put(int b) throws IOException {
        if (size == buffer.length) {
            drain();
        }
        buffer[size++] = (byte) b;
    }

    void put(byte[] bytes) throws IOException {
        put(bytes, 0, bytes.length);
    }

    void put(byte[] bytes, int from, int length) throws IOException {
        if (length > buffer.length - size) {
            drain();
            if (length > buffer.length) {
                out.write(bytes, from, length);
                return;
            }
        }
        System.arraycopy(bytes, from, buffer, size, length);
        size += length;
    }

    void put(String text) throws IOException {
        put(text.getBytes(StandardCharsets.UTF_8));
    }

    void putNumber(long number) throws IOException {
        if (number < 0) {
            put(Long.toString(number));
            return;
        }
        int digits = 1;
        for (long rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        putDigits(number, digits);
    }

    /** Puts a number that is not negative, with zeros before it. */
    void putDigits(long number, int digits) throws IOException {
        if (digits > buffer.length - size) {
            drain();
        }
        for (int at = size + digits - 1; at >= size; at--) {
            buffer[at] = (byte) ('0' + number % 10);
            number /= 10;
        }
        size += digits;
    }

    void flush() throws IOException {
        drain();
        out.flush();
    }

    private void drain() throws IOException {
        int length = size;
        size = 0; // also if it can't be written: a second try would write parts of it twice
        out.write(buffer, 0, length);
    }
}
