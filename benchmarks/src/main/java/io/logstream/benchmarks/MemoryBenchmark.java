package io.logstream.benchmarks;

import io.logstream.Channel;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.StreamOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * How many bytes of heap does a thing take? Measured as the difference that many of them make to what a full collection
 * leaves.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
public class MemoryBenchmark {
    private static final int STREAMS = 200;

    /** A name of {@link Peers}. */
    @Param("logstream-batch")
    public String peer = "";

    /** What is measured: subscribers, streams, retained or trimmed. */
    @Param("subscribers")
    public String what = "";

    /** How many subscribers, if it is about them. */
    @Param("1000")
    public int subscribers;

    /** What was found. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Count {
        /** Bytes of one thing, in thousandths. */
        public long milliBytes;
    }

    /** Measures once. */
    @Benchmark
    public void measure(Count count) throws Exception {
        double bytes = switch (what) {
            case "subscribers" -> subscriberBytes();
            case "streams" -> streamBytes(0, StreamOptions.defaults());
            case "retained" -> streamBytes(1000, StreamOptions.defaults());
            case "trimmed" ->
                streamBytes(10_000, StreamOptions.builder().retainLines(1000).build());
            default -> throw new IllegalArgumentException(what);
        };
        count.milliBytes = Math.round(1000 * bytes);
    }

    /** Heap of one subscriber that has nothing to do; what it does when it has is not counted. */
    private double subscriberBytes() throws Exception {
        try (Peer first = Peers.create(peer)) {
            first.start(works(1)); // what Java loads on first use belongs to no subscriber
            Thread.sleep(100);
        }
        Work[] works = works(subscribers);
        try (Peer fanout = Peers.create(peer)) {
            long before = heap();
            fanout.start(works);
            Thread.sleep(500); // until all have come to rest
            return (double) (heap() - before) / subscribers;
        }
    }

    /** Heap of one stream with so many lines and no viewer. */
    private static double streamBytes(int lines, StreamOptions options) throws Exception {
        try (LogHub hub = LogHub.create()) {
            List<LogFeed> feeds = new ArrayList<>(STREAMS);
            long before = heap();
            ByteBuffer line = ByteBuffer.wrap(Lines.copy(0));
            for (int i = 0; i < STREAMS; i++) {
                LogFeed feed = hub.feed("stream " + i, options);
                feeds.add(feed);
                for (int n = 0; n < lines; n++) {
                    feed.bytes(Channel.STDOUT, line.clear());
                }
            }
            Thread.sleep(500); // until all have come to rest
            double bytes = (double) (heap() - before) / STREAMS;
            feeds.forEach(LogFeed::close);
            return bytes;
        }
    }

    private static Work[] works(int count) {
        Work[] works = new Work[count];
        Finish nobodyWaits = new Finish();
        Arrays.setAll(works, i -> new Work(nobodyWaits));
        return works;
    }

    /** Bytes of heap that are in use after full collections. */
    static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
