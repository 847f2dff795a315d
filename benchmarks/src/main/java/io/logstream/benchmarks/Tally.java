package io.logstream.benchmarks;

import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogLine;
import io.logstream.Subscriber;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Who takes a file's lines, the same for every peer: counts them, checks the order by the first byte and adds up the
 * lengths. Called by one thread at a time.
 */
final class Tally implements Subscriber {
    private static final int PATIENCE_SECONDS = 600;

    private final long expected;
    private final boolean decode;
    private final CountDownLatch last = new CountDownLatch(1);
    private long lines;
    private long bytes;
    private int wrong;

    /**
     * Expects so many lines.
     *
     * @param decode whether it asks logstream for each line's text
     */
    Tally(long expected, boolean decode) {
        this.expected = expected;
        this.decode = decode;
    }

    /** Takes one line. */
    void line(String line) {
        wrong |= line.charAt(0) ^ Lines.first(lines);
        bytes += line.length();
        count(1);
    }

    /** Takes lines that nobody looks into, of so many bytes without line feeds. */
    void counted(long count, long length) {
        bytes += length;
        count(count);
    }

    @Override
    public void onLines(LogBatch batch) {
        wrong |= batch.sequence(0) == lines ? 0 : 1;
        if (decode) {
            for (LogLine line : batch) {
                line(line.text());
            }
            return;
        }
        int size = batch.size();
        long sum = 0;
        int errors = 0;
        for (int i = 0; i < size; i++) {
            errors |= batch.byteAt(i, 0) ^ Lines.first(lines + i);
            sum += batch.length(i);
        }
        wrong |= errors;
        bytes += sum;
        count(size);
    }

    private void count(long count) {
        lines += count;
        if (lines >= expected) {
            last.countDown();
        }
    }

    @Override
    public void onGap(Gap gap) {
        wrong = 1;
        last.countDown();
    }

    /** Whether the last line has come. */
    boolean isThrough() {
        return last.getCount() == 0;
    }

    /** Waits for the last line. */
    void await() throws InterruptedException {
        if (!last.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("only " + lines + " of " + expected + " lines");
        }
    }

    /** Fails if it did not get each line once and in order; when the peer has ended. */
    void check() {
        if (wrong != 0 || lines != expected || bytes != expected * (Lines.LENGTH - 1)) {
            throw new IllegalStateException("lines missing or out of order: " + lines + " of " + expected);
        }
    }
}
