package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Records what a reader hands over, and whatever it does wrong. */
final class RecordingSink implements LineSink {
    private static final long DAY_NANOS = Duration.ofDays(1).toNanos();

    /** A position, and what was handed over before it. */
    record Mark(SourcePosition position, Map<Channel, Integer> sizes, long lines) {}

    /** Bytes with a time of their own, and what was handed over before them. */
    record Timed(Channel channel, int offset, long epochNanos) {}

    /** A gap, and how many bytes were handed over before it. */
    record Missing(Gap.Reason reason, long bytesBefore) {}

    final Content content = new Content();
    final List<Mark> marks = new ArrayList<>();
    final List<Timed> times = new ArrayList<>();
    final List<SourceEvent> events = new ArrayList<>();
    final List<Missing> gaps = new ArrayList<>();
    private final List<String> wrongs = new CopyOnWriteArrayList<>();
    private final boolean wantsPositions;
    private @Nullable Thread thread;
    private @Nullable Runnable duringBytes;
    private int room;
    private long taken;
    private long lines;
    private boolean told;
    private boolean placed;

    /**
     * A sink.
     *
     * @param wantsPositions whether the source has positions
     * @param atPosition whether the reader is opened at one, so that the first bytes need no other before them
     */
    RecordingSink(boolean wantsPositions, boolean atPosition) {
        this.wantsPositions = wantsPositions;
        this.told = atPosition;
    }

    void beginRead(int room) {
        this.thread = Thread.currentThread();
        this.room = room;
        taken = 0;
        placed = true;
    }

    void endRead(boolean normally) {
        thread = null;
        check(taken <= room + (1L << 20), "a read handed over " + taken + " bytes into a room of " + room);
        check(!normally || !wantsPositions || placed, "a read handed over bytes and no position behind them");
    }

    /** Says that the next reader begins at a mark: what came after it is forgotten. */
    void backTo(Mark mark) {
        content.truncate(mark.sizes);
        lines = mark.lines;
        told = true;
    }

    /** Runs something within the next call of {@link #bytes}, between two looks at them. */
    void duringBytes(Runnable action) {
        duringBytes = action;
    }

    Mark lastMark() {
        return marks.get(marks.size() - 1);
    }

    /** Whatever was wrong since the last call of this. */
    String wrongs() {
        String all = String.join("; ", wrongs);
        wrongs.clear();
        return all;
    }

    @Override
    public int room() {
        return (int) Math.max(0, room - taken);
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
        checkCall("bytes");
        check(told || !wantsPositions, "bytes came before any position");
        if (epochNanos != NO_TIME) {
            long off = Math.abs(epochNanos - SystemTime.INSTANCE.epochNanos());
            check(off < DAY_NANOS, "bytes just written have the time " + epochNanos + ": more than a day off");
            times.add(new Timed(channel, content.size(channel), epochNanos));
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        if (duringBytes != null) {
            Runnable action = Objects.requireNonNull(duringBytes);
            duringBytes = null;
            action.run();
            check(ByteBuffer.wrap(copy).equals(bytes), "bytes were changed while the sink took them");
        }
        bytes.position(bytes.limit());
        content.add(channel, copy);
        for (byte b : copy) {
            lines += b == '\n' ? 1 : 0;
        }
        taken += copy.length;
        placed &= copy.length == 0;
    }

    @Override
    public void endLine(Channel channel) {
        checkCall("endLine");
        check(told || !wantsPositions, "a line end came before any position");
        content.add(channel, new byte[] {'\n'});
        lines++;
    }

    @Override
    public void gap(long lines, Gap.Reason reason) {
        checkCall("gap");
        check(reason.isUpstream(), "a gap has the reason " + reason + ", which is not upstream");
        check(lines >= -1, "a gap has " + lines + " lines");
        gaps.add(new Missing(reason, content.size()));
        told = false;
    }

    @Override
    public void event(SourceEvent event) {
        checkCall("event");
        check(event.stream().isEmpty() && event.sequence() == -1, "an event is placed already: " + event);
        events.add(event);
    }

    @Override
    public void position(@Nullable SourcePosition next) {
        checkCall("position");
        told = true;
        placed = next != null;
        if (next != null) {
            marks.add(new Mark(next, content.sizes(), lines));
        }
    }

    private void checkCall(String method) {
        check(thread == Thread.currentThread(), method + " was called outside of a read, or by another thread");
    }

    private void check(boolean right, String wrong) {
        if (!right) {
            wrongs.add(wrong);
        }
    }
}
