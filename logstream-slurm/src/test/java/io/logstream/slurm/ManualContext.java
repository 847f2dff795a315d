package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.TimeSource;
import io.logstream.testkit.VirtualTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** What a reader is opened with that a test asks itself, with a clock that stands still. */
final class ManualContext implements SourceContext, ChannelLog.Finding {
    private final VirtualTime time = VirtualTime.startingAt(Instant.now());

    /** Whether there are threads for what blocks. */
    volatile boolean hasThreads = true;
    /** How often it was woken. */
    volatile int wakes;
    /** When it wants to be called again, as it has said last. */
    volatile @Nullable Duration within;

    void advance(Duration by) {
        time.advance(by);
    }

    @Override
    public SourceContext context() {
        return this;
    }

    @Override
    public boolean has(LogFile file) {
        return Files.exists(file.path());
    }

    @Override
    public boolean mayWait() {
        return true;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void wake() {
        wakes++;
    }

    @Override
    public void wakeWithin(Duration within) {
        this.within = within;
    }

    @Override
    public TimeSource time() {
        return time;
    }

    @Override
    public Executor blocking() {
        return task -> {
            if (!hasThreads) {
                throw new RejectedExecutionException("all threads are taken");
            }
            Thread thread = new Thread(task, "logstream-test");
            thread.setDaemon(true);
            thread.start();
        };
    }

    /** Keeps what it is told. */
    static final class Sink implements LineSink {
        final List<String> told = new ArrayList<>();
        private final ByteArrayOutputStream[] bytes = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        private int room;

        @Nullable
        SourcePosition position;

        /** What was told last. */
        @Nullable
        SourceEvent last;

        /** What a reader finds in one call with so much room. */
        LogReader.Outcome read(LogReader reader, int room) throws IOException {
            this.room = room;
            return reader.read(this);
        }

        /** What it finds until it waits, or has ended. */
        LogReader.Outcome read(LogReader reader) throws IOException {
            LogReader.Outcome outcome = read(reader, 256 * 1024);
            while (outcome == LogReader.Outcome.MORE) {
                outcome = read(reader, 256 * 1024);
            }
            return outcome;
        }

        String text(Channel channel) {
            return bytes[channel.ordinal()].toString(StandardCharsets.UTF_8);
        }

        @Override
        public int room() {
            return room;
        }

        @Override
        public void bytes(Channel channel, ByteBuffer from, long epochNanos) {
            byte[] copy = new byte[from.remaining()];
            from.get(copy);
            room -= copy.length;
            bytes[channel.ordinal()].writeBytes(copy);
        }

        @Override
        public void endLine(Channel channel) {}

        @Override
        public void gap(long lines, Gap.Reason reason) {
            told.add("gap " + reason);
        }

        @Override
        public void event(SourceEvent event) {
            last = event;
            told.add(event.kind() + " " + event.detail());
        }

        @Override
        public void position(@Nullable SourcePosition next) {
            position = next;
        }
    }
}
