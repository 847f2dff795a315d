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
@Description("A viewer reads while another stream, which needs memory, makes the ring give up all that it has.")
@Outcome(id = "exact, 0", expect = ACCEPTABLE, desc = "The viewer was faster, or held the segment.")
@Outcome(id = "exact, (12|8|4)", expect = ACCEPTABLE, desc = "A gap tells of what it had not taken.")
@Outcome(expect = FORBIDDEN, desc = "Torn lines, or an account that is not exact.")
@State
public class EvictForMemory {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final Subscription viewer;
    private final SegmentRing ring;

    public EvictForMemory() {
        rig.publish(0, 12);
        viewer = rig.feed
                .broadcaster()
                .subscribe(Rig.from(Replay.all()).batchLines(4).build(), account);
        ring = Rig.cursor(viewer).run.ring;
    }

    @Actor
    public void otherStream() {
        ring.tryEvictOldest();
    }

    @Actor
    public void deliveryThread() {
        rig.work();
    }

    @Arbiter
    public void outcome(LL_Result r) {
        rig.work();
        r.r1 = account.verdict(viewer.stats(), 12);
        r.r2 = account.lost;
    }
}
