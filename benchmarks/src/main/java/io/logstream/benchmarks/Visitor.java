package io.logstream.benchmarks;

import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.Subscriber;

/**
 * A subscriber that comes later, stays for some lines, and checks that each is the one behind the one before. What it has
 * seen may be read by another thread after {@link #isThrough()}.
 */
final class Visitor extends Work implements Subscriber {
    private static final long NOWHERE = -1;

    private final int stay;
    private final long earliest;
    private long latest;
    private long first = NOWHERE;
    private long lost;
    private boolean seemsWrong;
    private volatile boolean hasLeft;
    private volatile long taken;

    /**
     * Comes now.
     *
     * @param stay how many lines it stays for, history included
     * @param published how many lines have been published
     */
    Visitor(int stay, long published) {
        super(new Finish());
        this.stay = stay;
        this.earliest = published;
    }

    @Override
    public void onLines(LogBatch batch) {
        arriveAt(batch.sequence(0));
        lines(batch);
        look();
    }

    @Override
    public void onGap(Gap gap) {
        arriveAt(gap.first());
        seemsWrong |= gap.first() != next();
        lost += gap.lines();
        lost(gap.lines());
        look();
    }

    /** Takes a line of a peer that does not tell its sequence: which of 64 it is must do. */
    @Override
    void line(byte[] line, int length) {
        arriveAt(line[0] - Lines.first(0));
        super.line(line, length);
        look();
    }

    private void arriveAt(long sequence) {
        if (first == NOWHERE) {
            first = sequence;
            begin(sequence);
        }
    }

    private void look() {
        seemsWrong |= hasLeft;
        taken = next() - first;
    }

    /** It has joined, and at most so many lines had been published then. */
    void joined(long published) {
        latest = published;
    }

    /** Nothing may come any more. */
    void left() {
        hasLeft = true;
    }

    /** Whether it has got all it came for. */
    boolean isThrough() {
        return taken >= stay;
    }

    /** Whether all that came was right so far. */
    boolean isRight() {
        return taken > 0 && !seemsWrong && !isWrong();
    }

    /** Whether its first line was the one that it had to be, if the peer tells sequences. */
    boolean beganRight() {
        return first >= earliest - ReplayingPeer.HISTORY && first <= latest - ReplayingPeer.HISTORY;
    }

    /** The sequence of the first line that it got, or was told that it would not get. */
    long first() {
        return first;
    }

    /** Lines that it was told that it would not get. */
    long lost() {
        return lost;
    }
}
