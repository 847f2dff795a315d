package io.logstream.docker;

import io.logstream.spi.TimeSource;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Watches a log that is read: after a long silence it asks for the newest entry. Is that one that has not come, the daemon has
 * stopped telling the log, as some do when somebody cuts its file; and a daemon that does not answer is gone without a word.
 * For one thread; closed by any.
 */
final class Silence implements Closeable {
    private static final Duration FIRST = Duration.ofSeconds(30);
    private static final Duration LAST = Duration.ofMinutes(2);

    private final DockerReader reader;
    private Duration patience = FIRST;
    private volatile TimeSource.@Nullable Alarm alarm;
    private long heard; // entries when the alarm was set
    private volatile boolean rung;
    private volatile @Nullable Newest asked;
    private volatile boolean closed;

    Silence(DockerReader reader) {
        this.reader = reader;
    }

    /**
     * Looks, where there is nothing to read now.
     *
     * @param entries how many have come
     * @return whether the log has an entry that has not come
     * @throws IOException if the daemon does not answer
     */
    boolean hides(long entries) throws IOException {
        boolean hides = false;
        if (rung) {
            rung = false;
            alarm = null;
            if (heard == entries) {
                ask();
            }
        }
        Newest open = asked;
        if (open != null && open.isKnown()) {
            asked = null;
            hides = open.isBehind(reader.place());
        }
        TimeSource.Alarm set = alarm;
        if (heard != entries && patience.compareTo(FIRST) > 0) {
            patience = FIRST; // the silence is over, and another one begins
            if (set != null) {
                set.cancel();
                set = null;
            }
        }
        if (set == null && !closed) {
            heard = entries;
            set = reader.context().time().after(patience, this::ring);
            alarm = set;
            if (closed) {
                set.cancel();
            }
        }
        return hides && reader.follows();
    }

    private void ring() {
        rung = true;
        if (!closed) {
            reader.context().wake();
        }
    }

    private void ask() throws IOException {
        Newest open = asked;
        if (open != null) {
            throw open.unanswered();
        }
        patience = patience.compareTo(LAST) < 0 ? patience.multipliedBy(2) : LAST;
        Newest newest = new Newest(reader, false);
        asked = newest;
        if (closed) {
            newest.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        TimeSource.Alarm set = alarm;
        if (set != null) {
            set.cancel();
        }
        Newest open = asked;
        if (open != null) {
            open.close();
        }
    }
}
