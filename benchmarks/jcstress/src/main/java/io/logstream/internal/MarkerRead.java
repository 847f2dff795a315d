package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.LogCursor;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

@JCStressTest
@Description("A viewer reads eight events while a ninth comes, which moves them all to a longer array.")
@Outcome(id = "01234567", expect = ACCEPTABLE, desc = "The viewer was faster than the ninth.")
@Outcome(id = "012345678", expect = ACCEPTABLE, desc = "It got all of them.")
@Outcome(expect = FORBIDDEN, desc = "It saw the longer array before what is in it.")
@State
public class MarkerRead {
    private final Rig rig = new Rig();
    private final LogCursor cursor;

    public MarkerRead() {
        cursor = rig.feed.broadcaster().tail(Rig.from(Replay.none()).build());
        cursor.poll(); // CAUGHT_UP
        for (int i = 0; i < 8; i++) {
            event(i);
        }
    }

    private void event(int number) {
        rig.feed.event(SourceEvent.of(SourceEvent.Kind.RESTARTED, Integer.toString(number)));
    }

    @Actor
    public void publisher() {
        event(8);
    }

    @Actor
    public void viewer(L_Result r) {
        StringBuilder seen = new StringBuilder();
        while (cursor.poll() instanceof SourceEvent event) {
            seen.append(event.detail());
        }
        r.r1 = seen.toString();
    }
}
