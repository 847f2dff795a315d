package io.logstream.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** How many bytes do all threads together allocate for each line that is published? */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
public class AllocationBenchmark {
    private static final int LINES = 4096;
    private static final int WARMUPS = 50;
    private static final int BURSTS = 20;

    /** A name of {@link Peers}. */
    @Param("logstream-batch")
    public String peer = "";

    /** How many of them. */
    @Param("16")
    public int subscribers;

    /** What was found. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Count {
        /** Bytes for each line, in thousandths. */
        public long milliBytes;
    }

    /** Measures once. */
    @Benchmark
    public void measure(Count count) {
        try (Bursts bursts = new Bursts(peer, subscribers)) {
            long before = 0;
            for (int i = 0; i < WARMUPS + BURSTS; i++) {
                before = i == WARMUPS ? allocated() : before;
                bursts.run(LINES);
            }
            count.milliBytes = (allocated() - before) * 1000 / (BURSTS * LINES);
        }
    }

    /** Bytes allocated so far by all threads that are alive. */
    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }
}
