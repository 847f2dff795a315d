package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.BackpressurePolicy;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.Replay;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

@JCStressTest
@Description(
        "A viewer begins to block while a line is published that would make the ring give up what it has not taken.")
@Outcome(id = "exact, 0, 0", expect = ACCEPTABLE, desc = "It blocked in time: nothing is given up.")
@Outcome(id = "exact, 20, 16", expect = ACCEPTABLE, desc = "It came too late, and saw that; a gap tells.")
@Outcome(expect = FORBIDDEN, desc = "Lines were given up after the policy had changed, or the account is not exact.")
@State
public class PolicyPublish {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final LogCursor cursor;
    private long head;

    public PolicyPublish() {
        rig.publish(0, 2 * Rig.RETAINED - 1);
        cursor = rig.feed.broadcaster().tail(Rig.from(Replay.all()).build());
    }

    @Actor
    public void changer() {
        cursor.policy(BackpressurePolicy.block());
        head = Rig.cursor(cursor).run.ring.headSequence();
    }

    @Actor
    public void publisher() {
        rig.publish(2 * Rig.RETAINED - 1, 2 * Rig.RETAINED);
    }

    @Arbiter
    public void outcome(LLL_Result r) {
        for (LogEntry entry = cursor.poll(); entry != null; entry = cursor.poll()) {
            account.add(entry);
        }
        r.r1 = account.verdict(cursor.stats(), 2 * Rig.RETAINED);
        r.r2 = account.lost;
        r.r3 = head;
    }
}
