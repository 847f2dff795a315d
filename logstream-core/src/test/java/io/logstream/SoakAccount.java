package io.logstream;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** What one viewer got of one {@link NumberedLog}: each line in its place and as it was, or in a gap. By one thread at a time. */
final class SoakAccount {
    private static final int REMEMBERED = 12;
    private static final int UNKNOWN = -1;

    /** Something that came. */
    private record Seen(String what, long first, long last) {
        @Override
        public String toString() {
            return what + ' ' + first + (first == last ? "" : ".." + last);
        }
    }

    private final Deque<Seen> newest = new ArrayDeque<>();
    private final byte[] digits = new byte[NumberedLog.LINE - 1];
    private long number = UNKNOWN; // of the line that comes next
    private int column = UNKNOWN; // in that line

    /** The sequence that comes next. */
    long next = UNKNOWN;

    long lines;
    long lost;
    long gaps;

    /** The account of a viewer that goes on where this one has stopped. */
    SoakAccount resumed(boolean known) {
        SoakAccount resumed = new SoakAccount();
        resumed.next = known ? next : UNKNOWN;
        resumed.newest.addAll(newest);
        return resumed;
    }

    /** Looks at a batch; {@link #count} moves behind it. */
    void check(LogBatch batch, boolean filtered) {
        remember("lines", batch.sequence(0), batch.sequence(batch.size() - 1));
        long expected = next;
        for (LogLine line : batch) {
            check(line, expected, filtered);
            expected = line.sequence() + 1;
        }
    }

    void count(LogBatch batch) {
        lines += batch.size();
        next = batch.sequence(batch.size() - 1) + 1;
    }

    void take(LogLine line, boolean filtered) {
        remember("line", line.sequence(), line.sequence());
        check(line, next, filtered);
        lines++;
        next = line.sequence() + 1;
    }

    void take(Gap gap, boolean filtered) {
        remember(gap.reason().toString(), gap.first(), gap.last());
        expect(gap.first(), next, filtered);
        long covered = gap.last() - gap.first() + 1;
        boolean upstream = gap.reason().isUpstream();
        if (covered != (upstream ? 0 : gap.lines()) || !gap.exact() || gap.lines() <= 0) {
            throw new AssertionError(gap);
        }
        number = upstream && number != UNKNOWN && gap.first() == next ? number + gap.lines() : UNKNOWN;
        column = UNKNOWN;
        gaps++;
        lost += covered;
        next = gap.last() + 1;
    }

    private static void expect(long sequence, long expected, boolean filtered) {
        if (expected != UNKNOWN && (filtered ? sequence < expected : sequence != expected)) {
            throw new AssertionError(sequence + " came for " + expected);
        }
    }

    /** Compares a line with what stands in the log under its number. */
    private void check(LogLine line, long expected, boolean filtered) {
        expect(line.sequence(), expected, filtered);
        boolean follows = line.sequence() == expected;
        if (line.lineNumber() <= 0 || follows && number != UNKNOWN && line.lineNumber() != number) {
            throw new AssertionError("number " + line.lineNumber() + " for " + number + ": " + line.text());
        }
        int from = line.isContinuation() ? follows ? column : UNKNOWN : 0;
        int to = from == UNKNOWN ? UNKNOWN : from + line.length();
        if (to > digits.length || to != UNKNOWN && !line.isPartial() && to < digits.length) {
            throw new AssertionError("from " + from + " to " + to + ": " + line.text());
        }
        write(line.lineNumber() - 1);
        for (int i = 0; i < to - from; i++) {
            if (line.byteAt(i) != digits[from + i]) {
                throw new AssertionError("torn: number " + line.lineNumber() + " is " + line.text());
            }
        }
        number = line.lineNumber() + (line.isPartial() ? 0 : 1);
        column = line.isPartial() ? to : 0;
    }

    private void write(long value) {
        Arrays.fill(digits, (byte) '0');
        long left = value;
        for (int at = digits.length - 1; left > 0; at--, left /= 10) {
            digits[at] = (byte) ('0' + left % 10);
        }
    }

    private void remember(String what, long first, long last) {
        if (newest.size() == REMEMBERED) {
            newest.remove();
        }
        newest.add(new Seen(what, first, last));
    }

    @Override
    public String toString() {
        return lines + " lines, " + lost + " lost, next " + next + ", newest " + newest;
    }
}
