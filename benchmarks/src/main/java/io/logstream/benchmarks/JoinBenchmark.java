package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Do 10,000 subscribers that come with 1000 lines of history and leave again get exactly what they should, and does the
 * publisher notice?
 *
 * <p>100,000 lines a second are published. Visitors come in waves of 500; a wave leaves when the next one has come and all
 * of it have got 20,000 new lines. Before and behind, the publisher is alone for a while.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
public class JoinBenchmark {
    private static final int LINES_PER_SECOND = 100_000;
    private static final int WAVE = 500;
    private static final int STAY = ReplayingPeer.HISTORY + 20_000;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int WARM_WAVES = 2;

    /** A name of {@link Peers} that has history. */
    @Param("logstream")
    public String peer = "";

    /** How many come. */
    @Param("10000")
    public int visitors;

    /** Milliseconds after which nobody comes any more. */
    @Param("12000")
    public int millis;

    /** Milliseconds, twice, that the publisher is alone. */
    @Param("1000")
    public int alone;

    /** What was found. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Count {
        /** Lines a second that were published with nobody there. */
        public long rateAlone;

        /** Lines a second that were published while visitors came and left. */
        public long rateJoined;

        /** Picoseconds that the publisher spent for a line with nobody there. */
        public long lineAlone;

        /** Picoseconds that the publisher spent for a line while visitors came and left. */
        public long lineJoined;

        /** Nanoseconds that the call took which adds a visitor, median. */
        public long join;

        /** Visitors that got all they came for. */
        public long through;

        /** Visitors that got something else than what they should. */
        public long wrong;

        /** Lines that visitors were told that they would not get. */
        public long lost;
    }

    /** Lines published in some time. */
    private record Pace(long lines, long callNanos, long nanos) {
        Pace plus(Pace other) {
            return new Pace(lines + other.lines, callNanos + other.callNanos, nanos + other.nanos);
        }

        long rate() {
            return TimeUnit.SECONDS.toNanos(1) * lines / nanos;
        }

        long picosPerLine() {
            return lines == 0 ? 0 : callNanos * 1000 / lines;
        }
    }

    /** All that came for one measurement. */
    private final class Crowd {
        private record Stay(Visitor visitor, ReplayingPeer.Visit visit) {}

        private final List<Visitor> visitors = new ArrayList<>();
        private final List<Long> joins = new ArrayList<>();
        private final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        private final ReplayingPeer fanout;
        private final PacedPublisher publisher;
        private long misjudged;
        private long through;

        Crowd(ReplayingPeer fanout, PacedPublisher publisher) {
            this.fanout = fanout;
            this.publisher = publisher;
        }

        void come(int waves) {
            List<Stay> last = List.of();
            for (int i = 0; i < waves && System.nanoTime() < end; i++) {
                List<Stay> next = join();
                leave(last);
                last = next;
            }
            leave(last);
        }

        private List<Stay> join() {
            List<Stay> wave = new ArrayList<>();
            for (int i = 0; i < WAVE; i++) {
                Visitor visitor = new Visitor(STAY, publisher.mark().lines());
                long begun = System.nanoTime();
                ReplayingPeer.Visit visit = fanout.join(visitor);
                joins.add(System.nanoTime() - begun);
                visitor.joined(publisher.mark().lines() + Lines.COUNT);
                wave.add(new Stay(visitor, visit));
                visitors.add(visitor);
            }
            return wave;
        }

        private void leave(List<Stay> wave) {
            while (!wave.stream().allMatch(stay -> stay.visitor.isThrough()) && System.nanoTime() < end) {
                LockSupport.parkNanos(this, LOOK_NANOS);
            }
            for (Stay stay : wave) {
                boolean wasThrough = stay.visitor.isThrough();
                boolean agrees = stay.visit.leave();
                through += wasThrough ? 1 : 0;
                misjudged += wasThrough && !agrees ? 1 : 0;
            }
        }

        void report(Count count) {
            long[] sorted = joins.stream().mapToLong(nanos -> nanos).sorted().toArray();
            count.join = sorted[sorted.length / 2];
            count.through = through;
            count.wrong = misjudged
                    + visitors.stream()
                            .filter(v -> v.isThrough() && !v.isRight())
                            .count();
            count.lost = visitors.stream().mapToLong(Visitor::lost).sum();
        }
    }

    /** Measures once. */
    @Benchmark
    public void measure(Count count) {
        try (ReplayingPeer fanout = Peers.replaying(peer);
                PacedPublisher publisher = new PacedPublisher(fanout, LINES_PER_SECOND)) {
            fanout.start(new Work[0]);
            publisher.start(2 * ReplayingPeer.HISTORY);
            new Crowd(fanout, publisher).come(WARM_WAVES);
            Pace before = alone(publisher);
            Crowd crowd = new Crowd(fanout, publisher);
            Pace joined = pace(publisher, () -> crowd.come(visitors / WAVE));
            Pace behind = alone(publisher);
            count.rateAlone = before.plus(behind).rate();
            count.rateJoined = joined.rate();
            count.lineAlone = before.plus(behind).picosPerLine();
            count.lineJoined = joined.picosPerLine();
            crowd.report(count);
        }
    }

    private Pace alone(PacedPublisher publisher) {
        LockSupport.parkNanos(this, 2 * PacedPublisher.PATIENCE); // until nothing is left to be made up
        return pace(publisher, () -> LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(alone)));
    }

    private static Pace pace(PacedPublisher publisher, Runnable meanwhile) {
        long begun = System.nanoTime();
        PacedPublisher.Mark before = publisher.mark();
        meanwhile.run();
        PacedPublisher.Mark after = publisher.mark();
        return new Pace(after.lines() - before.lines(), after.nanos() - before.nanos(), System.nanoTime() - begun);
    }
}
