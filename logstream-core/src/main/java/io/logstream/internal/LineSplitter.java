package io.logstream.internal;

import io.logstream.LogLine;
import java.util.Arrays;

/**
 * Cuts the bytes of one channel into lines, in the same way however the bytes are chunked. A line ends with a line feed or a
 * carriage return and a line feed; one that is longer than the maximum becomes several parts. Where a carriage return alone
 * makes updates, it ends a part, too; one that nothing follows yet waits. What has no end yet is carried. Not threadsafe.
 */
final class LineSplitter {
    /** Takes the lines: with their terminators, exactly as they came. */
    interface Out {
        /** Takes whole lines, none longer than a maximum, as far as it likes; returns where it stopped. */
        default int lines(byte[] source, int from, int to, int maxLine, long time) {
            return from;
        }

        void line(byte[] source, int from, int length, LogLine.Ending ending, boolean continuation, long time);
    }

    private static final int KEEP = 4096;
    private static final byte[] NOTHING = {};

    private final int maxLine;
    private final boolean utf8;
    private final boolean updates;
    private final Out out;
    private byte[] carry = NOTHING;
    private int carried;
    private long carryTime;
    private boolean inLine;

    /**
     * @param maxLine the most bytes of content that a part has
     * @param utf8 whether a part must not end inside a character of UTF-8
     * @param updates whether a carriage return that no line feed follows ends a part
     */
    LineSplitter(int maxLine, boolean utf8, boolean updates, Out out) {
        this.maxLine = maxLine;
        this.utf8 = utf8;
        this.updates = updates;
        this.out = out;
    }

    /** Bytes that wait for the end of their line. */
    int carried() {
        return carried;
    }

    /** Goes on inside a line whose beginning an earlier run has handed on. */
    void beginInLine(boolean inside) {
        inLine = inside;
    }

    void accept(byte[] source, int from, int to, long time) {
        int at = from;
        if (at < to && source[at] != '\n') {
            finishUpdate();
        }
        while (at < to) {
            if (carried == 0 && !inLine && !updates) {
                at = out.lines(source, at, to, maxLine, time);
            }
            if (at == to) {
                break;
            }
            int last = updates ? lastOfPart(source, at, to) : LineFeeds.first(source, at, to);
            int end = last < 0 ? to : last + 1;
            if (last >= 0 && carried == 0 && last - at <= maxLine) {
                complete(source, at, end, time);
            } else {
                throughCarry(source, at, end, last >= 0, time);
            }
            at = end;
        }
        if (carried == 0 && carry.length > KEEP) {
            carry = NOTHING;
        }
    }

    /** Where the first line feed is, or carriage return that is followed by something else; -1 if there is none. */
    private static int lastOfPart(byte[] source, int from, int to) {
        for (int i = from; i < to; i++) {
            if (source[i] == '\n' || (source[i] == '\r' && i + 1 < to && source[i + 1] != '\n')) {
                return i;
            }
        }
        return -1;
    }

    /** Takes the bytes of at most one line, a piece at a time, so that the carry stays as small as the maximum. */
    private void throughCarry(byte[] source, int from, int end, boolean complete, long time) {
        for (int at = from; at < end; ) {
            int n = Math.min(end - at, maxLine + 2 - carried);
            if (carried == 0) {
                carryTime = time;
            }
            if (carry.length - carried < n) {
                carry = Arrays.copyOf(carry, Math.max(carried + n, Math.min(2 * carry.length, maxLine + 2)));
            }
            System.arraycopy(source, at, carry, carried, n);
            carried += n;
            at += n;
            if (at == end && complete) {
                finishCarry();
            } else if (carried == maxLine + 2) {
                part(cut());
            }
        }
    }

    /** Ends a part at a carriage return that waited at the end of the carry: no line feed follows it. */
    private void finishUpdate() {
        if (updates && carried > 0 && carry[carried - 1] == '\r') {
            finishCarry();
        }
    }

    private void finishCarry() {
        if (carried - terminator(carry, 0, carried) > maxLine) {
            part(cut());
        }
        int length = carried;
        carried = 0;
        complete(carry, 0, length, carryTime);
    }

    private void complete(byte[] source, int from, int end, long time) {
        LogLine.Ending ending = source[end - 1] == '\r'
                ? LogLine.Ending.CR
                : terminator(source, from, end) == 2 ? LogLine.Ending.CRLF : LogLine.Ending.LF;
        boolean continuation = inLine;
        inLine = ending == LogLine.Ending.CR;
        out.line(source, from, end - from, ending, continuation, time);
    }

    /** Hands on the first bytes of the carry as a part of a line. */
    private void part(int length) {
        boolean continuation = inLine;
        inLine = true;
        out.line(carry, 0, length, LogLine.Ending.NONE, continuation, carryTime);
        carried -= length;
        System.arraycopy(carry, length, carry, 0, carried);
    }

    /** Hands on what is carried as a part, but for bytes that may belong to what comes next; returns whether it did. */
    boolean flush() {
        int length = carried > maxLine ? cut() : carried - openEnd(carried);
        if (length > 0) {
            part(length);
        }
        return length > 0;
    }

    /** Hands on all that is carried, as a part: nothing will follow it. */
    void giveUp() {
        finishUpdate();
        if (carried > maxLine) {
            part(cut());
        }
        if (carried > 0) {
            part(carried);
        }
        inLine = false;
    }

    /** Ends the line here, without a terminator in the bytes: one is added. */
    void endLine(long time) {
        finishUpdate();
        if (carried > maxLine) {
            part(cut());
        }
        int length = carried;
        boolean continuation = inLine;
        carried = 0;
        inLine = false;
        if (carry.length == length) {
            carry = Arrays.copyOf(carry, length + 1);
        }
        carry[length] = '\n';
        out.line(carry, 0, length + 1, LogLine.Ending.IMPLIED, continuation, length == 0 ? time : carryTime);
    }

    /** Where to cut a line that is longer than the maximum: at most there, and not inside a character or a CRLF. */
    private int cut() {
        int back = 0;
        if (utf8) {
            while (back < 3 && (carry[maxLine - back] & 0xC0) == 0x80) {
                back++;
            }
            back = (carry[maxLine - back] & 0xC0) == 0xC0 ? back : 0;
        }
        return carry[maxLine - back - 1] == '\r' ? maxLine - back - 1 : maxLine - back;
    }

    /** How many bytes before an end may belong to what follows: a carriage return, or an unfinished UTF-8 character. */
    private int openEnd(int end) {
        if (end > 0 && carry[end - 1] == '\r') {
            return 1;
        }
        if (!utf8) {
            return 0;
        }
        for (int back = 1; back <= Math.min(3, end); back++) {
            int b = carry[end - back];
            if ((b & 0xC0) == 0xC0) {
                int needed = (b & 0xE0) == 0xC0 ? 2 : (b & 0xF0) == 0xE0 ? 3 : (b & 0xF8) == 0xF0 ? 4 : 1;
                return needed > back ? back : 0;
            }
            if ((b & 0xC0) != 0x80) {
                return 0;
            }
        }
        return 0;
    }

    /** How long a terminator is. Where a carriage return alone is one, there is none in the content before it. */
    private static int terminator(byte[] source, int from, int end) {
        return end - from >= 2 && source[end - 2] == '\r' ? 2 : 1;
    }
}
