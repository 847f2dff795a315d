package io.logstream.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;

/** A {@link BufferedReader}, and a queue of the strings that it makes. */
final class ReadLineKeeper implements LineKeeper {
    private final BufferedReader reader;
    private final ArrayDeque<String> retained = new ArrayDeque<>();
    private int retainedBytes;

    ReadLineKeeper(Text text) {
        reader = new BufferedReader(new InputStreamReader(new Endless(text.bytes()), StandardCharsets.UTF_8));
    }

    /** The same bytes over and over again. */
    private static final class Endless extends InputStream {
        private final byte[] bytes;
        private int at;

        Endless(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            int read = read(one, 0, 1);
            return read < 1 ? -1 : one[0];
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            int n = Math.min(length, bytes.length - at);
            System.arraycopy(bytes, at, target, offset, n);
            at = at + n == bytes.length ? 0 : at + n;
            return n;
        }
    }

    @Override
    public int take(Text text) throws IOException {
        for (int i = 0; i < text.lines(); i++) {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("the end of what has none");
            }
            retained.addLast(line);
            retainedBytes += line.length();
            while (retained.size() > LINES || retainedBytes > BYTES) {
                retainedBytes -= retained.removeFirst().length();
            }
        }
        return text.lines();
    }
}
