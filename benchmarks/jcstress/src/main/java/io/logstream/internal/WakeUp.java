package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

@JCStressTest
@Description(
        "The publisher stores the tail and looks at the sleeper; the sleeper says that it runs and looks at the tail.")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The step saw the line; it was not to be woken again.")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The step was too early for the line; another one will begin.")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The step saw the line and is woken for nothing.")
@Outcome(
        id = "0, 0",
        expect = FORBIDDEN,
        desc = "Nobody saw the line and nobody is woken: it lies there until the next.")
@Outcome(expect = FORBIDDEN, desc = "A task is in the executor twice.")
@State
public class WakeUp {
    private static final byte[] LINE = "line\n".getBytes(StandardCharsets.US_ASCII);

    private final SegmentRing ring =
            new SegmentRing(1, 0, 0, 100, 4096, false, SegmentRing.BULK_BYTES, new MemoryBudget(4096), () -> {});
    private int queued;
    private int seen;
    private final SerialTask sleeper = new SerialTask() {
        @Override
        boolean step() {
            seen = (int) ring.tail();
            return false;
        }

        @Override
        Executor executor() {
            return task -> queued++;
        }
    };

    public WakeUp() {
        ring.lock.lock();
        try {
            ring.append(LINE, 0, LINE.length, LINE.length, 0, 0);
        } finally {
            ring.lock.unlock();
        }
        sleeper.wake();
        queued = 0;
    }

    @Actor
    public void publisher() {
        ring.lock.lock(); // held to the end, so that its release is no help
        try {
            ring.publish();
            sleeper.wake();
        } finally {
            ring.lock.unlock();
        }
    }

    @Actor
    public void sleeper() {
        sleeper.run();
    }

    @Arbiter
    public void outcome(II_Result r) {
        r.r1 = seen;
        r.r2 = queued;
    }
}
