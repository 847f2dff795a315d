package io.logstream.benchmarks;

import io.logstream.LogBatch;
import java.util.Arrays;

/**
 * A subscriber that notes how long after it was due each line came. The publisher writes {@link #due} before it publishes
 * the line, and reads what was noted when the subscriber is through; the peer makes both visible.
 */
final class TimedWork extends Work {
    private static final long NEVER = -1;

    private final long[] due;
    private final long[] nanos;
    private final int mask;

    /**
     * Notes the times of the newest lines.
     *
     * @param lines how many, a power of two
     */
    TimedWork(Finish finish, int lines) {
        super(finish);
        due = new long[lines];
        nanos = new long[lines];
        mask = lines - 1;
        Arrays.fill(nanos, NEVER);
    }

    /** Says when a line should be published. */
    void due(long sequence, long time) {
        int at = (int) sequence & mask;
        due[at] = time;
        nanos[at] = NEVER;
    }

    /** When a line should be published. */
    long due(long sequence) {
        return due[(int) sequence & mask];
    }

    /** How late each line of a range came, sorted; without those that never came. */
    long[] late(long from, long to) {
        long[] found = new long[(int) (to - from)];
        int n = 0;
        for (long sequence = from; sequence < to; sequence++) {
            long late = nanos[(int) sequence & mask];
            if (late != NEVER) {
                found[n++] = late;
            }
        }
        long[] sorted = Arrays.copyOf(found, n);
        Arrays.sort(sorted);
        return sorted;
    }

    @Override
    void line(byte first, int length) {
        note(next(), 1);
        super.line(first, length);
    }

    @Override
    void lines(LogBatch batch) {
        note(next(), batch.size());
        super.lines(batch);
    }

    private void note(long sequence, int lines) {
        long now = System.nanoTime();
        for (int i = 0; i < lines; i++) {
            int at = (int) (sequence + i) & mask;
            nanos[at] = now - due[at];
        }
    }
}
