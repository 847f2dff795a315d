package io.logstream.benchmarks;

import io.logstream.LogBatch;
import io.logstream.LogLine;

/**
 * One subscriber, the same for every peer: per line it checks the order, by the first byte, and adds up lengths. It is
 * called by one thread at a time.
 *
 * <p>The fields are surrounded by unused ones, so that two subscribers never share a cache line: none of the peers is to
 * blame for that.
 */
class Work {
    long before1, before2, before3, before4, before5, before6, before7, before8;
    private long next;
    private long delivered;
    private long bytes;
    private long wrong;
    private long target;
    long after1, after2, after3, after4, after5, after6, after7, after8;
    private final Finish finish;

    Work(Finish finish) {
        this.finish = finish;
    }

    /** Says which line ends the coming burst; called by the publisher before it. */
    void expect(long sequence) {
        target = sequence;
    }

    /** Begins with another line than the first that was published. */
    void begin(long sequence) {
        next = sequence;
    }

    /** The sequence of the line that comes next. */
    long next() {
        return next;
    }

    /** Takes one line. */
    void line(byte[] line, int length) {
        line(line[0], length);
    }

    /** Takes one line of logstream. */
    void line(LogLine line) {
        line(line.byteAt(0), line.length());
    }

    /** Takes one line of which the first byte was read. */
    void line(byte first, int length) {
        long sequence = next;
        wrong |= first ^ Lines.first(sequence);
        bytes += length;
        delivered++;
        moveTo(sequence + 1);
    }

    /** Takes many lines of logstream. */
    void lines(LogBatch batch) {
        long sequence = next;
        long errors = batch.sequence(0) ^ sequence;
        long sum = 0;
        int size = batch.size();
        for (int i = 0; i < size; i++) {
            errors |= batch.byteAt(i, 0) ^ Lines.first(sequence + i);
            sum += batch.length(i);
        }
        wrong |= errors;
        bytes += sum;
        delivered += size;
        moveTo(sequence + size);
    }

    /** Takes many lines of the floor. */
    void lines(Floor.Batch batch) {
        long sequence = next;
        long errors = batch.sequence(0) ^ sequence;
        long sum = 0;
        int size = batch.size();
        for (int i = 0; i < size; i++) {
            errors |= batch.byteAt(i, 0) ^ Lines.first(sequence + i);
            sum += batch.length(i);
        }
        wrong |= errors;
        bytes += sum;
        delivered += size;
        moveTo(sequence + size);
    }

    /** Lines are missing here. */
    void lost(long lines) {
        if (lines > 0) {
            moveTo(next + lines);
        }
    }

    private void moveTo(long sequence) {
        next = sequence;
        if (sequence == target) {
            finish.arrive();
        }
    }

    /** Lines that came; for the publisher, between two bursts. */
    long delivered() {
        return delivered;
    }

    /** Whether a line was not the one that it should have been. */
    boolean isWrong() {
        return wrong != 0;
    }

    /** Fails if a line was not the one that it should have been; for the publisher, between two bursts. */
    void check() {
        if (wrong != 0 || next != target || bytes == 0) {
            throw new IllegalStateException("lines missing or out of order: at " + next + " of " + target);
        }
    }
}
