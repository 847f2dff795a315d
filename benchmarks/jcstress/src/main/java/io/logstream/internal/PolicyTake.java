package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.BackpressurePolicy;
import io.logstream.LogCursor;
import io.logstream.Replay;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

@JCStressTest
@Description("A viewer that keeps the window of dropNewest is told to drop the oldest, while it takes and lines come.")
@Outcome(
        id = "exact, 0",
        expect = ACCEPTABLE,
        desc = "The policy changed before the window was taken: nothing is lost.")
@Outcome(
        id = "exact, [23]",
        expect = ACCEPTABLE,
        desc = "The window was taken first: a gap tells of what was behind it.")
@Outcome(expect = FORBIDDEN, desc = "A gap was lost or came twice, or the account is not exact.")
@State
public class PolicyTake {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final LogCursor cursor = rig.feed
            .broadcaster()
            .tail(Rig.from(Replay.none())
                    .policy(BackpressurePolicy.dropNewest(1))
                    .build());

    public PolicyTake() {
        rig.publish(0, 3);
    }

    @Actor
    public void changer() {
        cursor.policy(BackpressurePolicy.dropOldest());
        rig.publish(3, 4);
    }

    @Actor
    public void reader() {
        for (int i = 0; i < 4; i++) {
            account.add(cursor.poll());
        }
    }

    @Arbiter
    public void outcome(LL_Result r) {
        for (int i = 0; i < 6; i++) {
            account.add(cursor.poll());
        }
        r.r1 = account.verdict(cursor.stats(), 4);
        r.r2 = account.lost;
    }
}
