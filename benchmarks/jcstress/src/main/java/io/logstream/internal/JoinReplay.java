package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.Replay;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

@JCStressTest
@Description("A viewer joins with the last two lines while two more are published, and the oldest segment goes.")
@Outcome(id = "exact, 4, 1", expect = ACCEPTABLE, desc = "It joined before both lines.")
@Outcome(id = "exact, 3, 1", expect = ACCEPTABLE, desc = "It joined between them.")
@Outcome(id = "exact, 2, 1", expect = ACCEPTABLE, desc = "It joined behind them: they are its history.")
@Outcome(
        expect = FORBIDDEN,
        desc = "A line is missing or comes twice between history and live, or that seam is not told once.")
@State
public class JoinReplay {
    private static final int HISTORY = 2 * Rig.RETAINED - 1;

    private final Rig rig = new Rig();
    private final Account account = new Account();
    private @Nullable LogCursor viewer;

    public JoinReplay() {
        rig.publish(0, HISTORY);
    }

    @Actor
    public void publisher() {
        rig.publish(HISTORY, HISTORY + 1);
        rig.publish(HISTORY + 1, HISTORY + 2);
    }

    @Actor
    public void joiner() {
        viewer = rig.feed.broadcaster().tail(Rig.from(Replay.last(2)).build());
        read(viewer);
    }

    private void read(LogCursor from) {
        for (LogEntry entry = from.poll(); entry != null; entry = from.poll()) {
            account.add(entry);
        }
    }

    @Arbiter
    public void outcome(LLL_Result r) {
        LogCursor joined = Objects.requireNonNull(viewer);
        read(joined);
        r.r1 = account.verdict(joined.stats(), HISTORY + 2);
        r.r2 = account.lines();
        r.r3 = account.caughtUp;
    }
}
