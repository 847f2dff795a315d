package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.LogEntry;
import io.logstream.Replay;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

@JCStressTest
@Description("Who sees the tail sees all that lies before it, across the border of two segments.")
@Outcome(id = "0, 3", expect = ACCEPTABLE, desc = "The reader came before the lines.")
@Outcome(
        id = "1, 2",
        expect = ACCEPTABLE,
        desc = "It came between the last line of one segment and the first of the next.")
@Outcome(id = "3, 0", expect = ACCEPTABLE, desc = "It saw all three lines.")
@Outcome(expect = FORBIDDEN, desc = "A line was torn, or lost, or came twice.")
@State
public class PublishRead {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final Pull cursor;
    private long early;

    public PublishRead() {
        rig.publish(0, Rig.RETAINED - 1);
        cursor = (Pull) rig.feed.broadcaster().tail(Rig.from(Replay.none()).build());
        cursor.poll(); // CAUGHT_UP
    }

    @Actor
    public void publisher() {
        rig.publish(Rig.RETAINED - 1, Rig.RETAINED + 2);
    }

    @Actor
    public void reader() {
        read();
        early = account.lines();
    }

    private void read() {
        for (LogEntry entry = cursor.poll(); entry != null; entry = cursor.poll()) {
            account.add(entry);
        }
    }

    @Arbiter
    public void outcome(LL_Result r) {
        read();
        boolean exact = account.verdict(cursor.stats(), Rig.RETAINED + 2).equals("exact");
        r.r1 = exact ? early : account.verdict(cursor.stats(), Rig.RETAINED + 2);
        r.r2 = account.lines() - early;
    }
}
