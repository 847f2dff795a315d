package io.logstream.internal.file;

import io.logstream.SourceEvent.Kind;
import io.logstream.internal.file.Siblings.Between;
import io.logstream.internal.file.Siblings.Found;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log that follow the one that is read now, oldest first. Each is held open from the moment it is found, so
 * that a later rotation can't take it away.
 *
 * <p>Where the file before the newest one was removed, nothing beside the log tells whether others were between them. The
 * watch does: it counts the files that were given the log's name. So it is asked for what it has not told yet, and while
 * that leaves a doubt the newest one is not entered.
 */
final class Upcoming {
    /** How many are held open at most. */
    private static final int MOST = 64;
    /** How long the newest file waits at most, where the watch told of fewer files than were found. */
    private static final long SURE = Duration.ofMillis(250).toNanos();

    private final FileSettings settings;
    private final PathWatch watch;
    private final TimeSource time;
    private static final Deque<Next> NONE = new ArrayDeque<>(0);

    /** Made when there is a first one: an idle log has none. */
    private Deque<Next> files = NONE;
    /** Whether there are files behind the newest one that were not opened yet. */
    private boolean more;
    /** Whether there may have been others right before the newest one. */
    private boolean unsure;

    private long unsureSince;

    Upcoming(FileSettings settings, PathWatch watch, TimeSource time) {
        this.settings = settings;
        this.watch = watch;
        this.time = time;
    }

    boolean isEmpty() {
        return files.isEmpty();
    }

    /** The one that is read next; there must be one. */
    Next first() {
        return files.getFirst();
    }

    /** Whether the first one is followed by another, so that it was rotated away itself. */
    boolean isFirstFollowed() {
        return files.size() > 1;
    }

    Next takeFirst() {
        return files.removeFirst();
    }

    void addFirst(Next next) {
        own().addFirst(next);
    }

    @Nullable
    FollowedFile newest() {
        Next last = files.peekLast();
        return last == null ? null : last.file();
    }

    boolean holds(FileStat stat) {
        return files.stream().anyMatch(next -> next.file().stat().sameFile(stat));
    }

    /** How many more may be held open. */
    int room() {
        return MOST - files.size();
    }

    /** Whether it is too early to look for more: the newest one is held open, what comes after it is found later. */
    boolean isHalfFull() {
        return files.size() > MOST / 2;
    }

    /** Whether it is known that a look finds something. */
    boolean isLookDue() {
        return more && !isHalfFull();
    }

    /**
     * Another file was found.
     *
     * @param between what was rotated away before it
     * @param found the file
     * @param entry what happens when each of them is entered
     * @param drain whether the one that is the newest now may still be written
     * @param isKnown whether a file was read already, or will be
     * @param made how many files had been given the log's name when this one had it
     * @return whether lines are missing before the file that is read now
     */
    boolean add(
            Between between,
            FollowedFile found,
            Kind entry,
            boolean drain,
            Predicate<FileStat> isKnown,
            int made,
            long now) {
        boolean lostBefore = false;
        if (unsure) {
            lostBefore = markNewest(); // there was no time to find out
        }
        boolean drainNext = drain;
        long unknown = between.files().stream()
                .filter(older -> !isKnown.test(older.file().stat()))
                .count();
        int named = entry == Kind.TRUNCATED ? 0 : 1;
        boolean allFound = watch.isCounting() && watch.compareMade(made - (int) unknown - named) == 0;
        // Where the older one was removed, so may be others that came after it.
        boolean removed = entry == Kind.ROTATED && !between.complete() && !allFound;
        boolean missed = !between.steady() && !allFound;
        boolean lost = false;
        for (Found older : between.files()) {
            FollowedFile file = older.file();
            lost |= older.lostBefore();
            if (isKnown.test(file.stat())) {
                FollowedFile.closeQuietly(file); // a copy that was read when its original was cut
                continue;
            }
            own().add(new Next(file, entry, lost || removed || missed, now, drainNext));
            watch.found(1);
            removed = false;
            lost = false;
            drainNext = entry == Kind.ROTATED && mayBeWritten(file);
        }
        more = between.more();
        unsure = !more && entry == Kind.ROTATED && !between.complete() && !allFound && watch.isActive();
        unsureSince = now;
        if (more) {
            FollowedFile.closeQuietly(found);
        } else {
            watch.found(named);
            boolean missedAfter = missed && unknown > 0;
            own().add(new Next(found, entry, lost || missedAfter || between.lostAfter(), now, drainNext));
        }
        return lostBefore;
    }

    /** Whether it is not known yet if lines are missing before the newest file. */
    boolean isUnsure() {
        return unsure;
    }

    /** How many files have been given the log's name; exactly, where that decides. */
    int made() {
        return unsure || !watch.isSettled() ? watch.madeTillNow() : watch.made();
    }

    /**
     * The path names the newest file, as it did at the last look.
     *
     * @param made how many files had been given the log's name right before this look
     * @return whether lines are missing before the file that is read now
     */
    boolean confirm(int made, long now) {
        boolean beginning = watch.isBeginning();
        boolean uncounted = watch.takeUncounted() || beginning;
        int seen = uncounted ? 0 : watch.compareMade(made);
        // Where the path has just begun to lead elsewhere, the first file there follows.
        boolean lost = seen > 0 || (unsure && uncounted && !(beginning && watch.isMoved()));
        if (seen > 0 || uncounted || watch.isAllTold()) {
            watch.settle(made);
        }
        unsure &= !lost && seen < 0 && now - unsureSince < SURE;
        return lost && markNewest();
    }

    /** Lines are missing before the newest file. Returns true if that is not one of these. */
    private boolean markNewest() {
        Next last = files.pollLast();
        if (last != null) {
            files.addLast(last.withLostBefore());
        }
        return last == null;
    }

    /** Whether a file found beside the log was written so lately that more may come. */
    boolean mayBeWritten(FollowedFile file) {
        return time.epochNanos() - file.stat().modifiedNanos()
                < 2 * settings.drainTime().toNanos();
    }

    private Deque<Next> own() {
        files = files == NONE ? new ArrayDeque<>(2) : files;
        return files;
    }

    /** From now on each ends where it ends at this moment. */
    void limitToPresentSize() throws IOException {
        for (Next next : files) {
            next.file().limitToPresentSize();
        }
    }

    void close() {
        files.forEach(next -> FollowedFile.closeQuietly(next.file()));
        files = NONE;
    }
}
