package io.logstream.internal.file;

import io.logstream.SourceEvent.Kind;
import io.logstream.internal.file.PathWatch.Count;
import io.logstream.internal.file.Siblings.Between;
import io.logstream.internal.file.Siblings.Found;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log that follow the one that is read now, oldest first. Each is held open from the moment it is found, so
 * that a later rotation can't take it away.
 *
 * <p>Where the file before the newest one was removed, nothing beside the log tells whether others were between them. The
 * watch does: it counts the files that were given the log's name.
 */
final class Upcoming {
    /** How many are held open at most. */
    private static final int MOST = 64;

    private final FileSettings settings;
    private final PathWatch watch;
    private final TimeSource time;
    private static final Deque<Next> NONE = new ArrayDeque<>(0);

    /** Made when there is a first one: an idle log has none. */
    private Deque<Next> files = NONE;
    /** Whether there are files behind the newest one that were not opened yet. */
    private boolean more;

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
     * @param count how many files had been given the log's name, this one included
     * @param last whether none of them came after this one
     */
    void add(
            Between between,
            FollowedFile found,
            Kind entry,
            boolean drain,
            Predicate<FileStat> isKnown,
            Count count,
            boolean last,
            long now) {
        more = between.more();
        int unread = (int) between.files().stream()
                .filter(older -> !isKnown.test(older.file().stat()))
                .count();
        int named = entry == Kind.TRUNCATED ? 0 : 1; // a copy of what was cut never had the log's name
        int unseen = watch.unseen(count) - named * (unread + 1);
        boolean counting = watch.isCounting(count);
        boolean allFound = counting && unseen == 0 && named > 0;
        boolean someMissed = counting && unseen > 0 && last && !more;
        // Where the older one was removed, so may be others that came after it.
        boolean removed = entry == Kind.ROTATED && !between.complete() && !allFound;
        boolean anywhere = someMissed || (!between.steady() && !allFound);
        boolean drainNext = drain;
        boolean lost = false;
        for (Found older : between.files()) {
            FollowedFile file = older.file();
            lost |= older.lostBefore();
            if (isKnown.test(file.stat())) {
                FollowedFile.closeQuietly(file); // a copy that was read when its original was cut
                continue;
            }
            own().add(new Next(file, entry, lost || removed || anywhere, now, drainNext));
            watch.found(named);
            removed = false;
            lost = false;
            drainNext = entry == Kind.ROTATED && mayBeWritten(file);
        }
        if (more) {
            FollowedFile.closeQuietly(found);
            return;
        }
        watch.found(named);
        // Where the path has just begun to lead elsewhere, the first file there follows; where nothing counts files and
        // none is seen to have been rotated away, the one that was found does.
        removed &= (watch.canCount() || between.rotated()) && !watch.takeMoved();
        own().add(new Next(found, entry, lost || removed || anywhere || between.lostAfter(), now, drainNext));
        if (someMissed) {
            watch.settle(count);
        }
    }

    /**
     * The path names the newest file, as it did at the last look.
     *
     * @param count how many files had been given the log's name right before this look
     * @return whether lines are missing before the file that is read now
     */
    boolean confirm(Count count) {
        boolean lost = watch.isCounting(count) && watch.unseen(count) > 0;
        watch.settle(count);
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
