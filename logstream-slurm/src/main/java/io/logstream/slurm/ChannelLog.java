package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One channel of a job: the file that is read for it now, and the place reached in that.
 *
 * <p>A file that is there before its job begins has an older job's lines, so it is opened behind them. When the job begins it
 * cuts the file, or appends to it; nothing but the file tells which. So the size and the time of the last write are kept
 * that it had: lines that come although no cut was seen may have lines of the same job before them, if it began with the same
 * lines as the older one, and then a gap says that. A file that was written in the moment before it was opened may be the job's
 * own, which has begun since the cluster was asked; if no cut of it is seen, it is read from its beginning.
 *
 * <p>For one thread, but for {@link #close}.
 */
final class ChannelLog implements AutoCloseable {
    private static final long NEVER = Long.MIN_VALUE;
    /** How long a file that is still being written is read on though the job writes to another one now. */
    private static final long MOST_DRAIN = Duration.ofSeconds(10).toNanos();
    /** How old what the cluster has said last may be, and how far the clock of a file server may be behind. */
    private static final Duration ANSWER_AGE = Duration.ofSeconds(2);

    private final Channel channel;
    private final Consumer<LineSink> moved;
    private @Nullable LogFile path;
    private @Nullable LogReader reader;
    private @Nullable SourcePosition position;
    private boolean isPlaceKnown = true;
    /** Whether the place is the one that was asked for: nothing has come of any file yet. */
    private boolean isPlaceGiven;

    private long moves;
    private boolean hasBytes;
    private boolean hasEnded;
    private boolean isClosed;
    /** What the file was that had an older job's lines; null where it had none, or was cut since. */
    private @Nullable Old old;

    private boolean isToBeginAgain;
    private boolean isAtEnd;
    private long movedAt;
    private long leavingSince = NEVER;
    private boolean owesGap;
    private boolean isFinal;
    /** Whether another file is read than the one that a place was told in last. */
    private boolean isPlaceLeft;

    /** Finds and opens files for a reader of a job. */
    interface Finding {
        SourceContext context();

        /** Whether there is such a file, as far as is known. */
        boolean has(LogFile file);

        /** Whether its thread may be held up. */
        boolean mayWait();
    }

    /**
     * A file before the job began.
     *
     * @param isFresh whether it was written so lately that the job may have begun by then
     */
    private record Old(long size, FileTime written, boolean isFresh) {
        boolean isSame(Old other) {
            return size == other.size && written.equals(other.written);
        }
    }

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
        this.isPlaceGiven = position != null;
    }

    Channel channel() {
        return channel;
    }

    /** The file that is read, or null. */
    @Nullable
    LogFile path() {
        return path;
    }

    /** Where the next byte is, or null before the beginning. */
    @Nullable
    SourcePosition position() {
        return position;
    }

    /** Whether the place is still the one that was asked for, whichever file it turns out to be in. */
    boolean isPlaceGiven() {
        return isPlaceGiven;
    }

    /** Gives up the place that was asked for, as it is in another run's file: this one's is read from its beginning, behind a gap. */
    void forgetPlace() {
        position = null;
        isPlaceGiven = false;
        isPlaceKnown = true;
        owesGap = true;
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
    boolean isThere(Finding finding) {
        LogFile file = path;
        return file != null && (hasBytes || finding.has(file));
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
    void open(LogFile file, Start start, boolean follow, Finding finding) throws IOException {
        isPlaceLeft |= position != null && !isPlaceGiven && !file.equals(path);
        shut();
        begin(file, start, follow, finding);
    }

    /** Reads from now on what comes to a file that a job has not yet begun to write, as the cluster has said so far. */
    void openOld(LogFile file, Finding finding) throws IOException {
        open(file, Start.end(), true, finding);
        Instant now = Instant.ofEpochSecond(0, finding.context().time().epochNanos());
        Old was = look(file, now.minus(ANSWER_AGE));
        old = was.size() > 0 ? was : null;
    }

    private void begin(LogFile file, Start start, boolean follow, Finding finding) throws IOException {
        LogReader opened;
        try {
            opened = file.host().open(file.path(), start, follow, finding.mayWait(), finding.context());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + file + " was opened", e);
        }
        synchronized (this) {
            path = file;
            reader = opened;
            hasBytes = false;
            hasEnded = false;
            isAtEnd = false;
            isToBeginAgain = false;
            leavingSince = NEVER;
            if (!isClosed) {
                return;
            }
        }
        opened.close();
    }

    /** Whether it can't be told yet whether what the file has is an older job's. */
    boolean isDoubtful() {
        Old was = old;
        return was != null && was.isFresh();
    }

    /** Takes what the file has for this job's, if that is in doubt. */
    void settleDoubt(Finding finding) throws IOException {
        LogFile file = path;
        if (isDoubtful() && file != null) {
            open(file, Start.beginning(), true, finding);
        }
    }

    private static Old look(LogFile log, Instant fresh) throws IOException {
        Path file = log.path();
        if (!log.host().isHere()) {
            return new Old(1, FileTime.fromMillis(0), true); // which is not asked for there
        }
        try {
            FileChannel.open(file, StandardOpenOption.READ).close(); // a remote file system asks its server then
            FileTime written = Files.getLastModifiedTime(file);
            return new Old(Files.size(file), written, !written.toInstant().isBefore(fresh));
        } catch (NoSuchFileException e) {
            return new Old(0, FileTime.fromMillis(0), false);
        }
    }

    LogReader.Outcome read(LineSink sink, long now, Finding finding) throws IOException {
        LogReader from = reader;
        if (from == null || hasEnded) {
            return LogReader.Outcome.WAIT;
        }
        tellLeft(sink);
        long before = moves;
        LogReader.Outcome outcome = read(from, sink, finding);
        LogFile file = path;
        if (isToBeginAgain && file != null) {
            open(file, Start.beginning(), true, finding);
            return LogReader.Outcome.MORE;
        }
        movedAt = before == moves ? movedAt : now;
        hasEnded = outcome == LogReader.Outcome.END;
        isAtEnd = outcome == LogReader.Outcome.WAIT || hasEnded;
        return outcome;
    }

    /** Tells what is to be told before the first byte of another file: no place in the one before is good for it. */
    private void tellLeft(LineSink sink) {
        if (owesGap) {
            sink.gap(-1, Gap.Reason.ROTATED);
        }
        if (isPlaceLeft) {
            sink.position(null);
        }
        if (owesGap || isPlaceLeft) {
            moved.accept(sink);
        }
        owesGap = false;
        isPlaceLeft = false;
    }

    private LogReader.Outcome read(LogReader from, LineSink sink, Finding finding) throws IOException {
        try {
            return from.read(new Through(sink));
        } catch (LogStreamException e) {
            endsWith(e, finding);
            return LogReader.Outcome.END;
        }
    }

    /** Throws the refusal, unless what was to be opened for the last time was removed: then it has ended. */
    private void endsWith(LogStreamException refusal, Finding finding) {
        LogFile file = path;
        if (!isFinal || file == null || finding.has(file)) {
            throw refusal;
        }
    }

    /**
     * Whether the file may be left for another one of the same job: it was read to its end, and was quiet for so long since.
     * One that is written without a pause is left in the end, and then a gap says so.
     */
    boolean mayBeLeft(long now, Duration quiet, Finding finding) {
        if (reader == null || hasEnded || !isThere(finding)) {
            return true;
        }
        if (leavingSince == NEVER) {
            leavingSince = now;
            isAtEnd = false; // until it was read once more
        }
        if (isAtEnd && now - Math.max(movedAt, leavingSince) >= quiet.toNanos()) {
            return true;
        }
        owesGap = isAtEnd && now - leavingSince >= quiet.toNanos() + MOST_DRAIN;
        return owesGap;
    }

    /**
     * Opens the file once more, at the same place and no longer to wait for more: what a remote file system has shown late,
     * and a cut that was not yet believed, is read then.
     */
    void beginFinal(Finding finding) throws IOException {
        LogFile file = path;
        if (file == null || hasEnded || !isPlaceKnown || isMissing(file, finding)) {
            hasEnded = true;
            return;
        }
        isFinal = true;
        SourcePosition place = position;
        Old was = old;
        boolean hadBytes = hasBytes;
        Old now = look(file, Instant.MAX);
        boolean isWrittenAnew =
                was != null && !hadBytes && (was.isFresh() || (now.size() <= was.size() && !now.isSame(was)));
        LogReader from = reader;
        if (from != null) {
            from.close();
        }
        old = isWrittenAnew ? null : old;
        try {
            begin(file, isWrittenAnew || place == null ? Start.beginning() : Start.at(place), false, finding);
        } catch (LogStreamException e) {
            endsWith(e, finding);
            hasEnded = true;
        }
        hasBytes = hadBytes;
    }

    /** Whether there is nothing to be opened; on another machine a file that was read may have another name by now. */
    private boolean isMissing(LogFile file, Finding finding) {
        return file.host().isHere()
                ? !finding.has(file) || !Files.isRegularFile(file.path())
                : !finding.has(file) && position == null;
    }

    /** Leaves the file. */
    void shut() throws IOException {
        LogReader from;
        synchronized (this) {
            from = reader;
            reader = null;
            path = null;
        }
        old = null;
        if (from != null) {
            from.close();
        }
        if (from != null && !isPlaceGiven) {
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
            if (isDoubtful()) {
                isToBeginAgain = true;
            }
            if (isToBeginAgain) {
                bytes.position(bytes.limit());
                return;
            }
            hasBytes = true;
            isPlaceGiven = false;
            if (old != null) {
                old = null;
                sink.gap(-1, Gap.Reason.TRUNCATED);
                moved.accept(sink);
            }
            sink.bytes(channel, bytes, epochNanos);
        }

        @Override
        public void endLine(Channel ignored) {
            if (isToBeginAgain) {
                return;
            }
            sink.endLine(channel);
        }

        @Override
        public void gap(long lines, Gap.Reason reason) {
            if (old == null) {
                sink.gap(lines, reason);
            }
            old = null; // what was cut was an older job's
        }

        @Override
        public void event(SourceEvent event) {
            switch (event.kind()) {
                case TRUNCATED, ROTATED, DISAPPEARED -> old = null;
                default -> {}
            }
            if (event.kind() != SourceEvent.Kind.WAITING && event.kind() != SourceEvent.Kind.APPEARED) {
                sink.event(event);
            }
        }

        @Override
        public void position(@Nullable SourcePosition next) {
            if (isToBeginAgain) {
                return;
            }
            moves++;
            isPlaceGiven = false;
            isPlaceKnown = next != null;
            position = next == null ? position : next;
            moved.accept(sink);
        }
    }
}
