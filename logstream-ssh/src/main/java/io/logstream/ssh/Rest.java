package io.logstream.ssh;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long the newest file has looked the same, and what is enough for it therefore. At first it is read and looked at, and
 * compared with what is at the path; once it has come to rest, a {@link Glimpse} at the path will do, and now and then a
 * <em>round</em> of all of it. Used by one thread at a time.
 */
final class Rest {
    /**
     * How long after the last comparison, or after it came to look as it does, a file is compared with what is at the path, byte
     * for byte. Another one of its size could have been written in the same second, but hardly later: that takes a program which
     * sets the time of its last write.
     */
    private static final long[] COMPARISONS = {
        Duration.ofMillis(200).toNanos(),
        Duration.ofMillis(800).toNanos(),
        Duration.ofMillis(1500).toNanos(),
        Duration.ofMinutes(5).toNanos()
    };

    /** After how many of them it is at rest. */
    private static final int ENOUGH = 3;

    /** How long a file is only glimpsed at. */
    private static final long LONGEST = Duration.ofSeconds(10).toNanos();
    /** How often what was read may belie a glimpse, where a server knows sizes late, before none is believed. */
    private static final int MOST_LIES = 3;

    private @Nullable RemoteFile file;
    private @Nullable Attributes like;
    private long comparedAt;
    private int comparisons;

    private @Nullable Glimpse glimpse;
    private long roundAt;
    private boolean round;
    private boolean believed;
    private int lies;

    Rest(long now) {
        roundAt = now;
    }

    /** The file at the path was seen to be the newest one, like this. Says whether to compare the two byte for byte. */
    boolean isComparedNow(RemoteFile newest, Attributes seen, long now) {
        if (newest != file || !seen.equals(like)) {
            file = newest;
            like = seen;
            comparedAt = now;
            comparisons = 0;
            believed = false; // the path tells of it as well
            return false;
        }
        if (now - comparedAt >= COMPARISONS[comparisons]) {
            comparedAt = now;
            comparisons = Math.min(comparisons + 1, ENOUGH);
            return true;
        }
        return false;
    }

    /** Whether a glimpse is enough: all of the newest file was read, and compared often enough since it looks as it does. */
    boolean isEnough(@Nullable ReadAhead reads, @Nullable RemoteFile newest) {
        return reads != null
                && reads.isRead()
                && reads.file() == newest
                && file == newest
                && like != null
                && like.size() == reads.file().offset()
                && comparisons == ENOUGH
                && lies < MOST_LIES
                && !round;
    }

    /** Glimpses at the path, unless an answer is on its way: if that were given up for the next, a slow host would never tell. */
    void glimpse(Sftp sftp, String path, Runnable wake) {
        Attributes expected = like;
        if (expected != null && glimpse == null) {
            glimpse = new Glimpse(sftp, path, expected, wake);
        }
    }

    /** Says whether a round is to be made: what was glimpsed has changed, or has not for long. */
    boolean beginsRound(long now) {
        Glimpse last = glimpse;
        if (last == null || !last.isDone()) {
            return false;
        }
        glimpse = null;
        boolean same = last.isSame();
        if (same && now - roundAt < LONGEST) {
            return false;
        }
        roundAt = now;
        round = true;
        believed = same;
        return true;
    }

    /** The file is asked for its bytes. */
    void asked() {
        round = false;
    }

    /** It had none. */
    void nothing() {
        believed = false;
    }

    /** It had some. */
    void bytes() {
        lies += believed ? 1 : 0;
        believed = false;
    }
}
