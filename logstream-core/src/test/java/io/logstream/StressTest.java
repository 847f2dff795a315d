package io.logstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Real threads: one source at full speed, 64 viewers at a time of every policy and pace, who come and go. Each of them must
 * see every sequence exactly once, as a line with the right number in it, as a line that its filter held back, or in a gap.
 */
class StressTest {
    private static final int VIEWERS = 64;
    private static final int LINE = 24;

    @Test
    void everyViewerHasAnExactAccount_twentyMillionLines() throws Exception {
        run(20_000_000, new SplittableRandom(42));
    }

    @Test
    @Tag("stress")
    void everyViewerHasAnExactAccount_forMinutes() throws Exception {
        long end = System.nanoTime() + StressTime.get().toNanos();
        while (System.nanoTime() < end) {
            run(20_000_000, new SplittableRandom());
        }
    }

    private static void run(long lines, SplittableRandom random) throws InterruptedException {
        Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
        AtomicLong viewers = new AtomicLong();
        AtomicLong delivered = new AtomicLong();
        AtomicLong lost = new AtomicLong();
        long begun = System.nanoTime();
        try (LogHub hub = LogHub.create()) {
            StreamOptions options = StreamOptions.builder()
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .retainLines(200_000)
                    .retainBytes(4 << 20)
                    .build();
            Broadcaster stream = hub.open("numbers", new Numbers(lines), options);
            List<Viewer> now = new ArrayList<>();
            for (int kind = 0; kind < VIEWERS; kind++) {
                now.add(new Viewer(stream, kind, Replay.all(), random.split(), wrong));
            }
            while (stream.end().isEmpty() && wrong.isEmpty()) {
                for (int i = 0; i < VIEWERS; i++) {
                    Viewer viewer = now.get(i);
                    if (viewer.isOver() && stream.end().isEmpty()) {
                        viewer.finish(viewers, delivered, lost);
                        now.set(i, new Viewer(stream, i, replay(random), random.split(), wrong));
                    } else {
                        viewer.trouble();
                    }
                }
                LockSupport.parkNanos(1_000_000);
            }
            for (Viewer viewer : now) {
                viewer.drain();
                viewer.finish(viewers, delivered, lost);
            }
            assertThat(wrong).isEmpty();
            assertThat(hub.stats().subscribers()).isZero();
        }
        System.out.printf(
                "stress: %,d lines, %,d viewers, %,d deliveries, %,d lost in gaps, %.1f s%n",
                lines, viewers.get(), delivered.get(), lost.get(), (System.nanoTime() - begun) / 1e9);
        assertThat(delivered.get()).isGreaterThan(lines);
        assertThat(viewers.get()).isGreaterThan(VIEWERS);
    }

    private static Replay replay(SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> Replay.none();
            case 1 -> Replay.last(1 + random.nextInt(100_000));
            default -> Replay.all();
        };
    }

    /** One viewer of the kind that its number says, and what it has seen. */
    private static final class Viewer implements Subscriber {
        private final int kind;
        private final boolean filtered;
        private final SplittableRandom random;
        private final Queue<Throwable> wrong;
        private final Subscription subscription;
        private final @Nullable LogCursor cursor;
        private final long leaveAfter;
        private volatile boolean over;
        private long next = -1;
        private long lines;
        private long gapLines;
        private long ends;

        Viewer(Broadcaster stream, int number, Replay replay, SplittableRandom random, Queue<Throwable> wrong) {
            this.kind = number % 8;
            this.filtered = kind == 4;
            this.random = random;
            this.wrong = wrong;
            this.leaveAfter = kind == 2 ? Long.MAX_VALUE : 200_000 + random.nextInt(4_000_000);
            SubscribeOptions.Builder options = SubscribeOptions.builder().replay(replay);
            switch (kind) {
                case 1 -> options.policy(BackpressurePolicy.dropNewest(1000));
                case 2 -> options.policy(BackpressurePolicy.block());
                case 4 -> options.filter(line -> line.byteAt(LINE - 2) == '7');
                case 5 -> options.policy(BackpressurePolicy.block(Duration.ofMillis(20)));
                case 7 -> options.policy(BackpressurePolicy.disconnect(50_000));
                default -> options.policy(BackpressurePolicy.dropOldest());
            }
            if (kind == 6) {
                cursor = stream.tail(options.build());
                subscription = cursor;
            } else {
                cursor = null;
                subscription = stream.subscribe(options.build(), this);
            }
        }

        @Override
        public void onLines(LogBatch batch) {
            expect(batch.sequence(0), batch.sequence(batch.size() - 1), batch.size());
            expectNumber(batch.line(0));
            expectNumber(batch.line(batch.size() - 1));
            expectNumber(batch.line(random.nextInt(batch.size())));
            lines += batch.size();
            next = batch.sequence(batch.size() - 1) + 1;
            if (kind == 3) {
                LockSupport.parkNanos(200_000);
            }
        }

        private void expect(long first, long last, int size) {
            check(next < 0 || (filtered ? first >= next : first == next), "line, expected", first, next);
            check(filtered || last - first == size - 1, "lines", size, first, last);
        }

        private void expectNumber(LogLine line) {
            long number = 0;
            for (int i = 0; i < line.length(); i++) {
                number = 10 * number + line.byteAt(i) - '0';
            }
            check(number == line.sequence(), "number and sequence", number, line.sequence());
            check(line.lineNumber() == number + 1, "line number and number", line.lineNumber(), number);
        }

        @Override
        public void onGap(Gap gap) {
            check(next < 0 || (filtered ? gap.first() >= next : gap.first() == next), "gap, expected", gap, next);
            check(gap.lines() == gap.last() - gap.first() + 1 && gap.lines() > 0 && gap.exact(), "gap", gap);
            check(gap.bytes() == gap.lines() * LINE, "gap", gap);
            gapLines += gap.lines();
            next = gap.last() + 1;
        }

        @Override
        public void onEnd(EndReason reason) {
            ends++;
            over = true;
        }

        /** What happens to it from outside, now and then. */
        void trouble() {
            if (cursor != null) {
                poll(cursor, 20_000);
            }
            if (kind == 0 && random.nextInt(20) == 0) {
                subscription.pause();
            } else if (kind == 0) {
                subscription.resume();
            }
            Subscription.Stats stats = subscription.stats();
            check(
                    stats.delivered() + stats.filtered() + stats.lost() == stats.position() - stats.joined(),
                    "%s",
                    stats);
            if (stats.position() - stats.joined() > leaveAfter) {
                subscription.close();
                over = true;
            }
        }

        private void poll(LogCursor from, int most) {
            for (int i = 0; i < most; i++) {
                LogEntry entry = from.poll();
                if (entry == null) {
                    return;
                }
                if (entry instanceof LogLine line) {
                    expect(line.sequence(), line.sequence(), 1);
                    expectNumber(line);
                    lines++;
                    next = line.sequence() + 1;
                } else if (entry instanceof Gap gap) {
                    onGap(gap);
                }
            }
        }

        boolean isOver() {
            return over || (cursor != null && cursor.end().isPresent());
        }

        /** Takes what is left at the end of the stream. */
        void drain() throws InterruptedException {
            subscription.resume();
            if (cursor != null && !isOver()) {
                poll(cursor, Integer.MAX_VALUE);
            }
            check(subscription.awaitEnd(Duration.ofSeconds(60)), "no end", subscription.stats());
        }

        void finish(AtomicLong viewers, AtomicLong allDelivered, AtomicLong allLost) throws InterruptedException {
            check(subscription.awaitEnd(Duration.ofSeconds(60)), "no end", subscription.stats());
            Subscription.Stats stats = subscription.stats();
            check(
                    stats.delivered() == lines && stats.lost() == gapLines,
                    "lines and gaps seen",
                    lines,
                    gapLines,
                    stats);
            check(
                    stats.delivered() + stats.filtered() + stats.lost() == stats.position() - stats.joined(),
                    "%s",
                    stats);
            check(kind == 2 ? stats.lost() == 0 : true, "blocked, and lost", stats);
            check(cursor != null || ends == 1, "ends", ends);
            viewers.incrementAndGet();
            allDelivered.addAndGet(lines);
            allLost.addAndGet(gapLines);
        }

        private void check(boolean right, String what, Object... facts) {
            if (!right) {
                AssertionError error =
                        new AssertionError("viewer of kind " + kind + ": " + what + " " + Arrays.toString(facts));
                wrong.add(error);
                throw error;
            }
        }
    }

    /** Lines that hold their own numbers, as fast as they are taken. */
    private record Numbers(long lines) implements LogSource {
        @Override
        public String identity() {
            return "numbers";
        }

        @Override
        public LogReader open(Start start, SourceContext context) {
            return new LogReader() {
                private final byte[] line = "0".repeat(LINE - 1).concat("\n").getBytes(StandardCharsets.US_ASCII);
                private final byte[] buffer = new byte[2048 * LINE];
                private long next;

                @Override
                public Outcome read(LineSink sink) {
                    int count = (int) Math.min(2048, lines - next);
                    for (int i = 0; i < count; i++) {
                        System.arraycopy(line, 0, buffer, i * LINE, LINE);
                        increment();
                    }
                    sink.bytes(Channel.STDOUT, ByteBuffer.wrap(buffer, 0, count * LINE), LineSink.NO_TIME);
                    next += count;
                    sink.position(SourcePosition.of(Long.toString(next).getBytes(StandardCharsets.US_ASCII), -1));
                    return next == lines ? Outcome.END : Outcome.MORE;
                }

                private void increment() {
                    int at = LINE - 2;
                    for (; line[at] == '9'; at--) {
                        line[at] = '0';
                    }
                    line[at]++;
                }

                @Override
                public void close() {}
            };
        }
    }
}
