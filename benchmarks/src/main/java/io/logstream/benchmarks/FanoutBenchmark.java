package io.logstream.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How many lines a second reach all subscribers together, when they are published as fast as they are taken?
 *
 * <p>An operation is a burst: it ends when every subscriber has got, or provably lost, the last of its lines.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@SuppressWarnings("NullAway.Init") // set by JMH, and in open()
public class FanoutBenchmark {
    /** A name of {@link Peers}. */
    @Param("logstream-batch")
    public String peer;

    /** How many subscribers. */
    @Param("16")
    public int subscribers;

    /** How many more that are stuck in their callback, and of whom nothing is expected. */
    @Param("0")
    public int stuck;

    private Bursts bursts;
    private int lines;

    /** What is counted besides operations; JMH divides both by the time. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Count {
        /** Lines delivered to all subscribers together. */
        public long delivered;

        /** Lines lost by all subscribers together. */
        public long lost;
    }

    /** Starts the peer. */
    @Setup
    public void open() {
        bursts = new Bursts(peer, subscribers, stuck);
        lines = lines(peer, subscribers);
    }

    /** Lines of a burst: enough to fill the rivals' buffers more than once, few enough to be through in a second. */
    private static int lines(String peer, int subscribers) {
        return peer.equals("seed-design")
                ? Math.max(128, 32_768 / subscribers / 64 * 64)
                : Math.max(4096, 262_144 / subscribers / 64 * 64);
    }

    /** Publishes a burst and waits until it has arrived. */
    @Benchmark
    public void burst(Count count) {
        long arrived = bursts.run(lines);
        count.delivered += arrived;
        count.lost += (long) lines * subscribers - arrived;
    }

    /** Fails if a line was missing or not in order. */
    @TearDown
    public void close() {
        bursts.close();
    }
}
