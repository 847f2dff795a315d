package io.logstream.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import io.logstream.testkit.VirtualTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Follows {@code /app.log} of a {@link MemoryHost} in simulated time, as the core does: opens the source again at the last
 * position after a failure, and skips what it has got. All that is handed over becomes one text, with gaps and events in angle
 * brackets. For one thread.
 */
final class FollowRig implements LineSink, AutoCloseable {
    static final String LOG = "/app.log";

    final VirtualTime time = VirtualTime.startingAt(Instant.parse("2030-01-01T00:00:00Z"));
    final MemoryHost host = new MemoryHost(time::epochNanos);
    final SshConnection connection = MemoryHost.connection(host);
    final StringBuilder text = new StringBuilder();

    private final UnaryOperator<SshFileSource.Builder> options;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean tasksHeld;
    private volatile boolean woken;
    private Duration within = Duration.ZERO;
    private @Nullable LogReader reader;
    private Start start = Start.beginning();
    private @Nullable SourcePosition newest;
    private long newestAt;
    private long at;
    private long handed;
    private boolean placed;
    private Outcome last = Outcome.MORE;

    FollowRig() {
        this(builder -> builder);
    }

    FollowRig(UnaryOperator<SshFileSource.Builder> options) {
        this.options = options;
    }

    private final SourceContext context = new SourceContext() {
        @Override
        public void wake() {
            woken = true;
        }

        @Override
        public void wakeWithin(Duration wanted) {
            within = wanted;
        }

        @Override
        public TimeSource time() {
            return time;
        }

        @Override
        public Executor blocking() {
            return tasks::add;
        }
    };

    FollowRig start(Start from) {
        start = from;
        return this;
    }

    /** A position, and how much text was there when it was told. */
    record Mark(SourcePosition position, int length) {}

    /** All positions that a new reader may be opened at. */
    final List<Mark> marks = new ArrayList<>();

    /** Opens another reader at a position told before: what came after it is forgotten, and comes again. */
    void restart(Mark mark) {
        restart(Start.at(mark.position));
        text.setLength(mark.length);
        marks.removeIf(other -> other.length > mark.length);
    }

    /** The newest position told, or null where there is none that leads here. */
    @Nullable
    SourcePosition position() {
        return newest;
    }

    /** Ends this reader; the next step opens another one at a position, whose text begins here. */
    void restart(Start from) {
        closeReader();
        newest = null;
        handed = at;
        newestAt = at;
        start = from;
    }

    /** Whether what the reader wants to be done elsewhere waits. */
    void holdTasks(boolean hold) {
        tasksHeld = hold;
    }

    /** Breaks the connection; the next step finds out. */
    void breakConnection() throws Exception {
        Sftp sftp = connection.sftp();
        host.breakConnections();
        MemoryHost.awaitAnswers(sftp);
    }

    void breakConnectionQuietly() {
        try {
            breakConnection();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    boolean isAtEnd() {
        return last == Outcome.END;
    }

    /** Why the source can't be opened. */
    Throwable failure() {
        try {
            source().open(start, context).close();
        } catch (Exception e) {
            return e;
        }
        throw new AssertionError("it can be opened");
    }

    /** Opens a reader, which may fail, and closes it. */
    void openAndClose() throws Exception {
        try {
            source().open(start, context).close();
        } catch (IOException | InterruptedException e) {
            // as it was to be
        }
        boolean interrupted = Thread.interrupted(); // it may have come behind the last request
    }

    /** How many files are open on the host. */
    int openHandles() throws Exception {
        MemoryHost.awaitAnswers(connection.sftp());
        MemoryHost.awaitAnswers(connection.sftp());
        return host.openHandles();
    }

    private SshFileSource source() {
        return options.apply(SshFileSource.builder(connection, LOG)).build();
    }

    /** One read, and all answers to what it asked. Time stands still. */
    Outcome step() {
        try {
            if (reader == null) {
                reader = options.apply(SshFileSource.builder(connection, LOG))
                        .build()
                        .open(start, context);
                placed = start instanceof Start.At;
            }
            within = Duration.ofHours(1);
            woken = false;
            host.hold(true);
            try {
                last = reader.read(this);
            } finally {
                host.hold(false);
            }
            settle();
        } catch (IOException e) {
            failed();
        } catch (Exception e) {
            throw new AssertionError("so far: " + text, e);
        }
        return last;
    }

    private void failed() {
        closeReader();
        last = Outcome.MORE;
        at = newestAt;
        if (newest != null) {
            start = Start.at(newest);
        } else if (text.length() > 0) {
            text.append("<gap RECONNECTED>");
            at = handed;
            start = Start.end();
        }
    }

    /** Waits for all answers, and does what the reader wants to be done elsewhere. */
    private void settle() throws Exception {
        Sftp sftp = connection.sftp();
        MemoryHost.awaitAnswers(sftp);
        while (!tasksHeld && !tasks.isEmpty()) {
            tasks.remove().run();
            MemoryHost.awaitAnswers(sftp);
        }
    }

    /** Lets time pass, as long as the reader wants to wait. */
    void pass() {
        if (last != Outcome.MORE && last != Outcome.END && !woken) {
            time.advance(within);
        }
    }

    /** Reads on for some time. */
    void follow(Duration howLong) {
        long end = time.nanoTime() + howLong.toNanos();
        while (last != Outcome.END) {
            step();
            long left = end - time.nanoTime();
            if (last != Outcome.MORE && last != Outcome.END && !woken && (left <= 0 || within.toNanos() > left)) {
                time.advance(Duration.ofNanos(Math.max(0, left)));
                return;
            }
            pass();
        }
    }

    void until(String what, BooleanSupplier condition) {
        for (int i = 0; i < 20_000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            step();
            pass();
        }
        throw new AssertionError("not in 20,000 steps: " + what + "; so far: " + text);
    }

    void until(String expected) {
        until(expected, () -> text.indexOf(expected) >= 0);
    }

    // ---- the sink

    @Override
    public int room() {
        return 1 << 20;
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
        if (!placed) {
            throw new AssertionError("bytes before a position; so far: " + text);
        }
        int length = bytes.remaining();
        int old = (int) Math.min(handed - at, length);
        at += length;
        handed = Math.max(handed, at);
        bytes.position(bytes.position() + old);
        text.append(UTF_8.decode(bytes));
    }

    @Override
    public void endLine(Channel channel) {
        at++;
        if (at > handed) {
            handed = at;
            text.append("<end>\n");
        }
    }

    @Override
    public void gap(long lines, Gap.Reason reason) {
        text.append("<gap ").append(reason).append('>');
        at = handed;
        newest = null;
        newestAt = at;
        placed = false;
    }

    @Override
    public void event(SourceEvent event) {
        text.append('<').append(event.kind()).append('>');
    }

    @Override
    public void position(@Nullable SourcePosition next) {
        newest = next;
        newestAt = at;
        placed = true;
        if (next != null && at == handed) {
            marks.add(new Mark(next, text.length()));
        }
    }

    private void closeReader() {
        LogReader open = reader;
        reader = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        closeReader();
        connection.close();
    }
}
