package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.spi.LineSink;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The files that were rotated away and read to their end, but may still be written to. What comes late is handed over in
 * whole lines between two lines of the file that is read now. Used by one thread at a time.
 */
final class LateLines {
    /** How long a file is held open after it was written last. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();
    /** How many are held open; of more, the oldest is let go when it has nothing more. */
    private static final int MOST = 64;
    /** How many more are remembered, to know them among the files beside the log. */
    private static final int MOST_ENDED = 64;

    private static final long INTERVAL = Duration.ofMillis(250).toNanos();

    private static final class Old {
        final ReadAhead reads;
        long quietSince;

        Old(ReadAhead reads, long now) {
            this.reads = reads;
            quietSince = now;
        }
    }

    /** Where a file ended that is not open any more, and how it looked then. */
    private record Ended(Place place, CompletableFuture<Attributes> seen) {
        /** The place, with the time of the last write once that is known. */
        Place last() {
            Place known = place;
            if (seen.isDone() && !seen.isCompletedExceptionally()) {
                known = known.modifiedAt(seen.join().modified());
            }
            return known;
        }
    }

    private final Runnable wake;
    /** Whether what is not there yet is waited for; else each file ends where it ends now. */
    private final boolean follows;

    private final List<Old> files = new ArrayList<>();
    private final List<Ended> ended = new ArrayList<>();
    private long askedAt;

    LateLines(Runnable wake, boolean follows) {
        this.wake = wake;
        this.follows = follows;
    }

    void add(RemoteFile file, long now) {
        if (!follows) {
            file.limitTo(file.seenSize());
        }
        files.add(new Old(new ReadAhead(file, wake, false), now));
        askedAt = now;
    }

    /** Remembers where a file ended that was not read. */
    void remember(Place end) {
        ended.add(new Ended(end, new CompletableFuture<>()));
    }

    private void end(Old old) {
        RemoteFile file = old.reads.file();
        ended.add(new Ended(file.place(), file.sftp().stat(file.handle())));
        if (ended.size() > MOST_ENDED) {
            ended.remove(0);
        }
        old.reads.close();
    }

    List<Handle> open() {
        return files.stream().map(old -> old.reads.file().handle()).toList();
    }

    /** Where those ended that are not open any more. */
    List<Place> ended() {
        return ended.stream().map(Ended::last).toList();
    }

    /**
     * How far these were read, the newest first: those that are open, and what of the others looks as if it was written since
     * some time.
     */
    List<Place> places(long since) {
        List<Place> places = new ArrayList<>();
        for (int i = files.size(); i-- > 0; ) {
            Place place = files.get(i).reads.file().place();
            if (!place.isBlank()) {
                places.add(place);
            }
        }
        for (int i = ended.size(); i-- > 0; ) {
            Place place = ended.get(i).last();
            if (!place.isBlank() && place.modified() >= since) {
                places.add(place);
            }
        }
        return places;
    }

    /** When the first of those was written last that a position does not name: they have no content yet, or there is no room. */
    long unnamed(long since) {
        long first = since;
        int room = Place.MOST_OLDER;
        for (int i = files.size(); i-- > 0; ) {
            RemoteFile file = files.get(i).reads.file();
            if (file.place().isBlank() || room-- <= 0) {
                first = Math.min(first, file.modified());
            }
        }
        return first;
    }

    boolean isEmpty() {
        return files.isEmpty();
    }

    /** How long it is until they are looked at again. */
    long dueIn(long now) {
        return Math.max(0, INTERVAL - (now - askedAt));
    }

    /**
     * Hands over what came late, as far as there is room. Called between two lines of the current file. Says whether it handed over
     * anything; the next call goes on.
     *
     * @throws IOException if one can't be read as the connection has ended; not where something was handed over before that, so
     *     that its place can be told
     */
    boolean hand(LineSink sink, long now) throws IOException {
        boolean due = now - askedAt >= INTERVAL;
        boolean handed = false;
        IOException lost = null;
        int left = files.size();
        for (Iterator<Old> all = files.iterator(); all.hasNext(); left--) {
            if (handed && sink.room() <= 0) {
                return true; // those that are left are due as they were
            }
            Old old = all.next();
            boolean over = false;
            try {
                ReadAhead.Step step = next(old, now);
                // what the answer tells was so when it was asked for, which may be long ago
                boolean last = !follows || left > MOST || old.reads.isEndAsOf(old.quietSince + HOLD);
                switch (step) {
                    case BYTES -> {
                        if (hand(old, last, sink, now)) {
                            handed = true;
                            old.reads.ask(now); // there may be more
                        }
                    }
                    case END -> over = last;
                    case SHRUNK, REWRITTEN -> { // it is no log any more
                        sink.gap(-1, Gap.Reason.TRUNCATED);
                        handed = true;
                        over = true;
                    }
                    default -> {}
                }
            } catch (IOException e) {
                lost = e;
            }
            if (over) {
                all.remove();
                end(old);
            } else if (due) {
                old.reads.ask(now);
            }
        }
        askedAt = due ? now : askedAt;
        if (lost != null && !handed) {
            throw lost;
        }
        return handed;
    }

    /** What cannot be read is as good as cut. */
    private static ReadAhead.Step next(Old old, long now) throws IOException {
        try {
            return old.reads.next(now);
        } catch (SftpStatus e) {
            return ReadAhead.Step.SHRUNK;
        }
    }

    /** Hands over the whole lines among the bytes that are there; those that end in none, at last. */
    private static boolean hand(Old old, boolean last, LineSink sink, long now) {
        ByteBuffer bytes = old.reads.bytes();
        int whole = bytes.remaining();
        while (whole > 0 && bytes.get(bytes.position() + whole - 1) != '\n') {
            whole--;
        }
        boolean cut = whole == 0 && (last || bytes.remaining() >= Sftp.LEAST_READ / 2);
        whole = cut ? bytes.remaining() : whole;
        if (whole > 0) {
            sink.position(null);
            sink.bytes(Channel.STDOUT, bytes.limit(bytes.position() + whole), LineSink.NO_TIME);
            old.reads.took(whole);
            if (cut) {
                sink.endLine(Channel.STDOUT);
            }
            old.quietSince = now;
        }
        old.reads.drop(); // the rest is read again with its end
        return whole > 0;
    }

    void close() {
        files.forEach(old -> old.reads.close());
        files.clear();
    }
}
