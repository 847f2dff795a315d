package io.logstream.internal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.LogCursor;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Description;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

@JCStressTest
@Description(
        "The reading task says that it is held back and looks at the viewers; a viewer moves and looks who is held back.")
@Outcome(
        id = "3, 4",
        expect = ACCEPTABLE,
        desc = "The source was held back, and read on when the viewer had taken all.")
@Outcome(id = "4, 4", expect = ACCEPTABLE, desc = "The viewer was faster, or the task was told at once.")
@Outcome(expect = FORBIDDEN, desc = "Held back and never told: the source is not read again.")
@State
public class HoldBack {
    private static final StreamOptions SMALL = StreamOptions.builder()
            .retainBytes(4096)
            .allowBlock(BackpressurePolicy.FOREVER)
            .build();

    private final Rig rig = new Rig();
    private final LogCursor cursor;
    private final ThreeLines source = new ThreeLines();
    private int early;

    public HoldBack() {
        cursor = rig.hub
                .open("source", source, SMALL)
                .tail(Rig.from(Replay.all()).policy(BackpressurePolicy.block()).build());
        rig.work();
    }

    @Actor
    public void readingTask() {
        Objects.requireNonNull(source.context).wake();
        rig.work();
        early = source.reads.get();
    }

    @Actor
    public void viewer() {
        while (cursor.poll() != null) {}
    }

    @Arbiter
    public void outcome(LL_Result r) {
        r.r1 = early;
        rig.work();
        r.r2 = source.reads.get();
    }

    /** Three lines, which fill the ring, and another one each time that it is woken. */
    private static final class ThreeLines implements LogSource, LogReader {
        private final AtomicInteger reads = new AtomicInteger();
        private @Nullable SourceContext context;

        @Override
        public String identity() {
            return "lines";
        }

        @Override
        public LogReader open(Start start, SourceContext opened) {
            context = opened;
            return this;
        }

        @Override
        public LogReader.Outcome read(LineSink sink) {
            sink.bytes(Channel.STDOUT, ByteBuffer.allocate(1000), LineSink.NO_TIME);
            sink.endLine(Channel.STDOUT);
            return reads.incrementAndGet() < 3 ? LogReader.Outcome.MORE : LogReader.Outcome.WAIT;
        }

        @Override
        public void close() {}
    }
}
