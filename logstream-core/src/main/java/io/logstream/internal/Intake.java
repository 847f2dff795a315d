package io.logstream.internal;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.TimeSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The way into a run's ring: cuts bytes into lines, masks them, keeps checkpoints, and skips what the run has already got
 * when a reader was opened at a place before it. Methods take the ring's lock, or need it.
 *
 * <p>Two counts per channel say what to skip: {@code at}, where the reader stands, and {@code handed}, what the run has got;
 * both in bytes since the run began, where an implied line end counts as one. While {@code at < handed} bytes are skipped and, at the last of them, compared with
 * what was there before.
 */
final class Intake implements LineSink {
    /** Says that what the source has at a place is not what it had there before. */
    static final class Mismatch extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Mismatch(Channel channel) {
            super("the bytes of " + channel + " before the place of resumption have changed");
        }
    }

    private static final long CHECKPOINT_BYTES = 16 * 1024;
    private static final byte[] LINE_END = {'\n'};
    private static final byte[] NONE = {};
    private static final Lane[] NO_LANES = {};
    private static final byte[] MASK = "***".getBytes(StandardCharsets.ISO_8859_1);

    private final Run run;
    private final SegmentRing ring;
    private final TimeSource time;
    private final @Nullable Pattern mask;
    private final StreamOptions options;
    private final int maxLine;
    /** That of stdout and that of stderr, from when they are needed. */
    private Lane[] lanes = NO_LANES;

    private Checkpoint newest = Checkpoint.NONE;
    private long checkpointed;
    private long now;
    private boolean sourceTime;
    private long before;
    private int room;
    private boolean sinceGap;
    private volatile boolean waiting;
    private @Nullable SourceEvent first;

    Intake(Run run, StreamOptions options, int maxLine, TimeSource time) {
        this.run = run;
        this.ring = run.ring;
        this.time = time;
        this.mask = options.mask();
        this.options = options;
        this.maxLine = maxLine;
    }

    /** After how long an unfinished line is handed on; 0 for never. */
    private long quietNanos() {
        return mask == null ? options.partialAfter().toNanos() : 0; // what is masked must be whole
    }

    private Lane lane(int channel) {
        while (channel >= lanes.length) {
            Lane[] more = Arrays.copyOf(lanes, lanes.length + 1);
            more[lanes.length] = new Lane(lanes.length);
            lanes = more;
        }
        return lanes[channel];
    }

    /** Where the reader stands in a channel. */
    private long at(int channel) {
        return channel < lanes.length ? lanes[channel].at : 0;
    }

    private boolean isSkipping() {
        for (Lane lane : lanes) {
            if (lane.at < lane.handed) {
                return true;
            }
        }
        return false;
    }

    long handed() {
        long sum = 0;
        for (Lane lane : lanes) {
            sum += lane.handed;
        }
        return sum;
    }

    // ---- what a reader calls

    @Override
    public int room() {
        return Math.max(0, room);
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
        room -= bytes.remaining();
        ring.lock.lock();
        try {
            put(channel, bytes, epochNanos);
        } finally {
            ring.lock.unlock();
        }
    }

    /** Puts bytes into the ring, under its lock. */
    void put(Channel channel, ByteBuffer bytes, long epochNanos) {
        assert ring.lock.isHeldByCurrentThread();
        Lane lane = lane(channel.ordinal());
        announce();
        if (waiting) {
            waiting = false;
        }
        sourceTime = epochNanos != NO_TIME;
        now = sourceTime ? epochNanos : time.epochNanos();
        if (bytes.hasArray()) {
            int from = bytes.arrayOffset() + bytes.position();
            lane.accept(bytes.array(), from, from + bytes.remaining());
            bytes.position(bytes.limit());
        } else {
            byte[] copy = new byte[Math.min(bytes.remaining(), 64 * 1024)];
            while (bytes.hasRemaining()) {
                int n = Math.min(copy.length, bytes.remaining());
                bytes.get(copy, 0, n);
                lane.accept(copy, 0, n);
            }
        }
        run.commit();
    }

    /** Whether a line of a channel waits for its end. Under the ring's lock. */
    boolean isUnfinished(Channel channel) {
        assert ring.lock.isHeldByCurrentThread();
        return lane(channel.ordinal()).splitter.carried() > 0;
    }

    @Override
    public void endLine(Channel channel) {
        ring.lock.lock();
        try {
            announce();
            Lane lane = lane(channel.ordinal());
            if (lane.at < lane.handed) {
                lane.accept(LINE_END, 0, 1);
            } else {
                lane.window = lastBytes(lane.window, LINE_END, 0, 1);
                lane.handed = ++lane.at;
                now = time.epochNanos();
                sinceGap = true;
                lane.splitter.endLine(now);
                run.commit();
            }
        } finally {
            ring.lock.unlock();
        }
    }

    @Override
    public void gap(long lines, Gap.Reason reason) {
        if (!reason.isUpstream()) {
            throw new IllegalArgumentException("gap with reason " + reason + ": a source gives one that is upstream");
        }
        ring.lock.lock();
        try {
            announce();
            giveUp();
            Place place = ring.next();
            long sequence = place.sequence();
            ring.append(new Gap(
                    run.name.id(), sequence, sequence - 1, Math.max(0, lines), lines >= 0, -1, reason, null, null));
            ring.countLines(lines < 0 || place.lines() < 0 ? -1 : place.lines() + lines);
            for (Lane lane : lanes) {
                lane.at = lane.handed;
                lane.expected = Token.Check.NONE;
            }
            newest = new Checkpoint(ring.nextSlot(), null, at(0), at(1));
            ring.append(newest);
            sinceGap = false;
            run.countUpstreamGap(place);
            run.commit();
        } finally {
            ring.lock.unlock();
        }
    }

    @Override
    public void event(SourceEvent event) {
        ring.lock.lock();
        try {
            announce();
            waiting = switch (event.kind()) {
                case WAITING, DISAPPEARED -> true;
                case APPEARED -> false;
                default -> waiting;
            };
            append(event);
        } finally {
            ring.lock.unlock();
        }
    }

    @Override
    public void position(@Nullable SourcePosition next) {
        ring.lock.lock();
        try {
            boolean known = (newest.position() == null) == (next == null);
            newest = new Checkpoint(ring.nextSlot(), next, at(0), at(1));
            long total = at(0) + at(1);
            if (!known || total - checkpointed >= Math.min(CHECKPOINT_BYTES, options.retainBytes() / 64)) {
                checkpointed = total;
                ring.append(newest);
            }
            if (next != null && next.linesBefore() >= 0 && !isSkipping() && (total == 0 || ring.isUncounted())) {
                ring.countLines(next.linesBefore());
            }
        } finally {
            ring.lock.unlock();
        }
    }

    // ---- what the reading task calls

    /** Says how many bytes are welcome in the coming read. */
    void welcome(int bytes) {
        room = bytes;
    }

    /** Puts a run that has nothing yet at the place of a token. */
    void beginAt(Token token) {
        ring.lock.lock();
        try {
            Checkpoint checkpoint = new Checkpoint(ring.nextSlot(), token.position(), 0, 0);
            Place place = ring.next();
            ring.begin(new Place(
                    place.slot(),
                    place.sequence(),
                    token.out().skip(),
                    token.err().skip(),
                    token.lines(),
                    token.out().midLine(),
                    token.err().midLine(),
                    checkpoint,
                    place.upstream()));
            newest = checkpoint;
            for (int c = 0; c < 2; c++) {
                Lane lane = lane(c);
                lane.handed = token.side(c).skip();
                lane.at = 0;
                lane.expected = token.side(c).check();
                lane.splitter.beginInLine(token.side(c).midLine());
            }
            before = handed();
        } finally {
            ring.lock.unlock();
        }
    }

    /** The place where a reader that failed is opened again, or null if the source has told none. */
    @Nullable
    SourcePosition reopenAt() {
        ring.lock.lock();
        try {
            for (Lane lane : lanes) {
                byte[] window = lane.window;
                if (window.length > 0) {
                    int length = (int) Math.min(lane.handed - newest.handed(lane.channel), window.length);
                    lane.expected = Token.Check.of(window, window.length - length, length);
                }
                lane.skipped = NONE;
                lane.at = newest.handed(lane.channel);
            }
            return newest.position();
        } finally {
            ring.lock.unlock();
        }
    }

    /** Bytes that this run has got. */
    long readBytes() {
        ring.lock.lock();
        try {
            return handed() - before;
        } finally {
            ring.lock.unlock();
        }
    }

    /** Whether anything was handed over in this run. */
    boolean isUntouched() {
        return handed() == 0;
    }

    /** The source was read: what comes between this and another opening would be lost. */
    void wasRead() {
        sinceGap = true;
    }

    /** Whether the newest that was handed over is a gap: another one would say nothing new. */
    boolean isBehindGap() {
        return !sinceGap;
    }

    /** Whether the source has said that its log is not there. */
    boolean isWaiting() {
        return waiting;
    }

    /** Hands an event on before whatever the reader hands over next. */
    void announceFirst(SourceEvent event) {
        first = event;
    }

    /** Whether such an event waits. */
    boolean hasFirst() {
        return first != null;
    }

    /** Takes back an event that waits. */
    void takeBackFirst() {
        first = null;
    }

    /** The newest position that the source has told, or null. */
    @Nullable
    SourcePosition newestPosition() {
        return newest.position();
    }

    /** Hands on an event that waits for the reader to hand something over. */
    void announce() {
        SourceEvent event = first;
        if (event != null) {
            first = null;
            ring.lock.lock();
            try {
                append(event);
            } finally {
                ring.lock.unlock();
            }
        }
    }

    /** When the next unfinished line has been quiet for long enough, in nanoseconds from now, or -1 if there is none. */
    long nextFlush() {
        ring.lock.lock();
        try {
            long next = Wakeup.NEVER;
            for (Lane lane : lanes) {
                if (lane.awaitsQuiet()) {
                    next = Alarms.earlier(next, Math.max(0, lane.touched + quietNanos() - time.nanoTime()));
                }
            }
            return next;
        } finally {
            ring.lock.unlock();
        }
    }

    /** Hands on unfinished lines that have been quiet for long enough; returns whether there were any. */
    boolean flushQuiet() {
        ring.lock.lock();
        try {
            boolean flushed = false;
            for (Lane lane : lanes) {
                if (lane.awaitsQuiet() && time.nanoTime() - lane.touched >= quietNanos()) {
                    lane.splitter.flush();
                    lane.quiet = true;
                    flushed = true;
                }
            }
            if (flushed) {
                run.commit();
            }
            return flushed;
        } finally {
            ring.lock.unlock();
        }
    }

    /**
     * Hands on what is unfinished: nothing will follow it.
     *
     * @param complete whether the source was read to its end: then it is a loss if bytes that were there before have not come
     */
    void finish(boolean complete) {
        ring.lock.lock();
        try {
            if (complete && isSkipping()) {
                gap(-1, Gap.Reason.MISMATCH);
            }
            giveUp();
            run.commit();
        } finally {
            ring.lock.unlock();
        }
    }

    // ---- inside

    /** The last bytes, once more have come; in the same array where they are as many. */
    private static byte[] lastBytes(byte[] before, byte[] source, int from, int to) {
        int fresh = Math.min(Segment.WINDOW, to - from);
        int kept = Math.min(Segment.WINDOW - fresh, before.length);
        byte[] joined = kept + fresh == before.length ? before : new byte[kept + fresh];
        System.arraycopy(before, before.length - kept, joined, 0, kept);
        System.arraycopy(source, to - fresh, joined, kept, fresh);
        return joined;
    }

    private void append(SourceEvent event) {
        ring.append(event.at(run.name.id(), ring.next().sequence()));
        run.commit();
    }

    private void giveUp() {
        for (Lane lane : lanes) {
            lane.splitter.giveUp();
        }
    }

    /** One channel's way: what was read and handed over of it, and its lines on their way into the ring. */
    private final class Lane implements LineSplitter.Out {
        final int channel;
        final LineSplitter splitter;
        long at;
        long handed;
        long touched;
        boolean quiet;
        byte[] window = NONE;
        byte[] skipped = NONE;
        Token.Check expected = Token.Check.NONE;

        Lane(int channel) {
            this.channel = channel;
            boolean utf8 = options.charset().equals(StandardCharsets.UTF_8);
            splitter = new LineSplitter(maxLine, utf8, options.carriageReturnUpdates(), this);
        }

        /** Whether it has a line that is to be shown as it is when it has been quiet for long enough. */
        boolean awaitsQuiet() {
            return splitter.carried() > 0 && !quiet && quietNanos() > 0;
        }

        void accept(byte[] source, int from, int to) {
            int fresh = from + (int) Math.min(to - from, handed - at);
            if (fresh > from) {
                skipped = lastBytes(skipped, source, from, fresh);
                at += fresh - from;
                if (at == handed) {
                    compare();
                }
            }
            if (to > fresh) {
                window = lastBytes(window, source, fresh, to);
                at += to - fresh;
                handed = at;
                sinceGap = true;
                quiet = false;
                splitter.accept(source, fresh, to, now);
                if (splitter.carried() > 0) {
                    touched = time.nanoTime();
                }
            }
        }

        private void compare() {
            Token.Check check = expected;
            byte[] last = skipped;
            expected = Token.Check.NONE;
            skipped = NONE;
            int begin = last.length - check.length();
            if (begin >= 0 && !Token.Check.of(last, begin, check.length()).equals(check)) {
                throw new Mismatch(Channel.values()[channel]);
            }
            window = window.length == 0 ? last : window;
        }

        @Override
        public int lines(byte[] source, int from, int to, int maxLine, long time) {
            return mask == null ? ring.appendLines(source, from, to, maxLine, channel, sourceTime, time) : from;
        }

        @Override
        public void line(byte[] source, int from, int length, LogLine.Ending ending, boolean continuation, long time) {
            int flag = SegmentRing.flag(channel, ending, continuation, sourceTime);
            if (mask == null) {
                ring.append(source, from, length, length, flag, time);
            } else {
                byte[] masked = masked(mask, source, from, length, Segment.terminator(flag));
                ring.append(masked, 0, masked.length, length, flag, time);
            }
        }
    }

    /** The line with its secrets replaced; all of it, where it takes too long to find them. */
    private static byte[] masked(Pattern mask, byte[] source, int from, int length, int terminator) {
        String content = new String(source, from, length - terminator, StandardCharsets.ISO_8859_1);
        byte[] shown;
        try {
            shown = Bounded.replaceAll(mask, content, Matcher.quoteReplacement("***"))
                    .getBytes(StandardCharsets.ISO_8859_1);
        } catch (Bounded.OverBound e) {
            shown = MASK;
        }
        byte[] line = Arrays.copyOf(shown, shown.length + terminator);
        System.arraycopy(source, from + length - terminator, line, shown.length, terminator);
        return line;
    }
}
