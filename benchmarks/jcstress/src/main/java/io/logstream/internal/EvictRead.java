package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.Replay;
import io.logstream.Subscription;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

@JCStressTest
@Description("A viewer reads while lines come that make the ring give up its oldest segments, one and then the next.")
@Outcome(id = "exact, 0", expect = ACCEPTABLE, desc = "The viewer was faster, or held the segment and read on in it.")
@Outcome(id = "exact, [1-9][0-9]*", expect = ACCEPTABLE, desc = "Gaps tell of just what it did not get.")
@Outcome(expect = FORBIDDEN, desc = "Torn lines, or an account that is not exact.")
@State
public class EvictRead {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final Subscription viewer;

    public EvictRead() {
        rig.publish(0, 2 * Rig.RETAINED - 1);
        viewer = rig.feed
                .broadcaster()
                .subscribe(Rig.from(Replay.all()).batchLines(4).build(), account);
    }

    @Actor
    public void publisher() {
        rig.publish(2 * Rig.RETAINED - 1, 2 * Rig.RETAINED);
        rig.publish(2 * Rig.RETAINED, 3 * Rig.RETAINED);
    }

    @Actor
    public void deliveryThread() {
        rig.work();
    }

    @Arbiter
    public void outcome(LL_Result r) {
        rig.work();
        r.r1 = account.verdict(viewer.stats(), 3 * Rig.RETAINED);
        r.r2 = account.lost;
    }
}
