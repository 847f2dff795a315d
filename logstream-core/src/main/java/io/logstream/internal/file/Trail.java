package io.logstream.internal.file;

import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent.Kind;
import io.logstream.internal.file.PathWatch.Count;
import io.logstream.spi.LineSink;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.time.Duration;
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
    /** How long a file that has disappeared, is held open when it is quiet. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();
    /** How long a file on a remote file system must look shorter: its size there lags behind what was read. */
    private static final long REMOTE_CUT = Duration.ofSeconds(3).toNanos();

    private final FileSettings settings;
    private final FileAccess access;
    private final PathWatch watch;
    private final Notices notices;
    private final Upcoming next;
    /** Made when a file was drained: most logs have none. */
    private @Nullable OldFiles old;

    private @Nullable FollowedFile current;
    /** Where a file that is not open any more, or not found yet, was read to. */
    private @Nullable Left left;

    /** Whether a file has come and gone that was not found, and this was not told yet. */
    private boolean gapDue;

    private boolean positionDue;
    private boolean caughtUp;
    private boolean missing;
    private boolean goneTold;
    private long missingSince;
    private long quietSince;
    private long lookedAt;
    private boolean shrunk;
    private long shrunkSince;
    private @Nullable IOException trouble;
    private long troubleSince;

    /** Where reading stopped, and whether there may have been more to read. */
    private record Left(FileMark mark, long linesBefore, boolean lossy, boolean lineOpen) {}

    Trail(FileSettings settings, FileAccess access, PathWatch watch, TimeSource time) {
        this.settings = settings;
        this.access = access;
        this.watch = watch;
        this.notices = new Notices(settings.path());
        this.next = new Upcoming(settings, watch, time);
    }

    /** Finds the place to start. */
    void begin(Start start, long now) throws IOException, InterruptedException {
        quietSince = now;
        lookedAt = now;
        FileStat before = watch.isWanted() ? access.stat(settings.path()) : null;
        watch.renew();
        Count count = watch.count();
        FollowedFile found = FollowedFile.open(access, settings.path());
        boolean counts =
                found == null ? before == null : before != null && found.stat().isSame(before);
        if (!counts) {
            watch.changed(); // it may be watched where it was before
        }
        if (start instanceof Start.At at) {
            FileMark mark = FileMark.of(at.position());
            resume(new Left(mark, at.position().linesBefore(), true, false), found, now);
            for (FileMark older : mark.older()) {
                FollowedFile file = siblings().renamed(older);
                if (file != null) {
                    old().add(file, now);
                }
            }
        } else if (found != null) {
            place(found, start);
        } else {
            await(now);
        }
        if (counts) {
            watch.settle(count); // all that was found till now was made before
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
        next.limitToPresentSize();
    }

    /** Goes on where reading stopped, wherever the file is now; {@code found} is what is at the path. */
    private void resume(Left stopped, @Nullable FollowedFile found, long now) throws IOException {
        FileMark mark = stopped.mark;
        boolean same = found != null && mark.mayBe(found.stat());
        if (found != null) {
            // So that it is closed with the reader whatever happens here.
            current = found;
            if (same && found.seek(mark)) {
                notices.position(mark(found), stopped.linesBefore);
                return;
            }
        }
        FollowedFile moved = same ? null : siblings().renamed(mark);
        if (moved == null) {
            moved = siblings().copy(mark);
        }
        if (moved != null) {
            current = moved;
            notices.position(mark(moved), stopped.linesBefore);
            if (found == null) {
                disappear(now);
            } else if (same) {
                supersede(moved, found, Kind.TRUNCATED, false, now);
            } else {
                supersede(moved, found, Kind.ROTATED, next.mayBeWritten(moved), now);
            }
        } else if (found == null) {
            left = stopped;
            await(now);
        } else if (same) {
            beginAnew(stopped, found, true);
        } else {
            goOnBehind(stopped, found, now);
        }
    }

    /** The file is gone in which reading stopped: goes on with what was rotated away after it and is still there. */
    private void goOnBehind(Left stopped, FollowedFile found, long now) throws IOException {
        Siblings.Between between = siblings().between(stopped.mark.stat(), stopped.mark, null, found, next.room());
        if (between.files().isEmpty()) {
            beginAnew(stopped, found, false);
            return;
        }
        current = between.files().get(0).file();
        beginAnew(new Left(stopped.mark, -1, true, stopped.lineOpen), current, false);
        List<Siblings.Found> others = between.files().subList(1, between.files().size());
        Siblings.Between rest = new Siblings.Between(
                others, between.steady(), true, between.rotated(), between.lostAfter(), between.more());
        watch.found(1);
        follow(rest, found, Kind.ROTATED, next.mayBeWritten(current), watch.exactCount(), false, now);
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
        FollowedFile file = current;
        if (gapDue && (file == null || !file.isLineOpen())) {
            gapDue = false;
            notices.gap(Gap.Reason.ROTATED);
            if (file != null) {
                notices.position(mark(file), -1);
            }
        }
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

    /** Whether it is known that a look finds something. */
    boolean isLookDue() {
        return next.isLookDue();
    }

    /** Looks at what the path names now. */
    void look(long now) throws IOException {
        if (next.isHalfFull()) {
            return;
        }
        lookedAt = now;
        try {
            if (watch.takeChanged()) {
                watch.renew();
            }
            compare(now);
            if (!settings.follow()) {
                next.limitToPresentSize();
            }
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
        FollowedFile newest = next.isEmpty() ? current : next.newest();
        Count count = missing ? watch.exactCount() : watch.count(); // of files made before this look
        FileStat stat = access.stat(settings.path());
        if (stat != null && newest != null && newest.stat().sameFile(stat)) {
            newest.seenAgain(stat);
            watch.found(missing ? 1 : 0);
            comeBack();
            gapDue |= next.confirm(count);
            return;
        }
        FollowedFile found = stat == null ? null : FollowedFile.open(access, settings.path());
        if (found == null) {
            disappear(now);
            return;
        }
        watch.changed();
        if (newest == null) {
            arrive(knownOr(found), now);
        } else if (newest.stat().sameFile(found.stat())) {
            found.close();
        } else {
            boolean gone = missing && goneTold;
            supersede(newest, found, gone ? Kind.APPEARED : Kind.ROTATED, !gone, now);
        }
    }

    /** Whether files are held open that may be written late. */
    boolean hasDrained() {
        return old != null && !old.isEmpty();
    }

    /** The current file was read to its end: what a reader hands over again after it was opened anew has been handed over. */
    void wasCaughtUp() {
        caughtUp = true;
    }

    /** The next byte's place. */
    FileMark mark(FollowedFile file) {
        return old == null ? file.mark() : old.with(file.mark());
    }

    /**
     * Hands over what was written late to files that were rotated away, between two lines of the current file. Returns
     * whether there is more of it.
     */
    boolean handLate(LineSink sink, byte[] buffer, int atMost, long now) throws IOException {
        FollowedFile into = current;
        OldFiles from = old;
        if (into == null || into.isLineOpen() || positionDue || !caughtUp || from == null || !from.isLookDue(now)) {
            return false;
        }
        return from.hand(sink, buffer, atMost, into, now);
    }

    /** The file as it was left when it was drained, if it is back at the path. */
    private FollowedFile knownOr(FollowedFile found) {
        FollowedFile known = old == null ? null : old.take(found.stat());
        if (known != null) {
            FollowedFile.closeQuietly(found);
        }
        return known == null ? found : known;
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
        Count count = watch.exactCount();
        boolean lost = watch.isCounting(count) && watch.unseen(count) > 1 && isAtPath(found);
        if (left == null) {
            current = found;
            notices.position(mark(found), 0);
        } else {
            resumeLeft(left, found, now);
            left = null;
        }
        if (next.isEmpty()) {
            watch.found(1);
            if (lost) {
                gapDue = true;
                watch.settle(count);
            }
        }
    }

    private void resumeLeft(Left stopped, FollowedFile found, long now) throws IOException {
        try {
            resume(stopped, found, now);
        } catch (IOException e) {
            close();
            found.close();
            current = null;
            throw e;
        }
    }

    /** Another file follows the newest one; {@code drain} says whether that may still be written. */
    private void supersede(FollowedFile newest, FollowedFile found, Kind entry, boolean drain, long now)
            throws IOException {
        Siblings.Between between;
        Count count = watch.exactCount();
        boolean last = isAtPath(found);
        try {
            FollowedFile known = old == null ? null : old.find(found.stat());
            (known == null ? found : known).rememberBeginning();
            between = siblings().between(newest.stat(), newest.readMark(), newest, found, next.room());
        } catch (IOException e) {
            found.close();
            throw e;
        }
        follow(between, between.more() ? found : knownOr(found), entry, drain, count, last, now);
    }

    /** Whether the file is known to be at the path still. */
    private boolean isAtPath(FollowedFile found) {
        try {
            FileStat stat = access.stat(settings.path());
            return stat != null && stat.sameFile(found.stat());
        } catch (IOException e) {
            return false;
        }
    }

    private void follow(
            Siblings.Between between,
            FollowedFile found,
            Kind entry,
            boolean drain,
            Count count,
            boolean last,
            long now) {
        missing = false;
        goneTold = false;
        next.add(between, found, entry, drain, this::isKnown, count, last, now);
    }

    private OldFiles old() {
        OldFiles known = old == null ? new OldFiles(notices) : old;
        old = known;
        return known;
    }

    private Siblings siblings() {
        return new Siblings(access, settings.path());
    }

    /** Whether it was read already, or will be. */
    private boolean isKnown(FileStat stat) {
        return (current != null && current.stat().sameFile(stat)) || next.holds(stat) || old != null && old.holds(stat);
    }

    /** Goes on to the next file if the current one is at its end. Returns whether there is something to read at once. */
    boolean advance(long now) throws IOException {
        if (trouble != null && Math.min(now - quietSince, now - troubleSince) >= drainNanos()) {
            throw trouble;
        }
        if (!next.isEmpty()) {
            Next following = next.first();
            boolean quiet = isQuiet(following.foundAt(), now);
            // What was rotated away twice is finished; what comes to it late is read late.
            boolean done = quiet || !following.drain() || next.isFirstFollowed() || !settings.follow();
            boolean enough = now - following.foundAt() >= DRAIN_CAP
                    && following.file().file().size() > 0;
            if (done || enough) {
                enter(next.takeFirst(), now);
                return true;
            }
        } else if (missing && current != null) {
            if (!goneTold && isQuiet(missingSince, now)) {
                goneTold = true;
                notices.event(Kind.DISAPPEARED);
            }
            if (goneTold && Math.min(now - quietSince, now - missingSince) >= HOLD) {
                left = new Left(current.mark(), -1, false, current.isLineOpen());
                FollowedFile.closeQuietly(current);
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

    private void enter(Next following, long now) {
        FollowedFile file = following.file();
        if (current != null) {
            if (current.isLineOpen()) {
                notices.endLine();
            }
            file.generation(current.generation() + 1);
            old().add(current, now);
        }
        current = file;
        quietSince = now;
        if (following.lostBefore()) {
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
        watch.changed();
        boolean last = next.isEmpty();
        FollowedFile copy = last ? copyOf(file) : takeCopyOf(file);
        if (copy != null) {
            goOn(copy, file);
            current = copy;
            file.seenAgain(file.stat().writtenAfter(copy.stat()));
            file.restart();
            notices.position(mark(copy), -1);
            if (last) {
                supersede(copy, file, Kind.TRUNCATED, false, now);
            } else {
                next.addFirst(new Next(file, Kind.TRUNCATED, false, now, false));
            }
            return true;
        }
        if (!last && how == FollowedFile.REWRITTEN) {
            // What is in it now may be no log. The next one follows at once, and a gap tells.
            next.addFirst(next.takeFirst().withLostBefore().withoutDrain());
            file.seek(file.file().size());
            return false;
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

    private static void goOn(FollowedFile copy, FollowedFile cut) throws IOException {
        boolean done = false;
        try {
            copy.goOnFrom(cut);
            done = true;
        } finally {
            if (!done) {
                FollowedFile.closeQuietly(copy);
            }
        }
    }

    private @Nullable FollowedFile copyOf(FollowedFile cut) throws IOException {
        FollowedFile copy = siblings().copy(cut.knownMark());
        FileStat stat = access.stat(settings.path());
        if (stat != null && stat.sameFile(cut.stat())) {
            cut.seenAgain(stat);
        }
        return copy;
    }

    /** The file that follows, if it is a copy of this one which goes on where this was read to. */
    private @Nullable FollowedFile takeCopyOf(FollowedFile cut) {
        FileMark following = next.first().file().mark();
        return cut.mark().offset() > 0 && following.isBehindSame(cut.mark())
                ? next.takeFirst().file()
                : null;
    }

    private boolean isShrunkForLong(long now) {
        shrunkSince = shrunk ? shrunkSince : now;
        shrunk = true;
        return now - shrunkSince >= REMOTE_CUT;
    }

    /** Whether all was read that was there at the beginning; never while following. */
    boolean isComplete() {
        return !settings.follow() && next.isEmpty() && !next.isLookDue();
    }

    void close() {
        if (current != null) {
            FollowedFile.closeQuietly(current);
        }
        next.close();
        if (old != null) {
            old.close();
        }
    }
}
