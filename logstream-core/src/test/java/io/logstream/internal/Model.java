package io.logstream.internal;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import io.logstream.spi.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The reference for what one run publishes, on plain lists: everything that was ever published, cut into lines byte by byte.
 * It keeps all and evicts nothing.
 */
final class Model {
    /**
     * A line with its terminator, masked, and how many bytes the source has for it; {@code from} and {@code to} say which
     * units of its channel in the source it is.
     */
    record Line(
            long sequence,
            int channel,
            byte[] bytes,
            int raw,
            LogLine.Ending ending,
            boolean continuation,
            long number,
            long time,
            long from,
            long to) {
        int terminator() {
            return terminator(ending);
        }

        @Override
        public String toString() {
            String text = new String(bytes, StandardCharsets.UTF_8).replace("\r", "\\r");
            return "Line " + sequence + " [" + text.replace("\n", "\\n") + "] on " + channel + " " + ending
                    + (continuation ? " continuation" : "") + " number " + number + " units " + from + "-" + to;
        }

        byte[] content() {
            return Arrays.copyOf(bytes, bytes.length - terminator());
        }

        /** How many bytes of the source end a line like that. */
        private static int terminator(LogLine.Ending ending) {
            return switch (ending) {
                case LF, CR -> 1;
                case CRLF -> 2;
                case IMPLIED, NONE -> 0;
            };
        }

        private static boolean isPart(LogLine.Ending ending) {
            return ending == LogLine.Ending.NONE || ending == LogLine.Ending.CR;
        }
    }

    /** A list of bytes. */
    static final class Bytes {
        byte[] array = new byte[32];
        int size;

        void add(byte b) {
            if (size == array.length) {
                array = Arrays.copyOf(array, 2 * size);
            }
            array[size++] = b;
        }

        /** Takes the first bytes away. */
        byte[] take(int count) {
            byte[] taken = Arrays.copyOf(array, count);
            System.arraycopy(array, count, array, 0, size - count);
            size -= count;
            return taken;
        }

        void copyTo(Bytes other) {
            for (int i = 0; i < size; i++) {
                other.add(array[i]);
            }
        }

        Token.Check checkOfLast(long count) {
            int length = (int) Math.min(count, size);
            return Token.Check.of(array, size - length, length);
        }
    }

    /** One channel on its way in. */
    static final class Lane {
        final Bytes carry = new Bytes();
        boolean inLine;
        long carryTime;
        long touched;
        boolean quiet;
        /** Units that the reader has handed over, and that the run has got, since the run began. */
        long at;

        long handed;
        /** Where the reader is, in units since the source's beginning. */
        long source;
        /** All units that the run has got, for comparing; an implied line end is one. */
        final Bytes got = new Bytes();

        final Bytes skipped = new Bytes();
        Token.Check expected = Token.Check.NONE;
        long newestAt;
    }

    final Run run;
    final SimSource source;
    final long first;
    final List<Object> entries = new ArrayList<>();
    /** Per slot, where each channel is in the source before it; -1 where a gap leaves that open. */
    final List<long[]> places = new ArrayList<>();

    /** Per slot, how many complete lines the source has before it, or -1. */
    final List<Long> counts = new ArrayList<>();

    final Lane[] lanes = {new Lane(), new Lane()};
    final int maxLine;
    long sequence;
    long lines;
    SourcePosition newest;
    /** When the step of its task began, which is when it looks for unfinished lines that are quiet. */
    long stepBegan;

    boolean outage;
    boolean reconnected;
    long live = Long.MAX_VALUE;
    boolean ended;
    private boolean sinceGap;
    private boolean wasRead;
    boolean fromBeginning;
    /** The source can't tell where it was, and is read from its end on. */
    boolean fromEnd;
    /** It began at an end that was inside a line. */
    boolean cutAtStart;

    SimSource.SimReader reader;
    Object outcome;
    private final boolean[] begunInLine = new boolean[2];
    private final long[] open = {0, 0};

    /**
     * @param source what it reads, or null for a feed
     */
    Model(Run run, SimSource source, long first, long linesBefore, int maxLine) {
        this.run = run;
        this.source = source;
        this.first = first;
        this.sequence = first;
        this.lines = linesBefore;
        this.maxLine = maxLine;
        places.add(new long[] {-1, -1});
        counts.add(linesBefore);
        open[0] = -1;
        open[1] = -1;
        if (source == null) {
            resolve();
        }
    }

    long tail() {
        return first + entries.size();
    }

    Object entry(long slot) {
        return entries.get((int) (slot - first));
    }

    long[] place(long slot) {
        return places.get((int) (slot - first));
    }

    long sequenceAt(long slot) {
        for (long s = slot; s < tail(); s++) {
            if (entry(s) instanceof Line line) {
                return line.sequence();
            }
        }
        return sequence;
    }

    /** The run continues behind a token of an earlier one. */
    void beginAt(Token token) {
        for (int c = 0; c < 2; c++) {
            lanes[c].handed = token.side(c).skip();
            lanes[c].expected = token.side(c).check();
            lanes[c].inLine = token.side(c).midLine();
            begunInLine[c] = lanes[c].inLine;
        }
        count(token.lines());
        newest = token.position();
        if (newest == null) {
            gap(-1, Gap.Reason.RECONNECTED);
        }
    }

    /** Whether a line of a channel is unfinished before a slot. */
    boolean isInLine(int c, long slot) {
        for (long s = slot - 1; s >= first; s--) {
            if (entry(s) instanceof Gap) {
                return false;
            }
            if (entry(s) instanceof Line line && line.channel() == c) {
                return Line.isPart(line.ending());
            }
        }
        return begunInLine[c];
    }

    // ---- what the source does

    /** A reader is about to be opened. */
    void opening() {
        boolean touched = lanes[0].handed + lanes[1].handed > 0;
        if (newest == null && (touched || wasRead && !fromBeginning)) {
            if (sinceGap) {
                gap(-1, Gap.Reason.RECONNECTED);
            }
            fromEnd = true;
            fromBeginning = false;
        }
    }

    /** A reader was opened; where is what it will hand over next, per channel. Returns whether the start is the right one. */
    void opened(long out, long err) {
        for (int c = 0; c < 2; c++) {
            Lane lane = lanes[c];
            if (newest != null) {
                if (lane.got.size > 0) {
                    lane.expected = lane.got.checkOfLast(Math.min(Segment.WINDOW, lane.handed - lane.newestAt));
                }
                lane.at = lane.newestAt;
            }
            lane.skipped.size = 0;
            lane.source = c == 0 ? out : err;
        }
        resolve();
        reconnected = outage;
    }

    /** Fills in where in the source the run goes on behind a gap, or at its beginning. */
    private void resolve() {
        for (int c = 0; c < 2; c++) {
            if (open[c] < 0) {
                open[c] = lanes[c].source + (lanes[c].handed - lanes[c].at);
                for (int i = places.size() - 1; i >= 0 && places.get(i)[c] < 0; i--) {
                    places.get(i)[c] = open[c];
                    if (i > 0 && entries.get(i - 1) instanceof Gap) {
                        break;
                    }
                }
            }
        }
    }

    /** Bytes of one channel; returns false if what was skipped is not what had been there. */
    boolean bytes(int c, byte[] bytes, long time, long now) {
        announce();
        resolve();
        Lane lane = lanes[c];
        for (byte b : bytes) {
            lane.source++;
            if (lane.at < lane.handed) {
                if (!skip(lane, b)) {
                    return false;
                }
            } else {
                lane.at++;
                lane.handed++;
                lane.got.add(b);
                sinceGap = true;
                lane.quiet = false;
                accept(c, b, time);
                if (lane.carry.size > 0) {
                    lane.touched = now;
                }
            }
        }
        return true;
    }

    private boolean skip(Lane lane, byte b) {
        lane.skipped.add(b);
        lane.at++;
        if (lane.at < lane.handed) {
            return true;
        }
        Token.Check check = lane.expected;
        lane.expected = Token.Check.NONE;
        if (lane.skipped.size >= check.length()
                && !lane.skipped.checkOfLast(check.length()).equals(check)) {
            return false;
        }
        if (lane.got.size == 0) {
            lane.skipped.copyTo(lane.got);
        }
        return true;
    }

    boolean endLine(int c, long now) {
        announce();
        resolve();
        Lane lane = lanes[c];
        lane.source++;
        if (lane.at < lane.handed) {
            return skip(lane, (byte) '\n');
        }
        lane.at++;
        lane.handed++;
        lane.got.add((byte) '\n');
        sinceGap = true;
        update(c);
        if (lane.carry.size > maxLine) {
            part(c, cut(lane.carry.array));
        }
        long time = lane.carry.size == 0 ? now : lane.carryTime;
        line(c, lane.carry.size, LogLine.Ending.IMPLIED, time, 1);
        return true;
    }

    void gap(long count, Gap.Reason reason) {
        announce();
        giveUp();
        marker(new Gap(run.name.id(), sequence, sequence - 1, Math.max(0, count), count >= 0, -1, reason, null, null));
        count(count < 0 || lines < 0 ? -1 : lines + count);
        newest = null;
        sinceGap = false;
        for (Lane lane : lanes) {
            lane.at = lane.handed;
            lane.expected = Token.Check.NONE;
            open[lane == lanes[0] ? 0 : 1] = -1;
        }
    }

    void event(SourceEvent event) {
        announce();
        marker(event.at(run.name.id(), sequence));
    }

    void position(SourcePosition next) {
        newest = next;
        boolean skipping = false;
        long total = 0;
        for (Lane lane : lanes) {
            lane.newestAt = lane.at;
            skipping |= lane.at < lane.handed;
            total += lane.at;
        }
        if (next.linesBefore() >= 0 && !skipping && (total == 0 || lines < 0)) {
            count(next.linesBefore());
        }
        resolve();
    }

    // ---- what the run does by itself

    private void announce() {
        if (reconnected) {
            reconnected = false;
            outage = false;
            marker(SourceEvent.of(SourceEvent.Kind.RECONNECTED, "").at(run.name.id(), sequence));
        }
    }

    /** A read has come back, perhaps without an answer yet. */
    void read(boolean pending) {
        if (!pending) {
            announce();
        }
        outage &= reconnected; // it is over once that was told
        wasRead = true;
        sinceGap = true;
    }

    void failed(String message) {
        reconnected = false;
        if (!outage) {
            outage = true;
            event(SourceEvent.of(SourceEvent.Kind.RECONNECTING, message));
        }
    }

    void mismatch() {
        SourcePosition known = newest;
        gap(-1, Gap.Reason.MISMATCH);
        if (known != null) {
            for (Lane lane : lanes) {
                lane.source = -1;
            }
            newest = known;
            for (Lane lane : lanes) {
                lane.newestAt = lane.at;
            }
            if (known.linesBefore() >= 0) {
                count(known.linesBefore());
            }
        }
    }

    void finish(boolean complete) {
        boolean behind = lanes[0].at < lanes[0].handed || lanes[1].at < lanes[1].handed;
        if (complete && behind) {
            gap(-1, Gap.Reason.MISMATCH);
        }
        giveUp();
        ended = true;
    }

    void flush(long quiet, long now) {
        for (int c = 0; c < 2; c++) {
            if (isToFlush(c, quiet, now)) {
                Lane lane = lanes[c];
                byte[] carry = lane.carry.array;
                int size = lane.carry.size;
                int length = size > maxLine ? cut(carry) : size - openEnd(carry, size);
                if (length > 0) {
                    part(c, length);
                }
                lane.quiet = true;
            }
        }
    }

    boolean isToFlush(int c, long quiet, long now) {
        Lane lane = lanes[c];
        return quiet > 0 && lane.carry.size > 0 && !lane.quiet && now - lane.touched >= quiet;
    }

    // ---- lines

    private void accept(int c, byte b, long time) {
        Lane lane = lanes[c];
        if (b != '\n') {
            update(c);
        }
        if (lane.carry.size == 0) {
            lane.carryTime = time;
        }
        lane.carry.add(b);
        int size = lane.carry.size;
        byte[] carry = lane.carry.array;
        if (b == '\n') {
            boolean cr = size > 1 && carry[size - 2] == '\r';
            if (size - (cr ? 2 : 1) > maxLine) {
                part(c, cut(carry));
                size = lane.carry.size;
            }
            line(c, size, cr && size > 1 ? LogLine.Ending.CRLF : LogLine.Ending.LF, lane.carryTime, 0);
        } else if (size == maxLine + 2) {
            part(c, cut(carry));
        }
    }

    /** Ends a part at a carriage return that nothing belongs to, where that makes updates. */
    private void update(int c) {
        Bytes carry = lanes[c].carry;
        if (run.options.carriageReturnUpdates() && carry.size > 0 && carry.array[carry.size - 1] == '\r') {
            line(c, carry.size, LogLine.Ending.CR, lanes[c].carryTime, 0);
        }
    }

    private void part(int c, int length) {
        line(c, length, LogLine.Ending.NONE, lanes[c].carryTime, 0);
    }

    private void giveUp() {
        for (int c = 0; c < 2; c++) {
            update(c);
            if (lanes[c].carry.size > maxLine) {
                part(c, cut(lanes[c].carry.array));
            }
            if (lanes[c].carry.size > 0) {
                part(c, lanes[c].carry.size);
            }
            lanes[c].inLine = false;
        }
    }

    private void line(int c, int length, LogLine.Ending ending, long time, int impliedUnits) {
        Lane lane = lanes[c];
        byte[] bytes = masked(lane.carry.take(length), Line.terminator(ending));
        long[] before = places.get(places.size() - 1);
        long[] after = before.clone();
        if (before[c] >= 0) {
            after[c] += length + impliedUnits;
        }
        long number = lines < 0 ? -1 : lines + 1;
        entries.add(new Line(
                sequence++, c, bytes, length + impliedUnits, ending, lane.inLine, number, time, before[c], after[c]));
        places.add(after);
        lane.inLine = Line.isPart(ending);
        if (lines >= 0 && !lane.inLine) {
            lines++;
        }
        counts.add(lines);
    }

    private byte[] masked(byte[] line, int terminator) {
        Pattern mask = run.options.mask();
        if (mask == null) {
            return line;
        }
        String text = new String(line, StandardCharsets.ISO_8859_1);
        int end = text.length() - terminator;
        String shown = mask.matcher(text.substring(0, end)).replaceAll("***");
        return (shown + text.substring(end)).getBytes(StandardCharsets.ISO_8859_1);
    }

    private void count(long count) {
        lines = count;
        counts.set(counts.size() - 1, count);
    }

    private void marker(Object marker) {
        entries.add(marker);
        counts.add(lines);
        places.add(
                marker instanceof Gap
                        ? new long[] {-1, -1}
                        : places.get(places.size() - 1).clone());
    }

    private boolean utf8() {
        return run.options.charset().equals(StandardCharsets.UTF_8);
    }

    /** Where a line that is too long is cut: not inside a character, and not between a CR and a LF. */
    private int cut(byte[] carry) {
        int at = maxLine;
        if (utf8()) {
            int back = at;
            while (at - back < 3 && (carry[back] & 0xC0) == 0x80) {
                back--;
            }
            at = (carry[back] & 0xC0) == 0xC0 ? back : at;
        }
        return carry[at - 1] == '\r' ? at - 1 : at;
    }

    /** What may belong to bytes that are still to come: a CR, or the beginning of a character. */
    private int openEnd(byte[] carry, int size) {
        if (carry[size - 1] == '\r') {
            return 1;
        }
        for (int back = 1; utf8() && back <= Math.min(3, size); back++) {
            int b = carry[size - back] & 0xFF;
            if (b < 0x80) {
                return 0;
            }
            if (b >= 0xC0) {
                int needed = b >= 0xF8 ? 1 : b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return needed > back ? back : 0;
            }
        }
        return 0;
    }

    static Channel channel(int c) {
        return Channel.values()[c];
    }
}
