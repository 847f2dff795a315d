package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.spi.LineSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands over what is new of the entries that come, and tells positions in between. For one reading of the log, and one
 * thread.
 */
final class Handover implements Entries {
    private static final long POSITION_BYTES = 16 * 1024;
    private static final long MAX_UNCHECKED = 1 << 20;
    private static final byte[] NONE = {};
    private static final Channel[] CHANNELS = Channel.values();

    /** Why nothing more is taken of what comes. */
    enum Turn {
        /** It begins behind the place: more must be asked for. */
        WIDEN,
        /** The daemon has gone back in the log, which must be read again from the place. */
        READ_AGAIN,
        /** It may be of a later run of the container than is known: that must be looked at first. What came is kept. */
        LOOK_FIRST
    }

    private final DockerReader reader;
    private final Place place;
    private final Gate gate;
    private final long checkBytes;
    private final long history; // what is earlier the daemon has opened at once, and leaves nothing of it out
    private @Nullable Turn turn;
    private @Nullable LineSink sink;
    private byte[] viewed = NONE;
    private ByteBuffer view = ByteBuffer.wrap(NONE);
    private long unplaced;
    private long unchecked;
    private long begins = Place.NONE;
    private long entries;
    private final List<Runnable> kept = new ArrayList<>(); // entries, at most what is received at once

    /**
     * @param window how the part of the log is chosen that is read
     * @param stepBack whether its first entry may be earlier than the place
     */
    Handover(DockerReader reader, Gate.Window window, boolean stepBack) {
        this.reader = reader;
        this.place = reader.place();
        this.gate = new Gate(place, window, stepBack, reader.questions().partBytes());
        checkBytes = Math.min(MAX_UNCHECKED, reader.rotatedAt() / 3);
        history = reader.daemonTime();
        reader.trace().begin(window, reader.questions().partBytes());
    }

    /** A read begins: what comes now goes there. */
    void begin(LineSink to) {
        sink = to;
    }

    /** A read ends. */
    void end() {
        tellPosition();
        sink = null;
        viewed = NONE; // the array is another reader's from now on
    }

    /** The time of the first entry that has come, or {@link Place#NONE}. */
    long begins() {
        return begins;
    }

    /** How many entries were new. */
    long entries() {
        return entries;
    }

    /** Why no more entries are taken of this reading, or null. */
    @Nullable
    Turn turn() {
        return turn;
    }

    boolean isSettled() {
        return gate.isSettled();
    }

    /** Whether so much has come that it should be compared with what the daemon has. */
    boolean isToBeCompared() {
        return checkBytes > 0 && unchecked > checkBytes && gate.isSettled();
    }

    /** The container was looked at: goes on with what has come, up to what may be of a later run still. */
    void goOn() {
        List<Runnable> all = List.copyOf(kept);
        kept.clear();
        turn = null;
        all.forEach(Runnable::run);
    }

    @Override
    public void entry(int c, byte[] bytes, int from, int to, long time) {
        LineSink into = sink;
        begins = begins == Place.NONE ? time : begins;
        if (turn == null && time > reader.runs().knownUntil()) {
            reader.runs().waitFor(time);
            turn = Turn.LOOK_FIRST;
        }
        if (turn == Turn.LOOK_FIRST) {
            byte[] copy = Arrays.copyOfRange(bytes, from, to);
            kept.add(() -> entry(c, copy, 0, copy.length, time));
        }
        if (turn != null || into == null) {
            return;
        }
        if (checkBytes > 0 && time >= history) {
            reader.trace().beginAt(place); // not behind this entry: others may be missing before it
        }
        boolean ended =
                place.open[c] && time != place.time[c] && reader.questions().partBytes() > 0;
        boolean settled = gate.isSettled();
        Gate.Verdict verdict = gate.judge(c, time, bytes, from, to);
        switch (verdict) {
            case OLD -> {
                if (!settled) {
                    compare(into, c, bytes, from, to, time);
                }
            }
            case NEW -> deliver(into, c, bytes, from, to, time, ended);
            case NEW_BEHIND_GAP -> {
                into.gap(-1, Gap.Reason.ROTATED);
                reader.trace().forget();
                into.position(Place.before(c, time, place).position(-1, reader.trace()));
                deliver(into, c, bytes, from, to, time, false);
            }
            case TOO_LATE -> turn = Turn.WIDEN;
            case BACK -> turn = Turn.READ_AGAIN;
        }
    }

    /** Is what comes once more what had come? */
    private void compare(LineSink into, int c, byte[] bytes, int from, int to, long time) {
        if (!reader.trace().compare(c, bytes, from, to, time)) {
            turn = Turn.WIDEN;
        } else if (gate.isSettled() && reader.trace().settle(place, into)) {
            into.position(reader.position());
        }
    }

    private void deliver(LineSink into, int c, byte[] bytes, int from, int to, long time, boolean ended) {
        entries++;
        reader.trace().count(to - from);
        if (checkBytes > 0 && (time >= history || reader.trace().isBegun())) {
            unchecked += reader.trace().add(place, Trace.endsLine(bytes, from, to)) ? to - from : 0;
        }
        if (ended) {
            into.endLine(CHANNELS[c]);
        }
        reader.tellRestart(into, time);
        into.bytes(CHANNELS[c], view(bytes, from, to), time);
        if (!place.open[c] && to > from && bytes[to - 1] != '\n') {
            into.endLine(CHANNELS[c]);
        }
        unplaced += to - from + 1;
        if (unplaced >= POSITION_BYTES) {
            tellPosition();
        }
    }

    /** The entries of one read lie in one array. */
    private ByteBuffer view(byte[] bytes, int from, int to) {
        if (viewed != bytes) {
            viewed = bytes;
            view = ByteBuffer.wrap(bytes);
        }
        return view.limit(to).position(from);
    }

    private void tellPosition() {
        LineSink into = sink;
        if (unplaced > 0 && into != null) {
            unplaced = 0;
            into.position(reader.position());
        }
    }
}
