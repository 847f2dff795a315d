package io.logstream.ssh;

import io.logstream.spi.Start;
import io.logstream.ssh.Beside.Known;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files behind a path: where to begin, what follows when another file is at the path, where the rest of a file is
 * that was copied and cut. Waits for each answer, so it runs where that is allowed. Used by one thread at a time.
 *
 * <p>SFTP has no inodes. Two handles are of the same file if what the server tells of the one before and after fits with what
 * it tells of the other in between; a file is known again by the hashes of its first bytes and of those before the place.
 */
final class Search {
    /** How often two handles must look different in a row: one of them may be cut in between. */
    private static final int LOOKS = 3;

    private static final int BLOCK = Sftp.LEAST_READ;
    private static final int WINDOW = 8;

    private final BlockingSftp sftp;
    private final String path;
    private final Beside beside;

    /**
     * What a search has found.
     *
     * @param files files in the order in which they are to be read
     * @param gap whether some may be missing: before the last of these, or where there are none before the file that is known
     * @param late files before all of these, to which something may have been written since they were read
     * @param beginning how a file that was cut begins now
     */
    record Found(
            List<RemoteFile> files,
            boolean gap,
            List<RemoteFile> late,
            @Nullable Beginning beginning) {
        static final Found NONE = new Found(List.of(), false);

        Found(List<RemoteFile> files, boolean gap) {
            this(files, gap, List.of(), null);
        }

        void close() {
            files.forEach(RemoteFile::close);
            late.forEach(RemoteFile::close);
        }
    }

    /** How a file begins, and how it was right before. */
    static final class Beginning {
        final byte[] head;
        final Attributes seen;
        /** Whether the path named it then. */
        final boolean named;

        Beginning(byte[] head, Attributes seen, boolean named) {
            this.head = head;
            this.seen = seen;
            this.named = named;
        }
    }

    /** What was opened by a search, and is closed if that does not come to its end. */
    private static final class Opened implements AutoCloseable {
        private final List<RemoteFile> files = new ArrayList<>();

        @Nullable
        RemoteFile add(@Nullable RemoteFile file) {
            if (file != null) {
                files.add(file);
            }
            return file;
        }

        Found keep(Found found) {
            files.removeAll(found.files);
            files.removeAll(found.late);
            return found;
        }

        @Override
        public void close() {
            files.forEach(RemoteFile::close);
        }
    }

    Search(Sftp sftp, String path, Duration patience) {
        this.sftp = new BlockingSftp(sftp, patience);
        this.path = path;
        this.beside = new Beside(this.sftp, path);
    }

    /** The file at the path, at its beginning; null if there is none. */
    @Nullable
    RemoteFile open(long generation) throws IOException, InterruptedException {
        return sftp.open(path, generation);
    }

    // ---- beginning

    /** The file at the path, where reading starts; never at a position. No file if there is none. */
    Found begin(Start start) throws IOException, InterruptedException {
        try (Opened opened = new Opened()) {
            RemoteFile file = opened.add(open(0));
            if (file == null) {
                return Found.NONE;
            }
            begin(file, start);
            return opened.keep(new Found(List.of(file), false));
        }
    }

    private void begin(RemoteFile file, Start start) throws IOException, InterruptedException {
        for (int tries = 0; tries < LOOKS; tries++) {
            Attributes seen = sftp.stat(file.handle());
            file.seen(seen.size());
            long to = 0;
            if (start instanceof Start.End) {
                to = seen.size();
            } else if (start instanceof Start.Last last) {
                to = lastLines(file, seen.size(), last.lines());
            } else if (start instanceof Start.Since since) {
                boolean older =
                        seen.modified() >= 0 && seen.modified() < since.time().getEpochSecond();
                to = older ? seen.size() : 0;
            }
            if (to == 0 || (to > 0 && seek(file, to))) {
                return;
            }
        }
        throw new IOException(sftp + ": " + Text.escaped(path) + " is being cut again and again");
    }

    private boolean seek(RemoteFile file, long to) throws IOException, InterruptedException {
        int before = (int) Math.min(to, Place.ANCHOR_BYTES);
        byte[] anchor = sftp.bytes(file.handle(), to - before, before);
        if (anchor.length < before) {
            return false;
        }
        file.seek(to, anchor);
        return true;
    }

    /** Where the last lines begin, -1 if the file was cut meanwhile. What follows the last line feed is a line. */
    private long lastLines(RemoteFile file, long size, int lines) throws IOException, InterruptedException {
        Deque<CompletableFuture<ByteBuffer>> blocks = new ArrayDeque<>();
        long asked = size;
        long end = size;
        long found = 0;
        while (end > 0) {
            while (asked > 0 && blocks.size() < WINDOW) {
                int length = (int) Math.min(BLOCK, asked);
                asked -= length;
                blocks.add(sftp.read(file.handle(), asked, length));
            }
            int length = (int) Math.min(BLOCK, end);
            ByteBuffer first = sftp.await(blocks.remove()).duplicate();
            byte[] block;
            if (first.remaining() == length) {
                block = new byte[length];
                first.get(block);
            } else {
                block = sftp.bytes(file.handle(), end - length, length);
            }
            if (block.length < length) {
                return -1;
            }
            for (int i = length - 1; i >= 0; i--) {
                boolean last = end - length + i == size - 1;
                if (block[i] == '\n' && !last && ++found == lines) {
                    return end - length + i + 1;
                }
            }
            end -= length;
        }
        return 0;
    }

    /** The ends of the files that were written last, where the log is not there. */
    List<Place> newestEnds() throws IOException, InterruptedException {
        return beside.newest();
    }

    // ---- going on at a place

    /**
     * The files from a place on, and the older ones of the place. No files if the log is not there at all.
     *
     * @param unread whether lines behind the place may be in a file that is gone: then that is a gap
     */
    Found goOn(Place place, boolean unread, Known known) throws IOException, InterruptedException {
        try (Opened opened = new Opened()) {
            RemoteFile now = opened.add(open(place.generation()));
            boolean same = now != null && beside.seek(now, place);
            List<Place> places = new ArrayList<>(place.older());
            places.add(0, same ? Place.NOTHING : place);
            List<@Nullable RemoteFile> holders = beside.holders(places);
            holders.forEach(opened::add);
            RemoteFile old = holders.get(0);
            List<RemoteFile> late = holders.subList(1, holders.size()).stream()
                    .filter(Objects::nonNull)
                    .toList();
            List<Place> ended = new ArrayList<>(known.ended());
            long since = place.modified();
            for (int i = 1; i < places.size(); i++) {
                if (holders.get(i) == null) { // it may have been compressed, with late lines that were not read
                    ended.add(places.get(i));
                    since = Math.min(since, places.get(i).modified());
                }
            }
            Known all = new Known(known.open(), ended, null).and(opened.files, now);
            if (now == null) {
                return opened.keep(new Found(old == null ? List.of() : List.of(old), false, late, null));
            }
            if (!same) {
                now.restart(beginning(now.handle())); // it may have been cut after it was opened
            }
            boolean missing = beside.hasUnread(since, all);
            if (same) {
                now.generation(place.generation() + (missing ? 1 : 0));
                return opened.keep(new Found(List.of(now), missing, late, null));
            }
            now.generation(place.generation() + 1);
            return opened.keep(
                    old == null
                            ? new Found(List.of(now), unread || missing, late, null)
                            : new Found(List.of(old, now), missing, late, null));
        }
    }

    // ---- while following

    /**
     * Another file that is at the path now; nothing if there is none, or it is the newest that is known.
     *
     * @param newest the file that the path named last
     * @param since when that was last written, as far as that was seen
     */
    Found another(Handle newest, long generation, long since, Known known) throws IOException, InterruptedException {
        try (Opened opened = new Opened()) {
            RemoteFile now = opened.add(open(generation));
            if (now == null || isSame(newest, now.handle())) {
                return Found.NONE;
            }
            boolean gap = beside.hasUnread(since, known.and(opened.files, now));
            return opened.keep(new Found(List.of(now), gap));
        }
    }

    private boolean isSame(Handle known, Handle now) throws IOException, InterruptedException {
        for (int i = 0; i < LOOKS; i++) {
            List<Attributes> seen = sftp.stat(List.of(known, now, known));
            if (seen.get(0).canBecome(seen.get(1), seen.get(2))
                    && holdSame(known, now, seen.get(0).size())) {
                return true;
            }
        }
        return false;
    }

    /** Whether two handles tell of the same bytes; files of one size that were written in one second look alike. */
    private boolean holdSame(Handle one, Handle other, long size) throws IOException, InterruptedException {
        long tail = Math.max(0, size - Place.HEAD_BYTES);
        return beginAlike(sftp.bytes(one, 0, Place.HEAD_BYTES), sftp.bytes(other, 0, Place.HEAD_BYTES))
                && beginAlike(sftp.bytes(one, tail, Place.HEAD_BYTES), sftp.bytes(other, tail, Place.HEAD_BYTES));
    }

    private static boolean beginAlike(byte[] one, byte[] other) {
        int common = Math.min(one.length, other.length); // it may grow meanwhile
        return Arrays.equals(one, 0, common, other, 0, common);
    }

    /**
     * What became of a file that was cut: how it begins now, and if there is one a copy of what it was before, at the place.
     *
     * @param place where the file was read to
     * @param size the greatest size that the file was seen to have
     */
    Found afterCut(Handle file, Place place, long size, Known known) throws IOException, InterruptedException {
        try (Opened opened = new Opened()) {
            Beginning beginning = beginning(file);
            RemoteFile copy = opened.add(beside.holders(List.of(place)).get(0));
            // Without a copy, what was seen last may be new; with one it is surely not if there is less now.
            boolean cutOff =
                    copy == null ? size > place.offset() : size > Math.max(copy.seenSize(), beginning.seen.size());
            boolean gap = cutOff || beside.hasUnread(place.modified(), known.and(opened.files, null));
            return opened.keep(new Found(copy == null ? List.of() : List.of(copy), gap, List.of(), beginning));
        }
    }

    private Beginning beginning(Handle file) throws IOException, InterruptedException {
        Attributes seen = sftp.stat(file);
        Attributes at = sftp.statOrNull(path);
        boolean named = at != null && seen.canBecome(at, sftp.stat(file));
        return new Beginning(sftp.bytes(file, 0, Place.HEAD_BYTES), seen, named);
    }

    /** Whether something came and went since a file was seen to be empty. */
    Found beforeFirstBytes(long since, Known known) throws IOException, InterruptedException {
        return new Found(List.of(), beside.hasUnread(since, known));
    }

    /** What a request failed with, for whoever asked. */
    static IOException failure(@Nullable Throwable cause) {
        if (cause instanceof IOException io) {
            return io;
        }
        return new IOException("the request failed", cause);
    }
}
