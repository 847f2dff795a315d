package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The memory of evicted segments is used again, and nobody can see that. */
class SegmentReuseTest {
    private static final int LENGTH = 100;
    private static final int LINES = 1000;
    private static final int CHUNK = LINES * LENGTH;

    private static final int RETAINED = 1 << 20;

    private final MemoryBudget budget = new MemoryBudget(1 << 30);
    private final SegmentRing ring = ring(RETAINED);
    private long published;

    /** Lines that begin with their number. */
    private static byte[] lines(long first, int count) {
        byte[] bytes = new byte[count * LENGTH];
        for (int i = 0; i < count; i++) {
            byte[] number = Long.toString(first + i).getBytes(StandardCharsets.US_ASCII);
            Arrays.fill(bytes, i * LENGTH, (i + 1) * LENGTH - 1, (byte) ('a' + (first + i) % 26));
            System.arraycopy(number, 0, bytes, i * LENGTH, number.length);
            bytes[(i + 1) * LENGTH - 1] = '\n';
        }
        return bytes;
    }

    private SegmentRing ring(int retainLines) {
        return new SegmentRing(1, 0, 0, retainLines, RETAINED, false, SegmentRing.BULK_BYTES, budget, () -> {});
    }

    private Segment publish() {
        Segment segment = publish(ring, lines(published, LINES));
        published += LINES;
        return segment;
    }

    private static Segment publish(SegmentRing ring, byte[] chunk) {
        ring.lock.lock();
        try {
            assertThat(ring.appendLines(chunk, 0, chunk.length, 1 << 20, 0, false, 0))
                    .isEqualTo(chunk.length);
            ring.publish();
            ring.trim(Long.MAX_VALUE);
            return Objects.requireNonNull(ring.locate(ring.tail() - 1));
        } finally {
            ring.lock.unlock();
        }
    }

    private List<Segment> publish(int chunks) {
        List<Segment> all = new ArrayList<>();
        for (int i = 0; i < chunks; i++) {
            all.add(publish());
        }
        return all;
    }

    @Test
    void evictedSegment_thatNobodyReads_givesItsMemory() {
        List<Segment> before = publish(9);
        byte[] oldest = before.get(0).bytes;
        assertThat(oldest).hasSizeGreaterThanOrEqualTo(CHUNK);
        List<Segment> after = publish(4);
        assertThat(after).anySatisfy(segment -> assertThat(segment.bytes).isSameAs(oldest));
        assertThat(before.get(0).bytes).isEmpty();
        assertThat(ring.footprint()).isLessThanOrEqualTo(1 << 20);
    }

    @Test
    void evictedSegment_thatIsRead_keepsItsMemory() {
        List<Segment> before = publish(9);
        Segment read = before.get(0);
        byte[] content = read.bytes.clone();
        assertThat(read.pin()).isTrue();
        publish(40);
        assertThat(read.next).isSameAs(Segment.EVICTED);
        assertThat(read.bytes).isEqualTo(content);
        read.unpin();
        publish(40);
        assertThat(read.bytes).isEqualTo(content);
    }

    @Test
    void evictedSegment_canNotBePinned() {
        Segment gone = publish(9).get(0);
        publish(9);
        assertThat(gone.pin()).isFalse();
    }

    @Test
    void spareMemory_isGivenUpForOthers_andCounted() {
        publish(20);
        long held = budget.used();
        assertThat(held).isEqualTo(ring.footprint());
        assertThat(ring.tryEvictOldest()).isTrue();
        assertThat(budget.used()).isLessThanOrEqualTo(held - CHUNK).isEqualTo(ring.footprint());
        ring.free();
        assertThat(budget.used()).isZero();
    }

    @Test
    void historyOfFewLines_takesNoMoreMemoryThanTheyNeed() {
        for (int retainLines : new int[] {1, 100, 1000, 3000}) {
            SegmentRing few = ring(retainLines);
            for (int i = 0; i < 20; i++) {
                publish(few, lines(i * 2500L, 2500));
            }
            int most = Math.max(16, retainLines / 8);
            assertThat(few.tailSequence() - few.headSequence())
                    .isBetween((long) retainLines, (long) retainLines + most);
            assertThat(few.footprint())
                    .as("memory for %d lines", retainLines)
                    .isLessThanOrEqualTo(2L * (retainLines + most) * LENGTH + (16 << 10));
        }
    }

    @Test
    void linesBeforeOneThatIsTooLong_takeNoMoreMemoryThanTheyNeed() {
        byte[] chunk = new byte[100_000];
        System.arraycopy(lines(0, 10), 0, chunk, 0, 10 * LENGTH);
        ring.lock.lock();
        try {
            assertThat(ring.appendLines(chunk, 0, chunk.length, 50_000, 0, false, 0))
                    .isEqualTo(10 * LENGTH);
        } finally {
            ring.lock.unlock();
        }
        assertThat(ring.footprint()).isLessThanOrEqualTo(4096);
    }

    @Test
    void memoryThatIsMuchLargerThanNeeded_isNotUsedAgain() {
        publish(20);
        Segment small = publish(ring, lines(published, 400));
        assertThat(small.used()).isEqualTo(400 * LENGTH);
        assertThat(small.footprint()).isLessThanOrEqualTo(CHUNK / 2);
    }

    @Test
    void retainedLines_areWhatWasPublished_whenMemoryIsUsedAgain() {
        publish(60);
        for (long slot = ring.head(); slot < ring.tail(); slot++) {
            Segment segment = Objects.requireNonNull(ring.locate(slot));
            int line = segment.line(slot);
            byte[] expected = lines(slot, 1);
            assertThat(segment.length(line)).isEqualTo(LENGTH - 1);
            assertThat(ByteBuffer.wrap(segment.bytes, segment.from(line), LENGTH))
                    .isEqualTo(ByteBuffer.wrap(expected));
        }
    }

    /** Hands over numbered lines, as fast as it is read. */
    private record Numbers(long total) implements LogSource {
        @Override
        public String identity() {
            return "numbers";
        }

        @Override
        public LogReader open(Start start, SourceContext context) {
            return new LogReader() {
                private long next;

                @Override
                public Outcome read(LineSink sink) {
                    int count = (int) Math.min(total - next, LINES + next % 700);
                    sink.bytes(Channel.STDOUT, ByteBuffer.wrap(lines(next, count)), LineSink.NO_TIME);
                    next += count;
                    byte[] here = ByteBuffer.allocate(8).putLong(next).array();
                    sink.position(SourcePosition.of(here, next));
                    return next == total ? Outcome.END : Outcome.MORE;
                }

                @Override
                public void close() {}
            };
        }
    }

    /** Whether the bytes before a token's place are those of the line before it. */
    private static boolean isRight(ResumeToken given) {
        Token token = Token.decode(given.toBytes());
        Token.Check check = token.out().check();
        byte[] before = lines(Math.max(0, token.sequence() - 1), 1);
        return check.equals(Token.Check.of(before, LENGTH - check.length(), check.length()));
    }

    /** Compares every byte of every line with its number, before and after it was slow. */
    private static final class Checker implements Subscriber {
        final CountDownLatch ended = new CountDownLatch(1);
        final AtomicReference<String> wrong = new AtomicReference<>();
        final int slow;
        long lines;
        long lost;
        int batches;

        Checker(int slow) {
            this.slow = slow;
        }

        @Override
        public void onLines(LogBatch batch) {
            check(batch);
            if (++batches % slow == 0) {
                for (int i = 0; i < 20; i++) {
                    check(batch); // while others are evicted
                }
            }
            if (!isRight(batch.token())) {
                wrong.compareAndSet(null, "the token at " + batch.sequence(batch.size() - 1));
            }
            lines += batch.size();
        }

        private void check(LogBatch batch) {
            byte[] line = new byte[LENGTH];
            for (int i = 0; i < batch.size(); i++) {
                long number = batch.sequence(i);
                int length = batch.copyTo(i, line, 0);
                line[length] = '\n';
                if (!Arrays.equals(line, lines(number, 1))) {
                    LogLine found = batch.line(i);
                    wrong.compareAndSet(null, number + ": " + found.text());
                }
            }
        }

        @Override
        public void onGap(Gap gap) {
            lost += gap.lines();
        }

        @Override
        public void onEnd(EndReason reason) {
            ended.countDown();
        }
    }

    @Test
    void tokens_areRight_whoeverAsksForThemWhileMemoryIsUsedAgain() throws InterruptedException {
        StreamOptions options = StreamOptions.builder().retainBytes(1 << 20).build();
        SubscribeOptions how = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.dropOldest())
                .build();
        try (LogHub hub = LogHub.create()) {
            var stream = hub.open("numbers", new Numbers(600_000), options);
            Checker viewer = new Checker(2);
            Subscription watching = stream.subscribe(how, viewer);
            int compared = 0;
            do {
                ResumeToken token = Objects.requireNonNull(watching.tokens().get("numbers"));
                assertThat(isRight(token)).as("token %d", compared).isTrue();
                compared++;
            } while (watching.end().isEmpty());
            assertThat(viewer.wrong).hasValue(null);
        }
    }

    @Test
    void polledLines_areWhatWasPublished_afterTheirMemoryWasUsedAgain_andWhenTheCursorIsClosedMeanwhile()
            throws Exception {
        StreamOptions options = StreamOptions.builder().retainBytes(1 << 20).build();
        SubscribeOptions how = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.dropOldest())
                .build();
        try (LogHub hub = LogHub.create()) {
            var stream = hub.open("numbers", new Numbers(300_000), options);
            while (stream.end().isEmpty()) {
                LogCursor cursor = stream.tail(how);
                List<LogLine> polled = new ArrayList<>();
                CountDownLatch begun = new CountDownLatch(1);
                Thread poller = new Thread(() -> {
                    for (int i = 0; i < 20_000 && cursor.end().isEmpty(); i++) {
                        LogEntry entry = cursor.poll();
                        if (entry instanceof LogLine line) {
                            polled.add(line);
                            begun.countDown();
                        }
                    }
                    begun.countDown();
                });
                poller.start();
                begun.await();
                cursor.close();
                poller.join();
                for (LogLine line : polled) {
                    byte[] expected = lines(line.sequence(), 1);
                    assertThat(line.bytes()).isEqualTo(ByteBuffer.wrap(expected, 0, LENGTH - 1));
                }
            }
        }
    }

    /** Is stuck in the event, and then in the lines behind it. */
    private static final class StuckTwice implements Subscriber {
        final Semaphore inEvent = new Semaphore(0);
        final Semaphore afterEvent = new Semaphore(0);
        final Semaphore inLines = new Semaphore(0);
        final Semaphore afterLines = new Semaphore(0);
        final CompletableFuture<byte[]> read = new CompletableFuture<>();

        @Override
        public void onEvent(SourceEvent event) {
            if (event.kind() == SourceEvent.Kind.ROTATED) {
                inEvent.release();
                afterEvent.acquireUninterruptibly();
            }
        }

        @Override
        public void onLines(LogBatch batch) {
            if (!read.isDone()) {
                inLines.release();
                afterLines.acquireUninterruptibly();
                byte[] content = new byte[LENGTH - 1];
                batch.copyTo(0, content, 0);
                read.complete(content);
            }
        }
    }

    @Test
    void linesBehindAnEvent_keepTheirMemory_whileTheyAreRead() throws Exception {
        StreamOptions options = StreamOptions.builder().retainBytes(1 << 20).build();
        StuckTwice viewer = new StuckTwice();
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("feed", options);
            feed.broadcaster().subscribe(viewer);
            feed.event(SourceEvent.of(SourceEvent.Kind.ROTATED, ""));
            viewer.inEvent.acquire(); // it holds a segment without lines
            feed.bytes(Channel.STDOUT, ByteBuffer.wrap(lines(0, LINES)));
            viewer.afterEvent.release();
            viewer.inLines.acquire();
            for (int i = 1; i <= 40; i++) {
                feed.bytes(Channel.STDOUT, ByteBuffer.wrap(lines(i * LINES, LINES)));
            }
            viewer.afterLines.release();
            assertThat(viewer.read.get()).isEqualTo(Arrays.copyOf(lines(0, 1), LENGTH - 1));
        }
    }

    @Test
    void viewers_seeWhatWasPublished_whileMemoryIsUsedAgain() throws InterruptedException {
        long total = 600_000;
        StreamOptions options = StreamOptions.builder().retainBytes(1 << 20).build();
        try (LogHub hub = LogHub.create()) {
            List<Checker> viewers = List.of(new Checker(1000), new Checker(7), new Checker(2));
            SubscribeOptions how = SubscribeOptions.builder()
                    .replay(Replay.all())
                    .policy(BackpressurePolicy.dropOldest())
                    .build();
            var stream = hub.open("numbers", new Numbers(total), options);
            List<Subscription> watching = new ArrayList<>();
            viewers.forEach(viewer -> watching.add(stream.subscribe(how, viewer)));
            for (int i = 0; i < viewers.size(); i++) {
                Checker viewer = viewers.get(i);
                assertThat(viewer.ended.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(viewer.wrong).hasValue(null);
                assertThat(viewer.lines + viewer.lost)
                        .isEqualTo(total - watching.get(i).stats().joined());
            }
        }
    }
}
