package io.logstream.internal.file;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.spi.LineSink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log that were read to their end and rotated away, held open for what is still written to them: that
 * follows between two lines of the file that is read then.
 */
final class OldFiles {
    /** How long a file is held open when it is quiet. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();
    /** How long between two looks. */
    private static final long PAUSE = Duration.ofSeconds(1).toNanos();
    /** How many files are held open at most. */
    private static final int MOST = 64;

    private final Notices notices;
    private static final Deque<Old> NONE = new ArrayDeque<>(0);

    /** Made when there is a first one: most logs never have any. */
    private Deque<Old> files = NONE;

    private long lookedAt;

    private static final class Old {
        final FollowedFile file;
        long quietSince;

        Old(FollowedFile file, long quietSince) {
            this.file = file;
            this.quietSince = quietSince;
        }
    }

    OldFiles(Notices notices) {
        this.notices = notices;
    }

    boolean isEmpty() {
        return files.isEmpty();
    }

    /** Holds a file that has just been read to its end. */
    void add(FollowedFile file, long now) {
        files = files == NONE ? new ArrayDeque<>(2) : files;
        files.add(new Old(file, now));
    }

    boolean holds(FileStat stat) {
        return find(stat) != null;
    }

    /** The file as it was left, if it is one of these. */
    @Nullable
    FollowedFile find(FileStat stat) {
        for (Old old : files) {
            if (old.file.stat().sameFile(stat)) {
                return old.file;
            }
        }
        return null;
    }

    /** The file as it was left, if it is one of these; it is none of them any more. */
    @Nullable
    FollowedFile take(FileStat stat) {
        FollowedFile found = find(stat);
        files.removeIf(old -> old.file == found);
        return found;
    }

    /** A place in the current file, together with those in the newest of these. */
    FileMark with(FileMark current) {
        if (files.isEmpty()) {
            return current;
        }
        List<FileMark> newest = new ArrayList<>(FileMark.MOST_OLDER);
        for (Iterator<Old> all = files.descendingIterator(); all.hasNext() && newest.size() < FileMark.MOST_OLDER; ) {
            newest.add(all.next().file.mark());
        }
        Collections.reverse(newest);
        return current.withOlder(newest);
    }

    /** Whether it is time to look at them. */
    boolean isLookDue(long now) {
        return !files.isEmpty() && (now - lookedAt >= PAUSE || files.size() > MOST);
    }

    /**
     * Hands over what was written: whole lines, to be called between two lines of the current file. A file that is quiet for
     * long is closed.
     *
     * @return whether there is more to hand over at once
     */
    boolean hand(LineSink sink, byte[] buffer, int atMost, FollowedFile current, long now) throws IOException {
        boolean any = false;
        boolean more = false;
        int left = files.size();
        for (Iterator<Old> all = files.iterator(); all.hasNext(); left--) {
            Old old = all.next();
            boolean last = now - old.quietSince >= HOLD || left > MOST;
            int fresh = read(old.file, buffer, atMost, last);
            int length = fresh <= 0
                    ? 0
                    : last
                            ? old.file.units().whole(buffer, FollowedFile.AT, fresh)
                            : wholeLines(old.file, buffer, fresh, atMost);
            if (length > 0) {
                if (!any) {
                    sink.position(null); // what was told before does not lead here
                    any = true;
                }
                hand(sink, old.file, buffer, length);
                old.quietSince = now;
                more |= fresh == atMost;
            } else if (fresh < 0 || last) {
                FollowedFile.closeQuietly(old.file);
                all.remove();
            }
        }
        if (any) {
            sink.position(with(current.mark()).position(-1));
        }
        if (!notices.isEmpty()) {
            notices.position(with(current.mark()), -1); // behind a gap
        }
        lookedAt = more ? now - PAUSE : now;
        return more;
    }

    /** Reads on. Returns below zero if this file is of no more use. */
    private int read(FollowedFile file, byte[] buffer, int atMost, boolean last) throws IOException {
        int fresh;
        try {
            fresh = file.read(buffer, atMost);
        } catch (IOException e) {
            if (last) {
                notices.gap(Gap.Reason.ROTATED);
            }
            return last ? FollowedFile.SHRUNK : 0; // perhaps it can be read later
        }
        if (fresh == FollowedFile.REWRITTEN) {
            notices.gap(Gap.Reason.TRUNCATED); // what is in it now may be no log
            return fresh;
        }
        if (fresh == FollowedFile.SHRUNK) {
            if (file.isBehind()) {
                notices.gap(Gap.Reason.TRUNCATED);
            }
            file.restart();
            return 0;
        }
        return fresh;
    }

    private static void hand(LineSink sink, FollowedFile file, byte[] buffer, int length) {
        Units units = file.units();
        sink.bytes(Channel.STDOUT, units.bytes(buffer, FollowedFile.AT, length), LineSink.NO_TIME);
        file.took(buffer, FollowedFile.AT, length);
        if (file.isLineOpen()) {
            sink.endLine(Channel.STDOUT);
        }
    }

    /** How many of the bytes are whole lines; all, if the buffer is full with a part of one. */
    private static int wholeLines(FollowedFile file, byte[] buffer, int fresh, int atMost) {
        Units units = file.units();
        int whole = units.whole(buffer, FollowedFile.AT, fresh);
        for (int end = whole; end > 0; end -= units.size()) {
            if (units.endsLine(buffer, FollowedFile.AT + end)) {
                return end;
            }
        }
        return fresh == atMost ? whole : 0;
    }

    void close() {
        files.forEach(old -> FollowedFile.closeQuietly(old.file));
        files = NONE;
    }
}
