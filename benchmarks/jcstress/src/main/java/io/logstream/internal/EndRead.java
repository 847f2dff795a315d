package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.EndReason;
import io.logstream.Replay;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

@JCStressTest
@Description("A viewer looks at its stream's end, then at the tail: who sees the end has seen the last line.")
@Outcome(id = "NOTHING", expect = ACCEPTABLE, desc = "The viewer came before both.")
@Outcome(id = "LINES", expect = ACCEPTABLE, desc = "It got the line; the end comes next.")
@Outcome(id = "END", expect = FORBIDDEN, desc = "The end came in place of the line.")
@State
public class EndRead {
    private static final EndReason COMPLETED = EndReason.of(EndReason.Kind.COMPLETED, "");

    private final Cursor cursor;
    private final SegmentRing ring;

    public EndRead() {
        Rig rig = new Rig();
        cursor = Rig.cursor(rig.feed.broadcaster().tail(Rig.from(Replay.none()).build()));
        ring = cursor.run.ring;
        cursor.take(1); // CAUGHT_UP
        cursor.done();
        ring.lock.lock();
        try {
            ring.append(Rig.LINES, 0, Rig.LENGTH, Rig.LENGTH, 0, 0);
        } finally {
            ring.lock.unlock();
        }
    }

    @Actor
    public void publisher() {
        ring.lock.lock(); // held to the end, so that little lies between the two stores
        try {
            ring.publish();
            cursor.run.end(COMPLETED);
        } finally {
            ring.lock.unlock();
        }
    }

    @Actor
    public void viewer(L_Result r) {
        r.r1 = cursor.take(1);
    }
}
