package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.Replay;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

@JCStressTest
@Description(
        "A subscription is closed while it is delivered to: one end, the last of all callbacks, and close waits for it.")
@Outcome(id = "exact, [0-3], 1, 0", expect = ACCEPTABLE, desc = "Some callbacks, the end, and nothing after close.")
@Outcome(
        expect = FORBIDDEN,
        desc = "A callback after close had returned or after the end, no end or two, or a wrong account.")
@State
public class CloseDelivery {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final Delivery viewer;

    public CloseDelivery() {
        rig.publish(0, 3);
        viewer = (Delivery) rig.feed
                .broadcaster()
                .subscribe(Rig.from(Replay.all()).batchLines(1).build(), account);
    }

    @Actor
    public void deliveryThread() {
        while (!viewer.isOver()) {
            rig.work();
        }
    }

    @Actor
    public void closer() {
        viewer.close();
        account.closed = true;
    }

    @Arbiter
    public void outcome(LLLL_Result r) {
        rig.work();
        r.r1 = account.verdict(viewer.stats(), account.lines());
        r.r2 = account.lines();
        r.r3 = account.ends();
        r.r4 = account.late;
    }
}
