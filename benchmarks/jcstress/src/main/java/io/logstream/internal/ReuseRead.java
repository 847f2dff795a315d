package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.nio.charset.StandardCharsets;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

@JCStressTest
@Description(
        "A segment is evicted and its memory used again if nobody has it pinned; a cursor pins it and looks whether it was"
                + " evicted.")
@Outcome(id = "97", expect = ACCEPTABLE, desc = "The cursor read what was published: its pin was seen, or it was done.")
@Outcome(id = "0", expect = ACCEPTABLE, desc = "The cursor found that the segment was evicted.")
@Outcome(id = "98", expect = FORBIDDEN, desc = "The cursor read what was written over it.")
@Outcome(expect = FORBIDDEN, desc = "Something else.")
@State
public class ReuseRead {
    private static final byte[] LINE = "a\n".getBytes(StandardCharsets.US_ASCII);

    private final Segment segment = new Segment(new Place(0, 0, 0), null);
    private final byte[] memory;

    public ReuseRead() {
        segment.fill(null, LINE, 0, LINE.length, 16, 16, 100, 0, 0, 0);
        memory = segment.bytes;
    }

    @Actor
    public void publisher() {
        segment.next = Segment.EVICTED;
        if (segment.isReusable()) {
            memory[0] = 'b';
        }
    }

    @Actor
    public void cursor(I_Result r) {
        r.r1 = segment.pin() ? memory[0] : 0;
        segment.unpin();
    }
}
