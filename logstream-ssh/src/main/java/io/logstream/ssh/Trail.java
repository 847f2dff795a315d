package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.LineSink;
import io.logstream.ssh.Beside.Known;
import io.logstream.ssh.Search.Beginning;
import io.logstream.ssh.Search.Found;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files behind one path in the order in which they are read: the one that is read now, those that rotation has put after
 * it, and those before it, which may still be written to. Each is held open from the moment it is found, so that a later
 * rotation can't take it away. Used by one thread at a time.
 *
 * <pre>
 *   late  those before it     current  the file that is read     next  those that follow it
 *
 *   another file is at the path -> next          nothing is there -> missing, much later: left
 *   current is read to its end, and quiet -> late; the first of next -> current
 *   current was cut -> its copy, if there is one -> current; the file from its beginning -> the first of next
 * </pre>
 */
final class Trail {
    /** How long a file that is never quiet is read before the next one follows. */
    private static final long DRAIN_CAP = Duration.ofSeconds(5).toNanos();
    /** How long a file that is gone is held open. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();

    /** A file that follows; {@code drain} says whether the one before it may still be written. */
    private record Next(RemoteFile file, boolean gapBefore, Kind entry, boolean drain, long foundAt) {}

    private interface Notice {
        void tell(LineSink sink);
    }

    private final SshFileSource source;
    private final Runnable wake;
    private final Deque<Next> next = new ArrayDeque<>();
    private final List<Notice> notices = new ArrayList<>();
    private final LateLines late;

    private @Nullable ReadAhead current;
    /** Where to go on when a file is at the path, if none is open. */
    private Place left = Place.NOTHING;
    /** Whether lines behind that place may be in a file that is gone. */
    private boolean leftUnread;
    /** Whether the last line before that place has no end yet. */
    private boolean leftOpen;

    private boolean missing;
    private boolean goneTold;
    private long missingSince;
    private long busyAt;

    Trail(SshFileSource source, Runnable wake, long now) {
        this.source = source;
        this.wake = wake;
        this.late = new LateLines(wake, source.follows());
        busyAt = now;
    }

    // ---- notices

    private void event(Kind kind, String detail) {
        notices.add(sink -> sink.event(SourceEvent.of(kind, detail)));
    }

    private void gap(Gap.Reason reason) {
        notices.add(sink -> sink.gap(-1, reason));
    }

    private void tellPosition(long lines) {
        Place place = place();
        notices.add(sink -> sink.position(place.position(lines)));
    }

    /** Tells what has happened. */
    void tell(LineSink sink) {
        notices.forEach(notice -> notice.tell(sink));
        notices.clear();
    }

    // ---- what there is

    /** What is read now, or null while there is nothing. */
    @Nullable
    ReadAhead current() {
        return current;
    }

    /** The file that the path named last, or null. */
    @Nullable
    RemoteFile newest() {
        Next last = next.peekLast();
        ReadAhead reads = current;
        return last != null ? last.file : reads == null ? null : reads.file();
    }

    /** All that will be read, or was. */
    Known known() {
        List<Handle> open = new ArrayList<>(late.open());
        ReadAhead reads = current;
        if (reads != null) {
            open.add(reads.file().handle());
        }
        next.forEach(one -> open.add(one.file.handle()));
        RemoteFile newest = newest();
        return new Known(open, late.ended(), newest == null ? null : newest.handle());
    }

    /** The next byte's place. */
    Place place() {
        ReadAhead reads = current;
        Place place = reads == null ? left : reads.file().place();
        long since = late.unnamed(place.modified()); // what is written to those is not known by its name
        return place.modifiedAt(since).withOlder(late.places(since));
    }

    Place left() {
        return left;
    }

    boolean isLeftUnread() {
        return leftUnread;
    }

    boolean hasNext() {
        return !next.isEmpty();
    }

    /** Whether something is about to change. */
    boolean isRestless() {
        return !next.isEmpty() || (missing && !goneTold);
    }

    /** Bytes of the current file were handed over. */
    void wasBusy(long now) {
        busyAt = now;
    }

    /** Whether the current file is read as far as it was at some time, and had been quiet for the drain time then. */
    boolean isQuietSince(long time) {
        ReadAhead reads = current;
        return reads != null
                && reads.isReadAsOf(Math.max(busyAt, time) + source.drainTime().toNanos());
    }

    // ---- beginning

    /** Reading begins, elsewhere than at a position. */
    void begin(RemoteFile file, long lines) {
        current = reads(file);
        tellPosition(lines);
    }

    /** Reading begins, and nothing is there but what was rotated away, which is no part of it. */
    void begin(List<Place> ends, long lines) {
        left = Place.NOTHING.modifiedAt(ends.isEmpty() ? 0 : ends.get(0).modified());
        ends.forEach(late::remember);
        await(lines);
    }

    /** Reading is to go on at a place. */
    void leave(Place place) {
        left = place.withOlder(List.of());
        leftUnread = !place.isBlank();
    }

    private void await(long lines) {
        tellPosition(lines);
        event(Kind.WAITING, "there is no " + Text.escaped(source.path()));
        goneTold = true;
    }

    private ReadAhead reads(RemoteFile file) {
        return new ReadAhead(file, wake);
    }

    /** The log is there: for the first time, again, or as it is where a reader begins at a position. */
    void appear(Found found, long now) {
        found.late().forEach(file -> late.add(file, now));
        if (found.files().isEmpty()) {
            if (!goneTold) {
                await(-1);
            }
            return;
        }
        if (goneTold) {
            event(Kind.APPEARED, "");
        }
        goneTold = false;
        missing = false;
        boolean alone = found.files().size() == 1;
        if (alone && found.gap()) {
            gap(left.isBlank() ? Gap.Reason.ROTATED : Gap.Reason.MISMATCH);
        }
        RemoteFile first = found.files().get(0);
        if (leftOpen && first.generation() != left.generation()) {
            notices.add(sink -> sink.endLine(Channel.STDOUT)); // it will not get one
        }
        leftOpen = false;
        current = reads(first);
        tellPosition(-1);
        if (!alone) {
            next.add(new Next(found.files().get(1), found.gap(), Kind.ROTATED, true, now));
        }
        busyAt = now;
    }

    /** Without following, each file ends where it ended when it was found. */
    void limit() {
        ReadAhead reads = current;
        if (reads != null) {
            reads.file().limitTo(reads.file().seenSize());
        }
        next.forEach(one -> one.file.limitTo(one.file.seenSize()));
    }

    // ---- what is at the path

    /** The newest file is. */
    void found() {
        if (missing && goneTold) {
            event(Kind.APPEARED, "");
        }
        missing = false;
        goneTold = false;
    }

    /** Nothing is. */
    void missed(long now) {
        if (newest() != null && !missing) {
            missing = true;
            missingSince = now;
        }
    }

    /** Another file is, if one was found. */
    void follow(Found found, long now) {
        if (found.files().isEmpty()) {
            return;
        }
        Kind entry = missing && goneTold ? Kind.APPEARED : Kind.ROTATED;
        missing = false;
        goneTold = false;
        next.add(new Next(found.files().get(0), found.gap(), entry, true, now));
    }

    // ---- the current file

    /** The current file was cut; this is what became of it. */
    void restart(Found found, long now) {
        ReadAhead reads = current;
        Beginning beginning = found.beginning();
        if (reads == null || beginning == null) {
            return;
        }
        RemoteFile file = reads.file();
        reads.drop();
        boolean open = file.isLineOpen();
        file.restart(beginning);
        if (!found.files().isEmpty()) {
            current = reads(found.files().get(0));
            next.addFirst(new Next(file, found.gap(), Kind.TRUNCATED, false, now));
            return;
        }
        if (found.gap()) {
            gap(Gap.Reason.TRUNCATED);
        } else if (open) {
            notices.add(sink -> sink.endLine(Channel.STDOUT));
        }
        event(Kind.TRUNCATED, "");
        current = reads(file);
        tellPosition(-1);
    }

    /** It was found out whether something came and went while the current file had no content. */
    void tellUnread(Found found) {
        if (found.gap()) {
            gap(Gap.Reason.ROTATED);
            tellPosition(-1);
        }
    }

    /** Hands over what came late, if this is between two lines. Returns whether there was any. */
    boolean handLate(LineSink sink, long now) throws IOException {
        if (!mayHandLate() || !late.hand(sink, now)) {
            return false;
        }
        sink.position(place().position(-1));
        return true;
    }

    private boolean mayHandLate() {
        ReadAhead reads = current;
        return reads != null && !reads.file().isLineOpen();
    }

    /** Without following: whether nothing is left of what came late, or can't be put between two lines. */
    boolean isLateDone() {
        return late.isEmpty() || !mayHandLate();
    }

    /** How long it is until late lines are looked for. */
    long lateIn(long now) {
        return late.isEmpty() || !mayHandLate() ? Long.MAX_VALUE : late.dueIn(now);
    }

    /** Goes on to the next file if the current one is at its end. Returns whether there is something to read at once. */
    boolean advance(long now) {
        ReadAhead reads = current;
        Next following = next.peek();
        if (reads == null) {
            return false;
        }
        if (following != null) {
            // What was rotated away twice is finished; what comes to it then is late.
            boolean done =
                    !following.drain || next.size() > 1 || !source.follows() || now - following.foundAt >= DRAIN_CAP;
            if (isQuietSince(following.foundAt) || (done && reads.isReadAsOf(following.foundAt))) {
                enter(reads, next.remove(), now);
                return true;
            }
        } else if (missing && isQuietSince(missingSince)) {
            if (!goneTold) {
                goneTold = true;
                event(Kind.DISAPPEARED, "");
            }
            if (reads.isReadAsOf(Math.max(busyAt, missingSince) + HOLD)) {
                left = reads.file().place();
                leftOpen = reads.file().isLineOpen();
                leftUnread = false;
                reads.close();
                current = null;
            }
        }
        return false;
    }

    private void enter(ReadAhead before, Next following, long now) {
        RemoteFile file = following.file;
        if (before.file().isLineOpen()) {
            notices.add(sink -> sink.endLine(Channel.STDOUT));
        }
        file.generation(Math.max(file.generation(), before.file().generation() + 1));
        before.drop();
        late.add(before.file(), now);
        if (following.gapBefore) {
            gap(following.entry == Kind.TRUNCATED ? Gap.Reason.TRUNCATED : Gap.Reason.ROTATED);
        }
        event(following.entry, "");
        current = reads(file);
        tellPosition(-1);
        busyAt = now;
    }

    void close() {
        ReadAhead reads = current;
        if (reads != null) {
            reads.close();
        }
        next.forEach(one -> one.file.close());
        late.close();
    }
}
