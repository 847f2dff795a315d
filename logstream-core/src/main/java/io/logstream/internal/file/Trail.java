package io.logstream.internal.file;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.LineSink;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files behind one path in the order in which they are read: the one that is read now, and those that rotation has
 * put after it. Each of them is held open from the moment it is found, so that a later rotation can't take it away.
 *
 * <pre>
 *            look: another file at the path          look: nothing at the path
 *   current ---------------------------------> next     current ---------------> missing
 *   advance: current is drained, next follows           advance: quiet, so DISAPPEARED; much later, released
 * </pre>
 *
 * <p>What is written late to a file that was drained follows between two lines of the one that is read then.
 */
final class Trail {
    /** How long a rotated-away file is drained at most, if it never gets quiet and the next one has lines. */
    private static final long DRAIN_CAP = Duration.ofSeconds(5).toNanos();
    /** How long a file that has disappeared, or was drained, is held open when it is quiet. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();
    /** How long a file on a remote file system must look shorter: its size there lags behind what was read. */
    private static final long REMOTE_CUT = Duration.ofSeconds(3).toNanos();

    /** How long between two looks at drained files. */
    private static final long LATE = Duration.ofSeconds(1).toNanos();

    /** How many drained files are held open at most. */
    private static final int MOST_DRAINED = 64;

    private final FileSettings settings;
    private final FileAccess access;
    private final PathWatch watch;
    private final TimeSource time;
    private final Siblings siblings;
    private final Notices notices;
    private final List<Next> next = new ArrayList<>(0);
    private final Deque<Drained> drained = new ArrayDeque<>(0);
    private @Nullable FollowedFile current;
    /** Where a file that is not open any more, or not found yet, was read to. */
    private @Nullable Left left;

    private boolean positionDue;
    private boolean caughtUp;
    private long lateAt;
    private boolean missing;
    private boolean goneTold;
    private long missingSince;
    private long quietSince;
    private long lookedAt;
    private boolean shrunk;
    private long shrunkSince;
    private @Nullable IOException trouble;
    private long troubleSince;

    /** A file that was read to its end and rotated away, held open for what is still written to it. */
    private static final class Drained {
        final FollowedFile file;
        long quietSince;

        Drained(FollowedFile file, long quietSince) {
            this.file = file;
            this.quietSince = quietSince;
        }
    }

    /** Where reading stopped, and whether there may have been more to read. */
    private record Left(FileMark mark, long linesBefore, boolean lossy, boolean lineOpen) {}

    Trail(FileSettings settings, FileAccess access, PathWatch watch, TimeSource time) {
        this.settings = settings;
        this.access = access;
        this.watch = watch;
        this.time = time;
        this.siblings = new Siblings(access, settings.path());
        this.notices = new Notices(settings.path());
    }

    /** Finds the place to start. */
    void begin(Start start) throws IOException, InterruptedException {
        long now = time.nanoTime();
        quietSince = now;
        lookedAt = now;
        watch.renew();
        FollowedFile found = FollowedFile.open(access, settings.path());
        if (start instanceof Start.At at) {
            FileMark mark = FileMark.of(at.position());
            resume(new Left(mark, at.position().linesBefore(), true, false), found, now);
            for (FileMark older : mark.older()) {
                FollowedFile file = siblings.renamed(older);
                if (file != null) {
                    drained.add(new Drained(file, now));
                }
            }
        } else if (found != null) {
            place(found, start);
        } else {
            await(now);
        }
        if (!settings.follow()) {
            endAtPresentSize();
        }
    }

    private void place(FollowedFile found, Start start) throws IOException, InterruptedException {
        current = found;
        long at = StartPlace.find(found, start);
        found.seek(at);
        notices.position(mark(found), StartPlace.linesBefore(found, at));
    }

    private void endAtPresentSize() throws IOException {
        if (current == null) {
            throw new LogStreamException(settings.path() + " is not there: follow it, or give the path of a file");
        }
        current.limitToPresentSize();
        for (Next following : next) {
            following.file().limitToPresentSize();
        }
    }

    /** Goes on where reading stopped, wherever the file is now; {@code found} is what is at the path. */
    private void resume(Left stopped, @Nullable FollowedFile found, long now) throws IOException {
        FileMark mark = stopped.mark;
        boolean same = found != null
                && found.stat().inode() == mark.inode()
                && FileStat.birthsFit(found.stat().birthNanos(), mark.birthNanos());
        if (found != null) {
            // So that it is closed with the reader whatever happens here.
            current = found;
            if (same && found.seek(mark)) {
                notices.position(mark(found), stopped.linesBefore);
                return;
            }
        }
        FollowedFile old = same ? siblings.copy(mark) : siblings.renamed(mark);
        if (old != null) {
            current = old;
            notices.position(mark(old), stopped.linesBefore);
            if (found == null) {
                disappear(now);
            } else if (same) {
                supersede(old, found, Kind.TRUNCATED, false, now);
            } else {
                supersede(old, found, Kind.ROTATED, mayBeWritten(old), now);
            }
        } else if (found == null) {
            left = stopped;
            await(now);
        } else {
            beginAnew(stopped, found, same);
        }
    }

    private void beginAnew(Left stopped, FollowedFile found, boolean cut) {
        found.generation(stopped.mark.generation() + 1);
        if (stopped.lossy) {
            notices.gap(cut ? Gap.Reason.TRUNCATED : Gap.Reason.ROTATED);
            notices.event(cut ? Kind.TRUNCATED : Kind.ROTATED);
        } else if (stopped.lineOpen) {
            notices.endLine();
        }
        notices.position(mark(found), -1);
    }

    private void await(long now) {
        missing = true;
        missingSince = now;
        goneTold = true;
        notices.event(Kind.WAITING);
    }

    /** What is read now, or null while there is nothing. */
    @Nullable
    FollowedFile current() {
        return current;
    }

    /**
     * Whether a file was entered and no position in it was told. It is told once the file was read as it was found, so
     * that nothing is lost if the reader is opened again before.
     */
    boolean takePositionDue() {
        boolean due = positionDue;
        positionDue = false;
        return due;
    }

    /** Bytes were read. */
    void wasBusy(long now) {
        quietSince = now;
        shrunk = false;
    }

    void tell(LineSink sink) {
        notices.tell(sink);
    }

    /** Whether something is about to happen that no watch event tells of. */
    boolean isRestless() {
        return !next.isEmpty() || (missing && !goneTold) || shrunk || trouble != null;
    }

    /** Whether nothing was found at the path at the last look. */
    boolean isMissing() {
        return missing;
    }

    long sinceLook(long now) {
        return now - lookedAt;
    }

    /** Looks at what the path names now. */
    void look(long now) throws IOException {
        lookedAt = now;
        try {
            if (watch.takeChanged()) {
                watch.renew();
            }
            compare(now);
            trouble = null;
        } catch (IOException e) {
            if (current == null) {
                throw e;
            }
            // First read what the open file still holds.
            troubleSince = trouble == null ? now : troubleSince;
            trouble = e;
        }
    }

    private void compare(long now) throws IOException {
        FollowedFile newest =
                next.isEmpty() ? current : next.get(next.size() - 1).file();
        FileStat stat = access.stat(settings.path());
        if (stat != null && newest != null && newest.stat().sameFile(stat)) {
            newest.seenAgain(stat);
            comeBack();
            return;
        }
        FollowedFile found = stat == null ? null : FollowedFile.open(access, settings.path());
        if (found == null) {
            disappear(now);
            return;
        }
        found = knownOr(found);
        watch.changed();
        if (newest == null) {
            arrive(found, now);
        } else if (newest.stat().sameFile(found.stat())) {
            found.close();
        } else {
            boolean gone = missing && goneTold;
            supersede(newest, found, gone ? Kind.APPEARED : Kind.ROTATED, !gone, now);
        }
    }

    /** Whether files are held open that may be written late. */
    boolean hasDrained() {
        return !drained.isEmpty();
    }

    /** The current file was read to its end: what a reader hands over again after it was opened anew has been handed over. */
    void wasCaughtUp() {
        caughtUp = true;
    }

    /** The next byte's place. */
    FileMark mark(FollowedFile file) {
        if (drained.isEmpty()) {
            return file.mark();
        }
        List<FileMark> older = new ArrayList<>(FileMark.MOST_OLDER);
        for (Iterator<Drained> newest = drained.descendingIterator();
                newest.hasNext() && older.size() < FileMark.MOST_OLDER; ) {
            older.add(newest.next().file.mark());
        }
        Collections.reverse(older);
        return file.mark().withOlder(older);
    }

    /**
     * Hands over what was written late to drained files: whole lines, between two lines of the current file. Returns
     * whether there is more of it.
     */
    boolean handLate(LineSink sink, byte[] buffer, int atMost, long now) {
        FollowedFile into = current;
        if (drained.isEmpty() || now - lateAt < LATE || into == null || into.isLineOpen() || positionDue || !caughtUp) {
            return false;
        }
        lateAt = now;
        boolean any = false;
        boolean more = false;
        int left = drained.size();
        for (Iterator<Drained> files = drained.iterator(); files.hasNext(); left--) {
            Drained old = files.next();
            boolean last = now - old.quietSince >= HOLD || left > MOST_DRAINED || !settings.follow();
            int fresh = readLate(old.file, buffer, atMost);
            int length = last || fresh <= 0 ? fresh : wholeLines(buffer, fresh, atMost);
            if (length > 0) {
                if (!any) {
                    sink.position(null);
                    any = true;
                }
                hand(sink, old.file, buffer, length);
                old.quietSince = now;
                more |= fresh == atMost;
            } else if (fresh < 0 || last) {
                closeQuietly(old.file);
                files.remove();
            }
        }
        if (any) {
            sink.position(mark(into).position(-1));
        }
        lateAt = more ? now - LATE : now;
        return more;
    }

    private static void hand(LineSink sink, FollowedFile file, byte[] buffer, int length) {
        sink.bytes(Channel.STDOUT, ByteBuffer.wrap(buffer, FollowedFile.AT, length), LineSink.NO_TIME);
        file.took(buffer, FollowedFile.AT, length);
        if (file.isLineOpen()) {
            sink.endLine(Channel.STDOUT);
        }
    }

    private static int readLate(FollowedFile file, byte[] buffer, int atMost) {
        try {
            return file.read(buffer, atMost);
        } catch (IOException e) {
            return FollowedFile.SHRUNK; // what can't be read is no log any more
        }
    }

    /** How many of the bytes are whole lines; all, if the buffer is full with a part of one. */
    private static int wholeLines(byte[] buffer, int fresh, int atMost) {
        for (int end = fresh; end > 0; end--) {
            if (buffer[FollowedFile.AT + end - 1] == '\n') {
                return end;
            }
        }
        return fresh == atMost ? fresh : 0;
    }

    /** The file as it was left when it was drained, if it is back at the path. */
    private FollowedFile knownOr(FollowedFile found) {
        for (Iterator<Drained> files = drained.iterator(); files.hasNext(); ) {
            FollowedFile file = files.next().file;
            if (file.stat().sameFile(found.stat())) {
                files.remove();
                closeQuietly(found);
                return file;
            }
        }
        return found;
    }

    private void disappear(long now) {
        if (!missing) {
            missing = true;
            missingSince = now;
            watch.changed();
        }
    }

    /** The file that was read is at the path again. */
    private void comeBack() {
        if (missing) {
            watch.changed();
            if (goneTold) {
                notices.event(Kind.APPEARED);
            }
        }
        missing = false;
        goneTold = false;
    }

    private void arrive(FollowedFile found, long now) throws IOException {
        comeBack();
        if (left == null) {
            current = found;
            notices.position(mark(found), 0);
            return;
        }
        try {
            resume(left, found, now);
        } catch (IOException e) {
            close();
            found.close();
            current = null;
            throw e;
        }
        left = null;
    }

    /** Another file follows the newest one; {@code drain} says whether that may still be written. */
    private void supersede(FollowedFile newest, FollowedFile found, Kind entry, boolean drain, long now)
            throws IOException {
        Siblings.Between between;
        try {
            found.rememberBeginning();
            between = siblings.between(newest, found);
        } catch (IOException e) {
            found.close();
            throw e;
        }
        boolean drainNext = drain;
        boolean lost = between.lostFirst() && entry == Kind.ROTATED;
        for (FollowedFile file : between.files()) {
            if (isHeld(file)) {
                // A copy that was read when its original was cut.
                closeQuietly(file);
                continue;
            }
            next.add(new Next(file, entry, lost, now, drainNext));
            lost = false;
            drainNext = entry == Kind.ROTATED && mayBeWritten(file);
        }
        next.add(new Next(found, entry, between.lost(), now, drainNext));
        missing = false;
        goneTold = false;
    }

    /** Whether it was read already, or will be. */
    private boolean isHeld(FollowedFile file) {
        FileStat stat = file.stat();
        return (current != null && current.stat().sameFile(stat))
                || next.stream().anyMatch(following -> following.file().stat().sameFile(stat))
                || drained.stream().anyMatch(old -> old.file.stat().sameFile(stat));
    }

    /** Whether a file found beside the log was written so lately that more may come. */
    private boolean mayBeWritten(FollowedFile file) {
        return time.epochNanos() - file.stat().modifiedNanos() < 2 * drainNanos();
    }

    /** Goes on to the next file if the current one is at its end. Returns whether there is something to read at once. */
    boolean advance(long now) throws IOException {
        if (trouble != null && Math.min(now - quietSince, now - troubleSince) >= drainNanos()) {
            throw trouble;
        }
        if (!next.isEmpty()) {
            Next following = next.get(0);
            boolean quiet = isQuiet(following.foundAt(), now);
            boolean done = quiet || !following.drain() || !settings.follow();
            if (done
                    || (now - following.foundAt() >= DRAIN_CAP
                            && following.file().file().size() > 0)) {
                next.remove(0);
                enter(following, following.lostBefore(), now);
                return true;
            }
        } else if (missing && current != null) {
            if (!goneTold && isQuiet(missingSince, now)) {
                goneTold = true;
                notices.event(Kind.DISAPPEARED);
            }
            if (goneTold && Math.min(now - quietSince, now - missingSince) >= HOLD) {
                left = new Left(current.mark(), -1, false, current.isLineOpen());
                closeQuietly(current);
                current = null;
            }
        }
        return false;
    }

    private long drainNanos() {
        return settings.drainTime().toNanos();
    }

    private boolean isQuiet(long since, long now) {
        return Math.min(now - quietSince, now - since) >= drainNanos();
    }

    private void enter(Next following, boolean lost, long now) {
        FollowedFile file = following.file();
        if (current != null) {
            if (current.isLineOpen()) {
                notices.endLine();
            }
            file.generation(current.generation() + 1);
            drained.add(new Drained(current, now));
        }
        current = file;
        quietSince = now;
        if (lost) {
            notices.gap(Gap.Reason.ROTATED);
        }
        notices.event(following.entry());
        positionDue = true;
    }

    /** The current file was cut or written anew. Returns whether there is something to read at once. */
    boolean cut(FollowedFile file, int how, long now) throws IOException {
        if (how == FollowedFile.SHRUNK && !watch.isLocal() && !isShrunkForLong(now)) {
            return false;
        }
        shrunk = false;
        if (!next.isEmpty()) {
            // It was rotated away: what is in it now may be no log. The next one follows at once, and a gap tells.
            Next following = next.get(0);
            boolean lost =
                    following.lostBefore() || file.isBehind() || file.file().size() > 0;
            next.set(0, new Next(following.file(), following.entry(), lost, following.foundAt(), false));
            file.seek(file.file().size());
            return false;
        }
        watch.changed();
        FollowedFile copy = siblings.copy(file.knownMark());
        if (copy != null) {
            copy.goOnFrom(file);
            current = copy;
            file.restart();
            notices.position(mark(copy), -1);
            supersede(copy, file, Kind.TRUNCATED, false, now);
            return true;
        }
        if (file.isBehind()) {
            notices.gap(Gap.Reason.TRUNCATED);
        } else if (file.isLineOpen()) {
            notices.endLine();
        }
        file.restart();
        // It may be cut again before it is read.
        file.rememberBeginning();
        notices.event(Kind.TRUNCATED);
        notices.position(mark(file), -1);
        return true;
    }

    private boolean isShrunkForLong(long now) {
        shrunkSince = shrunk ? shrunkSince : now;
        shrunk = true;
        return now - shrunkSince >= REMOTE_CUT;
    }

    /** Whether all was read that was there at the beginning; never while following. */
    boolean isComplete() {
        return !settings.follow() && next.isEmpty();
    }

    void close() {
        if (current != null) {
            closeQuietly(current);
        }
        next.forEach(following -> closeQuietly(following.file()));
        next.clear();
        drained.forEach(old -> closeQuietly(old.file));
        drained.clear();
    }

    private static void closeQuietly(FollowedFile file) {
        try {
            file.close();
        } catch (IOException e) {
            // It was only read: nothing is lost.
        }
    }
}
