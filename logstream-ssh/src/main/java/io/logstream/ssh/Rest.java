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
     * When a file that looks the same as before is compared with what is at the path, byte for byte, counted from when it came to
     * look so: another one of this size could have been written in the same second, but not later.
     */
    private static final long[] COMPARISONS = {
        Duration.ofMillis(200).toNanos(),
        Duration.ofSeconds(1).toNanos(),
        Duration.ofMillis(2500).toNanos()
    };

    /** How long a file is only glimpsed at. */
    private static final long LONGEST = Duration.ofSeconds(10).toNanos();
    /** How often what was read may belie a glimpse, where a server knows sizes late, before none is believed. */
    private static final int MOST_LIES = 3;

    private @Nullable RemoteFile file;
    private @Nullable Attributes like;
    private long since;
    private int comparisons;

    private @Nullable Glimpse glimpse;
    private long roundAt;
    private boolean round;
    private boolean believed;
    private int lies;

    /** The file at the path was seen to be the newest one, like this. Says whether to compare the two byte for byte. */
    boolean isComparedNow(RemoteFile newest, Attributes seen, long now) {
        if (newest != file || !seen.equals(like)) {
            file = newest;
            like = seen;
            since = now;
            comparisons = 0;
            return false;
        }
        if (comparisons < COMPARISONS.length && now - since >= COMPARISONS[comparisons]) {
            comparisons++;
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
                && comparisons == COMPARISONS.length
                && lies < MOST_LIES
                && !round;
    }

    void glimpse(Sftp sftp, String path, Runnable wake) {
        Attributes expected = like;
        if (expected != null) {
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
