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
import org.openjdk.jcstress.infra.results.LLL_Result;

@JCStressTest
@Description("A feed is closed while it is published to: what was accepted comes before the end, and nothing else.")
@Outcome(id = "exact, 1, 1", expect = ACCEPTABLE, desc = "The line was before the end: accepted and delivered.")
@Outcome(id = "exact, 0, 1", expect = ACCEPTABLE, desc = "The line was behind the end: refused.")
@Outcome(expect = FORBIDDEN, desc = "Accepted and lost, refused and delivered, or not one end.")
@State
public class ClosePublish {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final Subscription viewer;
    private int accepted;

    public ClosePublish() {
        viewer = rig.feed.broadcaster().subscribe(Rig.from(Replay.none()).build(), account);
        rig.work();
    }

    @Actor
    public void publisher() {
        try {
            rig.publish(0, 1);
            accepted = 1;
        } catch (IllegalStateException e) {
            accepted = 0;
        }
        rig.work();
    }

    @Actor
    public void closer() {
        rig.feed.close();
        rig.work();
    }

    @Arbiter
    public void outcome(LLL_Result r) {
        rig.work();
        r.r1 = account.verdict(viewer.stats(), accepted);
        r.r2 = account.lines();
        r.r3 = account.ends();
    }
}
