package io.logstream.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** A log of numbered lines, written at full speed in pieces of any length, as a program with a buffer does. */
final class NumberedLog implements AutoCloseable {
    private final Path path;
    private final Random random = new Random(17);
    private FileChannel file;
    private int written;

    NumberedLog(Path path) throws IOException {
        this.path = path;
        this.file = open();
    }

    /** The content of a line, counted from 1. */
    static String line(long number) {
        return "line " + number + " " + "x".repeat((int) (number * 7 % 80));
    }

    void write(int lines) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int end = written + lines; written < end; ) {
            text.append(line(++written)).append('\n');
            if (text.length() > 1 << 16 || written == end) {
                byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
                for (int at = 0; at < bytes.length; ) {
                    int n = Math.min(bytes.length - at, 1 + random.nextInt(8192));
                    file.write(ByteBuffer.wrap(bytes, at, n));
                    at += n;
                }
                text.setLength(0);
            }
        }
    }

    int written() {
        return written;
    }

    /** Goes on in a new file, as after a rename. */
    void reopen() throws IOException {
        file.close();
        file = open();
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
