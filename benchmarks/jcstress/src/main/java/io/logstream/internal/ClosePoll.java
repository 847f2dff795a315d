package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.LogCursor;
import io.logstream.Replay;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

@JCStressTest
@Description("A cursor is closed by one thread while another polls it: what poll gave is in the account.")
@Outcome(id = "exact, 0, true", expect = ACCEPTABLE, desc = "Closed first: nothing is given.")
@Outcome(id = "exact, 1, true", expect = ACCEPTABLE, desc = "Polled first: the line is given, and counted.")
@Outcome(
        expect = FORBIDDEN,
        desc = "A line was given that the account or the token does not know, or it came after close.")
@State
public class ClosePoll {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final LogCursor cursor;

    public ClosePoll() {
        rig.publish(0, 1);
        cursor = rig.feed.broadcaster().tail(Rig.from(Replay.all()).build());
    }

    @Actor
    public void reader() {
        account.add(cursor.poll());
    }

    @Actor
    public void closer() {
        cursor.close();
    }

    @Arbiter
    public void outcome(LLL_Result r) {
        account.add(cursor.poll());
        r.r1 = account.verdict(cursor.stats(), account.lines());
        r.r2 = account.lines();
        r.r3 = cursor.end().isPresent();
    }
}
