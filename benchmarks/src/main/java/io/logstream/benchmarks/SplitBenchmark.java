package io.logstream.benchmarks;

import java.io.IOException;
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
 * How many bytes a second become lines that are retained, when nobody watches?
 *
 * <p>An operation takes a text of about a mebibyte, in pieces of 64 KiB which end inside of lines.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@SuppressWarnings("NullAway.Init") // set by JMH, and in open()
public class SplitBenchmark {
    /** A name of {@link LineKeeper}. */
    @Param("logstream")
    public String peer;

    /** Bytes of a line with its line feed, or "mixed". */
    @Param("100")
    public String length;

    private Text text;
    private LineKeeper keeper;

    /** What is counted besides operations; JMH divides both by the time. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Count {
        /** Lines. */
        public long lines;

        /** Bytes, line feeds included. */
        public long bytes;
    }

    /** Begins. */
    @Setup
    public void open() {
        text = Text.of(length);
        keeper = LineKeeper.create(peer, text);
    }

    /** Takes the text once, and fails if it was not all of its lines. */
    @Benchmark
    public void take(Count count) throws IOException {
        int lines = keeper.take(text);
        if (lines != text.lines()) {
            throw new IllegalStateException(lines + " lines instead of " + text.lines());
        }
        count.lines += lines;
        count.bytes += text.bytes().length;
    }

    /** Ends. */
    @TearDown
    public void close() {
        keeper.close();
    }
}
