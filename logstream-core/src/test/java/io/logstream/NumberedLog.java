package io.logstream;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * A log without end whose lines are numbers from 0. Its reads are cut anywhere, fail, wait and lose lines at random; its
 * positions are offsets.
 */
final class NumberedLog implements LogSource {
    /** Bytes of a line, with its end. */
    static final int LINE = 24;

    private final String name;
    private final SplittableRandom random; // the reader's and the opener's, who are one thread at a time
    private final int largest;
    private final int waits;
    private long written; // as far as it was ever read
    private volatile boolean finished;

    NumberedLog(String name, SplittableRandom random) {
        this.name = name;
        this.random = random;
        this.largest = 1 << 5 + random.nextInt(12);
        this.waits = random.nextInt(3) == 0 ? 900 : 1 + random.nextInt(50);
    }

    /** Writes the log from an offset on. */
    static byte[] content(long offset, int length) {
        byte[] content = new byte[length];
        byte[] line = line(offset / LINE);
        for (int i = 0; i < length; i++) {
            int column = (int) ((offset + i) % LINE);
            if (column == 0 && i > 0) {
                increment(line);
            }
            content[i] = line[column];
        }
        return content;
    }

    /** A line, with its end. */
    static byte[] line(long number) {
        return String.format("%0" + (LINE - 1) + "d\n", number).getBytes(StandardCharsets.US_ASCII);
    }

    private static void increment(byte[] line) {
        int at = LINE - 2;
        for (; line[at] == '9'; at--) {
            line[at] = '0';
        }
        line[at]++;
    }

    /** Ends the log where it is, or in the middle of a line. */
    void finish() {
        finished = true;
    }

    @Override
    public String identity() {
        return name;
    }

    @Override
    public String toString() {
        return name + " (reads of up to " + largest + " bytes, " + waits / 10 + " % waits)";
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException {
        if (random.nextInt(4) == 0) {
            throw new IOException("can't be opened now");
        }
        return new Reader(
                start instanceof Start.At at
                        ? Long.parseLong(new String(at.position().data(), StandardCharsets.US_ASCII))
                        : 0,
                context);
    }

    private final class Reader implements LogReader {
        private final SourceContext context;
        private long offset;
        private boolean told;

        Reader(long offset, SourceContext context) {
            this.offset = offset;
            this.context = context;
            this.told = offset > 0;
        }

        @Override
        public Outcome read(LineSink sink) throws IOException {
            if (!told) {
                told = true;
                tell(sink);
            }
            int chance = random.nextInt(2000);
            if (chance == 0) {
                throw new IOException("broken before a read");
            } else if (chance == 1 && offset >= written) {
                loseLines(sink);
            } else if (chance < 2 + 2 * waits) {
                context.wakeWithin(Duration.ofNanos(1 + random.nextInt(3_000_000)));
                return isOver() ? Outcome.END : Outcome.WAIT;
            }
            int length = 1 + random.nextInt(Math.max(1, Math.min(sink.room(), largest)));
            sink.bytes(Channel.STDOUT, ByteBuffer.wrap(content(offset, length)), LineSink.NO_TIME);
            offset += length;
            written = Math.max(written, offset);
            if (chance == 1999) {
                throw new IOException("broken in the middle of a read");
            }
            tell(sink);
            return isOver() ? Outcome.END : Outcome.MORE;
        }

        private boolean isOver() {
            return finished && offset >= written;
        }

        private void loseLines(LineSink sink) {
            long lines = 1 + random.nextInt(100);
            offset = (offset / LINE + lines) * LINE;
            sink.gap(lines, Gap.Reason.ROTATED);
            tell(sink);
        }

        private void tell(LineSink sink) {
            sink.position(SourcePosition.of(Long.toString(offset).getBytes(StandardCharsets.US_ASCII), offset / LINE));
        }

        @Override
        public void close() {}
    }
}
