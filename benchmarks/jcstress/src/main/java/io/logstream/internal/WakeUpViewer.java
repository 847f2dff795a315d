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
import org.openjdk.jcstress.infra.results.II_Result;

@JCStressTest
@Description(
        "The same handshake all the way: publisher, dispatcher, viewer. What is published is delivered without another push.")
@Outcome(
        id = "1, 4",
        expect = ACCEPTABLE,
        desc = "The second line came after the viewer had gone to sleep, and woke it.")
@Outcome(id = "2, 4", expect = ACCEPTABLE, desc = "The second line came while the tasks were at work.")
@Outcome(expect = FORBIDDEN, desc = "A line was lost, or lies in the ring and nobody is woken for it.")
@State
public class WakeUpViewer {
    private final Rig rig = new Rig();
    private final Account account = new Account();
    private final Account other = new Account();
    private long early;

    public WakeUpViewer() {
        rig.feed.broadcaster().subscribe(Rig.from(Replay.none()).build(), account);
        rig.feed.broadcaster().subscribe(Rig.from(Replay.none()).build(), other);
        rig.work();
        rig.publish(0, 1); // queues the dispatcher
    }

    @Actor
    public void publisher() {
        rig.publish(1, 2);
    }

    @Actor
    public void deliveryThread() {
        rig.work();
        early = account.lines();
    }

    @Arbiter
    public void outcome(II_Result r) {
        rig.work();
        r.r1 = (int) early;
        r.r2 = (int) (account.lines() + other.lines());
    }
}
