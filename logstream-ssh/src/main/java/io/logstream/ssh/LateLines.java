package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.spi.LineSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The files that were rotated away and read to their end, but may still be written to. What comes late is handed over in
 * whole lines between two lines of the file that is read now. Used by one thread at a time.
 */
final class LateLines {
    /** How long a file is held open after it was written last. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();
    /** How many are held open. */
    private static final int MOST = 8;
    /** How many more are remembered, to know them among the files beside the log. */
    private static final int MOST_FINISHED = 64;

    private static final long INTERVAL = Duration.ofMillis(250).toNanos();

    private static final class Old {
        final ReadAhead reads;
        long quietSince;

        Old(ReadAhead reads, long now) {
            this.reads = reads;
            quietSince = now;
        }
    }

    private final Runnable wake;
    private final List<Old> files = new ArrayList<>();
    private final List<Attributes> finished = new ArrayList<>();
    private long askedAt;

    LateLines(Runnable wake) {
        this.wake = wake;
    }

    void add(RemoteFile file, long now) {
        files.add(new Old(new ReadAhead(file, wake), now));
        if (files.size() > MOST) {
            finish(files.remove(0));
        }
        askedAt = now;
    }

    private void finish(Old old) {
        finished.add(old.reads.file().finished());
        if (finished.size() > MOST_FINISHED) {
            finished.remove(0);
        }
        old.reads.close();
    }

    List<RemoteFile> open() {
        return files.stream().map(old -> old.reads.file()).toList();
    }

    List<Attributes> finished() {
        return List.copyOf(finished);
    }

    boolean isEmpty() {
        return files.isEmpty();
    }

    boolean isPending() {
        return files.stream().anyMatch(old -> old.reads.isPending());
    }

    /** How long it is until they are looked at again. */
    long dueIn(long now) {
        return Math.max(0, INTERVAL - (now - askedAt));
    }

    /** Hands over what came late. Called between two lines of the current file. Says whether it handed over anything. */
    boolean hand(LineSink sink, long now) {
        boolean due = now - askedAt >= INTERVAL;
        boolean handed = false;
        for (Iterator<Old> all = files.iterator(); all.hasNext(); ) {
            Old old = all.next();
            boolean useless = false;
            try {
                ReadAhead.Step step = old.reads.next();
                boolean wrong =
                        step == ReadAhead.Step.SHRUNK || step == ReadAhead.Step.REWRITTEN; // it is no log any more
                useless = wrong || step == ReadAhead.Step.END && isQuiet(old, now);
                if (step == ReadAhead.Step.BYTES && hand(old, sink, now)) {
                    handed = true;
                    old.reads.ask(); // there may be more
                }
            } catch (IOException e) {
                useless = true; // the connection's end is noticed by the current file
            }
            if (useless) {
                all.remove();
                finish(old);
            } else if (due) {
                old.reads.ask();
            }
        }
        askedAt = due ? now : askedAt;
        return handed;
    }

    private static boolean isQuiet(Old old, long now) {
        return now - old.quietSince >= HOLD;
    }

    /** Hands over the whole lines among the bytes that are there; those that end in none, after a while. */
    private boolean hand(Old old, LineSink sink, long now) {
        ByteBuffer bytes = old.reads.bytes();
        int whole = bytes.remaining();
        while (whole > 0 && bytes.get(bytes.position() + whole - 1) != '\n') {
            whole--;
        }
        boolean cut = whole == 0 && (isQuiet(old, now) || bytes.remaining() >= Sftp.MAX_READ / 2);
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
