package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.LogFeed;
import io.logstream.LogLine;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import io.logstream.spi.TimeSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A hub without threads: what would run on one waits until an actor runs it. Its one stream is a feed whose lines tell their
 * own sequence. A segment has sixteen lines, and the clock stands still.
 */
final class Rig implements Pool, TimeSource {
    /** How many lines the stream keeps at least. */
    static final int RETAINED = 16;

    /** What a line takes, with its end. */
    static final int LENGTH = 16;

    static final byte[] LINES = lines(100);
    private static final HubSettings SETTINGS = new HubSettings(1 << 20, 10, 10, 1, 1, 1, Duration.ZERO, null);
    private static final StreamOptions STREAM = StreamOptions.builder()
            .retainLines(RETAINED)
            .allowBlock(BackpressurePolicy.FOREVER)
            .build();

    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    final Hub hub = new Hub(
            SETTINGS,
            new Engine(this, this, this, this, new MemoryBudget(1 << 20), () -> 1, 0, SegmentRing.BULK_BYTES));
    final LogFeed feed = hub.feed("feed", STREAM);

    private static byte[] lines(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("this is line ").append(i / 10).append(i % 10).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    static boolean isIntact(LogLine line) {
        boolean intact = line.length() == LENGTH - 1 && line.lineNumber() == line.sequence() + 1;
        for (int i = 0; intact && i < LENGTH - 1; i++) {
            intact = line.byteAt(i) == LINES[(int) line.sequence() * LENGTH + i];
        }
        return intact;
    }

    static SubscribeOptions.Builder from(Replay replay) {
        return SubscribeOptions.builder().replay(replay);
    }

    static Cursor cursor(Subscription viewer) {
        return ((Viewer) viewer).viewing.cursors()[0];
    }

    /** Publishes lines at once; in their order, by one actor. */
    void publish(int from, int to) {
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap(LINES, from * LENGTH, (to - from) * LENGTH));
    }

    /** Does what one of the hub's threads would do, until there is nothing to do. */
    void work() {
        for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
            task.run();
        }
    }

    // ---- what the hub asks for

    @Override
    public void execute(Runnable task) {
        waiting.add(task);
    }

    @Override
    public boolean isOwnThread() {
        return false;
    }

    @Override
    public boolean staysWith(SerialTask task, boolean more) {
        return waiting.isEmpty();
    }

    @Override
    public int threads() {
        return 0;
    }

    @Override
    public int stuck() {
        return 0;
    }

    @Override
    public void close() {}

    @Override
    public void awaitEnd(Deadline deadline) {}

    @Override
    public long nanoTime() {
        return 0;
    }

    @Override
    public long epochNanos() {
        return 0;
    }

    @Override
    public Alarm after(Duration delay, Runnable action) {
        return () -> {};
    }
}
