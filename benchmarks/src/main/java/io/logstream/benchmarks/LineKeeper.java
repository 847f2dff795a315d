package io.logstream.benchmarks;

import java.io.IOException;

/** One way to make lines of bytes and to retain the newest: 50,000 lines or 10 MiB. */
interface LineKeeper extends AutoCloseable {
    /** Lines that are retained at most. */
    int LINES = 50_000;

    /** Bytes that are retained at most. */
    int BYTES = 10 << 20;

    /** Bytes that are there at a time, as from a read. */
    int CHUNK = 64 * 1024;

    /** Takes a text once; returns how many lines there were. */
    int take(Text text) throws IOException;

    @Override
    default void close() {}

    /** A new one. */
    static LineKeeper create(String name, Text text) {
        return switch (name) {
            case "copy" -> new CopyingKeeper();
            case "byte-loop" -> new ByteLoopKeeper();
            case "logstream" -> new LogstreamKeeper();
            case "readline" -> new ReadLineKeeper(text);
            default -> throw new IllegalArgumentException("no way '" + name + "' to split lines");
        };
    }
}
