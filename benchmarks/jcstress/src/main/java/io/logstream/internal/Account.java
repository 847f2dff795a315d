package io.logstream.internal;

import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogEntry;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import org.jspecify.annotations.Nullable;

/** What one viewer got: it must be each of the stream's lines once and as it was, or in a gap of just as many. */
final class Account implements Subscriber {
    private static final String EXACT = "exact";

    private long next = -1;
    private long lines;
    private long ends;
    private String verdict = EXACT;
    long lost;
    int caughtUp;
    /** Callbacks that began when the viewer was closed. */
    int late;

    volatile boolean closed;

    @Override
    public void onLines(LogBatch batch) {
        late += closed ? 1 : 0;
        for (LogLine line : batch) {
            move(line.sequence(), 1);
            lines++;
            if (!Rig.isIntact(line)) {
                verdict = "torn: " + line.text();
            }
        }
    }

    @Override
    public void onGap(Gap gap) {
        late += closed ? 1 : 0;
        move(gap.first(), gap.lines());
        lost += gap.lines();
        if (gap.bytes() != gap.lines() * Rig.LENGTH) {
            verdict = "wrong: " + gap;
        }
    }

    @Override
    public void onEvent(SourceEvent event) {
        late += closed ? 1 : 0;
        caughtUp += event.kind() == SourceEvent.Kind.CAUGHT_UP ? 1 : 0;
    }

    @Override
    public void onEnd(EndReason reason) {
        ends++;
    }

    private void move(long sequence, long by) {
        if (ends > 0 || next >= 0 && sequence != next) {
            verdict = sequence + " came for " + next + ", after " + ends + " ends";
        }
        next = sequence + by;
    }

    /** Takes what a cursor gave. */
    void add(@Nullable LogEntry entry) {
        if (entry instanceof LogLine line) {
            move(line.sequence(), 1);
            lines++;
            verdict = Rig.isIntact(line) ? verdict : "torn: " + line.text();
        } else if (entry instanceof Gap gap) {
            onGap(gap);
        } else if (entry instanceof SourceEvent event) {
            onEvent(event);
        }
    }

    /** Whether this is what the core says, up to a sequence. */
    String verdict(Subscription.Stats stats, long upTo) {
        boolean exact = stats.delivered() == lines
                && stats.lost() == lost
                && stats.delivered() + stats.lost() == stats.position() - stats.joined()
                && stats.position() == upTo
                && (next < 0 ? stats.joined() : next) == upTo;
        return exact || !verdict.equals(EXACT)
                ? verdict
                : "got " + lines + ", lost " + lost + ", next " + next + ": " + stats;
    }

    long lines() {
        return lines;
    }

    long ends() {
        return ends;
    }
}
