package io.logstream.benchmarks;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How long after a line was due does a viewer get it that had nothing to do before?
 *
 * <p>One viewer; about 5000 lines a second, between 100 and 300 microseconds apart, so that the viewer sleeps before each.
 * The publisher spins until a line is due. The plan of an operation is made before it begins: a publisher that is held up
 * publishes what it is behind with at once, and the lines are as late as they are.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@SuppressWarnings("NullAway.Init") // set by JMH, and in open()
public class LatencyBenchmark {
    private static final int LEAST_GAP = 100_000;
    private static final int MOST_GAP = 300_000;
    private static final int KNOWN = 1 << 14;
    private static final int WARM_LINES = 40_000;
    private static final long HEAD_START = TimeUnit.MILLISECONDS.toNanos(1);

    /** A name of {@link Peers}. */
    @Param("logstream")
    public String peer;

    /** Milliseconds of one operation. */
    @Param("250")
    public int millis;

    private final Finish finish = new Finish();
    private final TimedWork work = new TimedWork(finish, KNOWN);
    private final SplittableRandom random = new SplittableRandom(1);
    private Peer fanout;
    private long published;

    /** Nanoseconds. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Count {
        /** Half of the lines came at most so late. */
        public long p50;

        /** 99 of 100 lines came at most so late. */
        public long p99;

        /** Lines that never came. */
        public long lost;
    }

    /** Starts the peer, and has everything compiled. */
    @Setup
    public void open() {
        fanout = Peers.create(peer);
        fanout.start(new Work[] {work});
        while (published < WARM_LINES) {
            long end = published + Lines.COUNT;
            begin(end);
            fanout.publish(published, end);
            end(end);
        }
    }

    /** Publishes for a while. */
    @Benchmark
    public void publish(Count count) {
        long from = published;
        long to = from + Math.min(KNOWN, TimeUnit.MILLISECONDS.toNanos(millis) / ((LEAST_GAP + MOST_GAP) / 2));
        long due = System.nanoTime() + HEAD_START;
        for (long sequence = from; sequence < to; sequence++) {
            due += random.nextInt(LEAST_GAP, MOST_GAP);
            work.due(sequence, due);
        }
        begin(to);
        for (long sequence = from; sequence < to; sequence++) {
            while (System.nanoTime() < work.due(sequence)) {
                Thread.onSpinWait();
            }
            fanout.publish(sequence, sequence + 1);
        }
        end(to);
        long[] late = work.late(from, to);
        count.p50 = late[late.length / 2];
        count.p99 = late[late.length * 99 / 100];
        count.lost = to - from - late.length;
    }

    private void begin(long end) {
        work.expect(end);
        finish.expect(1);
    }

    private void end(long end) {
        fanout.endBurst(end);
        finish.await();
        published = end;
    }

    /** Fails if a line was not in order. */
    @TearDown
    public void close() {
        work.check();
        fanout.close();
    }
}
