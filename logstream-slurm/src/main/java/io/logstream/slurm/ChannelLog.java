package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.file.FileSource;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One channel of a job: the file that is read for it now, and the place reached in that. For one thread, but for
 * {@link #close}.
 */
final class ChannelLog implements AutoCloseable {

    private final Channel channel;
    private final Consumer<LineSink> moved;
    private @Nullable Path path;
    private @Nullable LogReader reader;
    private @Nullable SourcePosition position;
    private boolean isPlaceKnown = true;
    private long moves;
    private boolean hasBytes;
    private boolean hasEnded;
    private boolean isClosed;

    /**
     * A channel without a file.
     *
     * @param moved is told when the place has changed
     * @param position the place to begin at, or null
     */
    ChannelLog(Channel channel, Consumer<LineSink> moved, @Nullable SourcePosition position) {
        this.channel = channel;
        this.moved = moved;
        this.position = position;
    }

    Channel channel() {
        return channel;
    }

    /** The file that is read, or null. */
    @Nullable
    Path path() {
        return path;
    }

    /** Where the next byte is, or null before the beginning. */
    @Nullable
    SourcePosition position() {
        return position;
    }

    /** How often the place has changed. */
    long moves() {
        return moves;
    }

    /** Whether reading can be begun again at the place. */
    boolean isPlaceKnown() {
        return isPlaceKnown;
    }

    /** Whether there is a file to read, which is waited for while it is not there. */
    boolean isThere() {
        Path file = path;
        return file != null && (hasBytes || Files.exists(file));
    }

    /** Whether bytes have come of this file. */
    boolean hasBytes() {
        return hasBytes;
    }

    /** Whether all was read of what a log that is not followed has. */
    boolean hasEnded() {
        return hasEnded;
    }

    /** Reads this file from now on. */
    void open(Path file, Start start, boolean follow, SourceContext context) throws IOException {
        shut();
        LogReader opened;
        try {
            opened = FileSource.builder(file).follow(follow).build().open(start, context);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + file + " was opened", e);
        }
        synchronized (this) {
            path = file;
            reader = opened;
            hasBytes = false;
            hasEnded = false;
            if (!isClosed) {
                return;
            }
        }
        opened.close();
    }

    LogReader.Outcome read(LineSink sink) throws IOException {
        LogReader from = reader;
        if (from == null || hasEnded) {
            return LogReader.Outcome.WAIT;
        }
        LogReader.Outcome outcome = from.read(new Through(sink));
        hasEnded = outcome == LogReader.Outcome.END;
        return outcome;
    }

    /** Leaves the file. */
    void shut() throws IOException {
        LogReader from;
        synchronized (this) {
            from = reader;
            reader = null;
            path = null;
        }
        if (from != null) {
            from.close();
            position = null;
            isPlaceKnown = true;
        }
    }

    @Override
    public void close() throws IOException {
        LogReader from;
        synchronized (this) {
            isClosed = true;
            from = reader;
        }
        if (from != null) {
            from.close();
        }
    }

    /** Makes one channel of a job of what a file tells. Whether there is a file is told by the job's reader. */
    private final class Through implements LineSink {
        private final LineSink sink;

        Through(LineSink sink) {
            this.sink = sink;
        }

        @Override
        public int room() {
            return sink.room();
        }

        @Override
        public void bytes(Channel ignored, ByteBuffer bytes, long epochNanos) {
            hasBytes = true;
            sink.bytes(channel, bytes, epochNanos);
        }

        @Override
        public void endLine(Channel ignored) {
            sink.endLine(channel);
        }

        @Override
        public void gap(long lines, Gap.Reason reason) {
            sink.gap(lines, reason);
        }

        @Override
        public void event(SourceEvent event) {
            if (event.kind() != SourceEvent.Kind.WAITING && event.kind() != SourceEvent.Kind.APPEARED) {
                sink.event(event);
            }
        }

        @Override
        public void position(@Nullable SourcePosition next) {
            moves++;
            isPlaceKnown = next != null;
            position = next == null ? position : next;
            moved.accept(sink);
        }
    }
}
