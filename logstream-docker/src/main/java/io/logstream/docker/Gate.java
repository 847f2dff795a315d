package io.logstream.docker;

/**
 * Tells the entries that follow a {@link Place} from those that come before it, in a log that is read again from somewhere
 * before that place, or from where the daemon thinks right. For one reading of the log and one thread; moves the place along.
 *
 * <p>Why this is exact: within one channel the file has entries in the order of their times. An entry that is earlier than
 * its channel's time in the place was handed over before, so the file's part that is read begins no later than the
 * {@linkplain Place anchor}, and nothing new is missing before it: that is the proof of overlap. A later one follows the
 * place. Of those with the very time of the place as many come before it as the place says.
 *
 * <p>Once a channel is past its place, every entry is new whose time is not before the last one's. One that is earlier says
 * that the daemon has lost its own place, as some do when the file is rotated: then the log is read anew from this place, as
 * the daemon may also have left something out.
 */
final class Gate {
    /** What an entry is. */
    enum Verdict {
        /** It follows the place, which has moved behind it. */
        NEW,
        /** It was handed over before. */
        OLD,
        /** It follows the place, but something between them is gone from the log. */
        NEW_BEHIND_GAP,
        /** What is read begins behind the place: nothing may be taken from here, more must be read. */
        TOO_LATE,
        /** The daemon has gone back in the log: it must be read again from this place. */
        BACK
    }

    /** How the part of the log was chosen that is read. */
    enum Window {
        /** All of it. */
        WHOLE,
        /** All from a time on that is not behind the place. */
        SINCE,
        /** A number of entries at the end: it may begin anywhere, also within a line. */
        TAIL
    }

    private final Place place;
    private final Window window;
    private final boolean stepBack;
    private final int partBytes;
    private boolean moved;
    private final boolean[] past = new boolean[2];
    private final boolean[] earlier = new boolean[2];
    private final int[] seen = new int[2];
    private final long[] newest = {Place.NONE, Place.NONE};
    private boolean anchorSeen;
    private boolean fine; // some time is finer than a microsecond, so equal times mean equal entries
    private final long[] first = new long[2];
    private final long[] last = new long[2];
    private final int[] length = {-1, -1};

    /**
     * @param stepBack whether an entry right behind the place may be earlier: the clock was set back there
     * @param partBytes see {@link Place#isOpenAfter}
     */
    Gate(Place place, Window window, boolean stepBack, int partBytes) {
        this.place = place;
        this.window = window;
        this.stepBack = stepBack;
        this.partBytes = partBytes;
        anchorSeen = place.anchor < 0;
        for (int c = 0; c < 2; c++) {
            past[c] = anchorSeen && place.time[c] == Place.NONE;
        }
    }

    /** Whether the place was found: from here on nothing is old but what the daemon repeats. */
    boolean isSettled() {
        return anchorSeen;
    }

    /** Judges an entry. */
    Verdict judge(int c, long time, byte[] bytes, int from, int to) {
        fine |= time % 1000 != 0;
        Verdict verdict = past[c] ? live(c, time, bytes, from, to) : resuming(c, time, bytes, from, to);
        if (verdict == Verdict.NEW || verdict == Verdict.NEW_BEHIND_GAP) {
            past[c] = true;
            moved = true;
            place.pass(c, time, Place.isOpenAfter(place.open[c], bytes, from, to, partBytes));
            remember(c, bytes, from, to);
        }
        return verdict;
    }

    private Verdict live(int c, long time, byte[] bytes, int from, int to) {
        long mark = place.time[c];
        if (time > mark) {
            return Verdict.NEW;
        }
        if (time == mark) {
            boolean repeated = fine && !place.open[c] && isLast(c, bytes, from, to);
            return repeated ? Verdict.OLD : Verdict.NEW;
        }
        if (stepBack && !moved) {
            return Verdict.NEW;
        }
        return Verdict.BACK;
    }

    private Verdict resuming(int c, long time, byte[] bytes, int from, int to) {
        if (time < newest[c] && !stepBack) {
            return Verdict.BACK; // counting would go wrong
        }
        newest[c] = Math.max(newest[c], time);
        long mark = place.time[c];
        if (time < mark) {
            earlier[c] = true;
            return Verdict.OLD;
        }
        if (mark != Place.NONE && time == mark) {
            if (window == Window.TAIL && !earlier[c]) {
                return Verdict.TOO_LATE; // it may begin between two of them
            }
            if (seen[c] < place.count[c]) {
                seen[c]++;
                remember(c, bytes, from, to);
                if (seen[c] == place.count[c]) {
                    past[c] = true;
                    found(c);
                }
                return Verdict.OLD;
            }
            return fresh();
        }
        if (mark == Place.NONE && !anchorSeen && time <= place.time[place.anchor]) {
            return Verdict.OLD; // of a channel that had nothing but what was not wanted
        }
        return fresh();
    }

    /** Whatever follows the anchor in the file follows the place. */
    private void found(int c) {
        if (c == place.anchor) {
            anchorSeen = true;
            past[0] = true;
            past[1] = true;
        }
    }

    /** An entry that was never handed over. */
    private Verdict fresh() {
        if (anchorSeen) {
            return Verdict.NEW;
        }
        if (window == Window.TAIL && !earlier[0] && !earlier[1]) {
            return Verdict.TOO_LATE;
        }
        anchorSeen = true; // it is gone
        return Verdict.NEW_BEHIND_GAP;
    }

    // ---- what the daemon repeats at once

    private boolean isLast(int c, byte[] bytes, int from, int to) {
        return length[c] == to - from && first[c] == first(bytes, from, to) && last[c] == last(bytes, from, to);
    }

    private void remember(int c, byte[] bytes, int from, int to) {
        length[c] = to - from;
        first[c] = first(bytes, from, to);
        last[c] = last(bytes, from, to);
    }

    private static long first(byte[] bytes, int from, int to) {
        return to - from >= 8 ? (long) ByteSearch.LONGS.get(bytes, from) : few(bytes, from, to);
    }

    private static long last(byte[] bytes, int from, int to) {
        return to - from >= 8 ? (long) ByteSearch.LONGS.get(bytes, to - 8) : 0;
    }

    private static long few(byte[] bytes, int from, int to) {
        long all = 0;
        for (int i = from; i < to; i++) {
            all = all << 8 | (bytes[i] & 0xFF);
        }
        return all;
    }
}
