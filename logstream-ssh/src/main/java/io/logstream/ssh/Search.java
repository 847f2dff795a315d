package io.logstream.ssh;

import io.logstream.LogStreamException;
import io.logstream.spi.Start;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    /** How many of the newest files beside a log are looked into. */
    private static final int MAX_LOOKED_INTO = 64;

    private static final int BLOCK = Sftp.MAX_READ;
    private static final int WINDOW = 8;

    private final Sftp sftp;
    private final String path;
    private final Siblings siblings;
    private final Duration patience;

    /** What a search has found: files in the order in which they are to be read, and whether some may be missing. */
    record Found(List<RemoteFile> files, boolean gapBeforeLast) {
        static final Found NONE = new Found(List.of(), false);

        void close() {
            files.forEach(RemoteFile::close);
        }
    }

    Search(Sftp sftp, String path, Duration patience) {
        this.sftp = sftp;
        this.path = path;
        this.siblings = new Siblings(path);
        this.patience = patience;
    }

    // ---- opening

    /** The file at the path, at its beginning; null if there is none. */
    @Nullable
    RemoteFile open(long generation) throws IOException, InterruptedException {
        return open(path, generation);
    }

    private @Nullable RemoteFile open(String which, long generation) throws IOException, InterruptedException {
        Handle handle = null;
        try {
            Attributes before = await(sftp.stat(which)); // to open a FIFO would stop the server
            if (!before.isRegular()) {
                throw new LogStreamException(sftp + ": " + Text.escaped(which) + " is " + before.kind()
                        + ", not a regular file: name a file");
            }
            handle = await(sftp.open(which));
            Attributes seen = await(sftp.stat(handle));
            if (seen.size() < 0) {
                throw new IOException("the SFTP server tells no sizes");
            }
            RemoteFile file = new RemoteFile(sftp, handle, bytes(handle, 0, Place.HEAD_BYTES), seen, generation);
            handle = null;
            return file;
        } catch (SftpStatus e) {
            if (e.code() == SftpStatus.NO_SUCH_FILE) {
                return null;
            }
            throw e.again(sftp + ": " + Text.escaped(which));
        } finally {
            if (handle != null) {
                sftp.close(handle);
            }
        }
    }

    /** The bytes of a file from some place on: so many, or fewer if it ends before. */
    private byte[] bytes(Handle handle, long from, int length) throws IOException, InterruptedException {
        byte[] bytes = new byte[length];
        int read = 0;
        while (read < length) {
            ByteBuffer more = await(sftp.read(handle, from + read, length - read));
            if (!more.hasRemaining()) {
                return Arrays.copyOf(bytes, read);
            }
            int fresh = more.remaining();
            more.get(bytes, read, fresh);
            read += fresh;
        }
        return bytes;
    }

    // ---- beginning

    /** Puts a file that was just opened to the place where reading starts; never to one at a position. */
    void begin(RemoteFile file, Start start) throws IOException, InterruptedException {
        for (int tries = 0; tries < LOOKS; tries++) {
            Attributes seen = await(sftp.stat(file.handle()));
            file.seen(seen);
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
        byte[] anchor = bytes(file.handle(), to - before, before);
        if (anchor.length < before) {
            return false;
        }
        file.seek(to, anchor, before > 0 && anchor[before - 1] != '\n');
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
            ByteBuffer first = await(blocks.remove());
            byte[] block;
            if (first.remaining() == length) {
                block = new byte[length];
                first.get(block);
            } else {
                block = bytes(file.handle(), end - length, length);
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

    // ---- going on at a place

    /** The files from a place on. No files if the log is not there at all. */
    Found goOn(Place place) throws IOException, InterruptedException {
        RemoteFile now = open(place.generation());
        boolean done = false;
        try {
            if (now != null && isAt(now, place)) {
                boolean gap = place.isBlank()
                        ? mayBeMissing(place.modified(), List.of(now), List.of())
                        : place.isWeak() && isAlsoElsewhere(place);
                now.generation(place.generation() + (gap ? 1 : 0));
                done = true;
                return new Found(List.of(now), gap);
            }
            RemoteFile old = place.isBlank() ? null : rotated(place);
            if (old == null && now == null) {
                done = true;
                return new Found(List.of(), false);
            }
            if (now != null) {
                now.generation(place.generation() + 1);
            }
            done = true;
            if (old == null || now == null) {
                return new Found(List.of(old == null ? now : old), old == null);
            }
            boolean gap = mayBeMissing(old.modified(), List.of(old, now), List.of());
            return new Found(List.of(old, now), gap);
        } finally {
            if (!done && now != null) {
                now.close();
            }
        }
    }

    /** Whether a file holds the place; it is put there then. */
    private boolean isAt(RemoteFile file, Place place) throws IOException, InterruptedException {
        byte[] head = file.head();
        if (head.length < place.headLength() || Fingerprint.of(head, 0, place.headLength()) != place.head()) {
            return false;
        }
        int before = place.anchorLength();
        byte[] anchor = bytes(file.handle(), place.offset() - before, before);
        if (anchor.length < before || Fingerprint.of(anchor, 0, before) != place.anchor()) {
            return false;
        }
        file.seek(place.offset(), anchor, before > 0 && anchor[before - 1] != '\n');
        file.generation(place.generation());
        return true;
    }

    /** Whether a file that begins alike was rotated away meanwhile, and has more: it may be the one that was read. */
    private boolean isAlsoElsewhere(Place place) throws IOException, InterruptedException {
        RemoteFile other = rotated(place);
        if (other == null) {
            return false;
        }
        boolean mayBeIt = other.modified() >= place.modified() && other.isBehind();
        other.close();
        return mayBeIt;
    }

    /** The file beside the path that holds the place. */
    private @Nullable RemoteFile rotated(Place place) throws IOException, InterruptedException {
        for (Sftp.Name one : newest()) {
            if (Siblings.isCompressed(one.name()) || one.attributes().size() < place.needs()) {
                continue;
            }
            RemoteFile file = openSibling(one.name(), place.generation());
            if (file != null) {
                boolean found = false;
                try {
                    found = isAt(file, place);
                } finally {
                    if (!found) {
                        file.close();
                    }
                }
                if (found) {
                    return file;
                }
            }
        }
        return null;
    }

    /** One that can't be opened is passed over. */
    private @Nullable RemoteFile openSibling(String name, long generation) throws IOException, InterruptedException {
        try {
            return open(siblings.path(name), generation);
        } catch (SftpStatus | LogStreamException e) {
            return null;
        }
    }

    // ---- while following

    /** Another file that is at the path now; null if there is none, or it is the known one. */
    @Nullable
    Found another(RemoteFile known, List<RemoteFile> older, List<Attributes> finished)
            throws IOException, InterruptedException {
        RemoteFile now = open(known.generation() + 1);
        if (now == null) {
            return null;
        }
        boolean other = false;
        try {
            Attributes seen = null;
            for (int i = 0; i < LOOKS; i++) {
                CompletableFuture<Attributes> before = sftp.stat(known.handle());
                CompletableFuture<Attributes> between = sftp.stat(now.handle());
                CompletableFuture<Attributes> after = sftp.stat(known.handle());
                seen = await(before);
                if (seen.canBecome(await(between), await(after))
                        && holdSame(known.handle(), now.handle(), seen.size())) {
                    return null;
                }
            }
            List<RemoteFile> open = new ArrayList<>(older);
            open.add(known);
            open.add(now);
            boolean gap = seen != null && mayBeMissing(seen.modified(), open, finished);
            other = true;
            return new Found(List.of(now), gap);
        } finally {
            if (!other) {
                now.close();
            }
        }
    }

    /** Whether two handles tell of the same bytes; files of one size that were written in one second look alike. */
    private boolean holdSame(Handle one, Handle other, long size) throws IOException, InterruptedException {
        long tail = Math.max(0, size - Place.HEAD_BYTES);
        List<CompletableFuture<ByteBuffer>> asked = List.of(
                sftp.read(one, 0, Place.HEAD_BYTES),
                sftp.read(other, 0, Place.HEAD_BYTES),
                sftp.read(one, tail, Place.HEAD_BYTES),
                sftp.read(other, tail, Place.HEAD_BYTES));
        List<ByteBuffer> bytes = new ArrayList<>();
        for (CompletableFuture<ByteBuffer> answer : asked) {
            bytes.add(await(answer).duplicate());
        }
        return beginAlike(bytes.get(0), bytes.get(1)) && beginAlike(bytes.get(2), bytes.get(3));
    }

    private static boolean beginAlike(ByteBuffer one, ByteBuffer other) {
        int common = Math.min(one.remaining(), other.remaining()); // it may grow meanwhile
        return one.slice(one.position(), common).equals(other.slice(other.position(), common));
    }

    /** A copy of what a file was before it was cut, at the same place; null if there is none. */
    @Nullable
    RemoteFile copyOf(RemoteFile cut) throws IOException, InterruptedException {
        return cut.offset() == 0 ? null : rotated(cut.place());
    }

    /**
     * Whether a file beside the log was written since some time that is none of these: lines that were not read may be in it.
     */
    private boolean mayBeMissing(long since, List<RemoteFile> known, List<Attributes> explained)
            throws IOException, InterruptedException {
        if (since < 0) {
            return false;
        }
        List<Attributes> before = attributes(known);
        List<Sftp.Name> beside = newest();
        List<Attributes> after = attributes(known);
        boolean compressed = false;
        boolean uncompressed = false;
        for (Sftp.Name one : beside) {
            Attributes seen = one.attributes();
            boolean isKnown = false;
            for (int i = 0; i < before.size(); i++) {
                isKnown |= before.get(i).canBecome(seen, after.get(i));
            }
            if (isKnown || explained.stream().anyMatch(seen::sameSizeAndTime)) {
                uncompressed = true;
            } else if (seen.size() != 0 && seen.modified() >= since) {
                if (compressed || !Siblings.isCompressed(one.name()) || seen.modified() > since) {
                    return true;
                }
                compressed = true; // the time is kept, so it may be the known one
            }
        }
        return compressed && uncompressed;
    }

    private List<Attributes> attributes(List<RemoteFile> files) throws IOException, InterruptedException {
        List<CompletableFuture<Attributes>> asked =
                files.stream().map(file -> sftp.stat(file.handle())).toList();
        List<Attributes> all = new ArrayList<>();
        for (CompletableFuture<Attributes> one : asked) {
            all.add(await(one));
        }
        return all;
    }

    /** What rotation made of the log, the newest first. */
    private List<Sftp.Name> newest() throws IOException, InterruptedException {
        Handle directory = null;
        List<Sftp.Name> rotated = new ArrayList<>();
        try {
            directory = await(sftp.openDirectory(siblings.directory()));
            for (List<Sftp.Name> more = List.of(); ; ) {
                more = await(sftp.readDirectory(directory));
                if (more.isEmpty()) {
                    break;
                }
                more.stream()
                        .filter(one -> siblings.isRotated(one.name())
                                && one.attributes().isRegular())
                        .forEach(rotated::add);
            }
        } catch (SftpStatus e) {
            if (e.code() != SftpStatus.NO_SUCH_FILE && e.code() != SftpStatus.PERMISSION_DENIED) {
                throw e.again(sftp + ": " + Text.escaped(siblings.directory()));
            }
        } finally {
            if (directory != null) {
                sftp.close(directory);
            }
        }
        rotated.sort(
                Comparator.comparingLong((Sftp.Name one) -> one.attributes().modified())
                        .reversed());
        return rotated.subList(0, Math.min(MAX_LOOKED_INTO, rotated.size()));
    }

    private <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
        boolean got = false;
        try {
            T value = answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            got = true;
            return value;
        } catch (ExecutionException e) {
            got = true;
            throw failure(e.getCause());
        } catch (TimeoutException e) {
            IOException late = new IOException("the SFTP server has not answered for " + patience.toSeconds() + " s");
            sftp.fail(late);
            throw late;
        } finally {
            if (!got) { // what is opened for nobody is closed
                CompletableFuture<Void> unused = answer.thenAccept(late -> {
                    if (late instanceof Handle handle) {
                        sftp.close(handle);
                    }
                });
            }
        }
    }

    /** What a request failed with, for whoever asked. */
    static IOException failure(@Nullable Throwable cause) {
        if (cause instanceof IOException io) {
            return io;
        }
        return new IOException("the request failed", cause);
    }
}
