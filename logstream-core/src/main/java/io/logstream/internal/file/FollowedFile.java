package io.logstream.internal.file;

import io.logstream.LogStreamException;
import io.logstream.internal.file.FileAccess.OpenFile;
import io.logstream.internal.file.FileStat.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One open file and how far it has been read. As long as it is open its inode can't be given to another file, so that
 * device and inode tell it from all others.
 *
 * <p>Every read begins a little before the offset, at the anchor: the last bytes that were read before. If they are no
 * longer there, the file was cut or written anew, whatever its size is now. That costs no further system call.
 */
final class FollowedFile implements Closeable {
    /** {@link #read}: the file is shorter than what was read of it. */
    static final int SHRUNK = -1;
    /** {@link #read}: other bytes are where the last ones were read. */
    static final int REWRITTEN = -2;

    /** Where {@link #read} puts the new bytes in its buffer. */
    static final int AT = FileMark.ANCHOR_BYTES;

    private static final int OPEN_ATTEMPTS = 100;

    /** How many NULs at the beginning are a hole. */
    private static final int LEAST_HOLE = 4;

    private static final byte[] NONE = {};

    private OpenFile file;
    private FileStat stat;
    /** Made when something was read: an empty log needs none. */
    private byte[] anchor = NONE;

    private long generation;
    private long offset;
    private long head = Fingerprint.EMPTY;
    private long sizeSeen;
    private long limit = Long.MAX_VALUE;
    private boolean lineOpen;
    private boolean begun;
    /** When the file had last been written, as far as that was known when its last bytes were read. */
    private long knownNanos;

    private Units units = Units.BYTES;
    /** How the file began when it was found, while nothing of it was read. */
    private byte @Nullable [] beginning;

    private FollowedFile(OpenFile file, FileStat stat) {
        this.file = file;
        this.stat = stat;
    }

    /**
     * Opens what the path names, to be read from its beginning, or returns null if nothing is there. Between two equal
     * looks at the path, so that the identity is that of the open file.
     */
    static @Nullable FollowedFile open(FileAccess access, Path path) throws IOException {
        for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
            FileStat before = access.stat(path);
            if (before == null) {
                return null;
            }
            refuseUnlessFile(path, before);
            OpenFile file;
            try {
                file = access.open(path);
            } catch (NoSuchFileException e) {
                continue;
            }
            boolean same = false;
            try {
                FileStat after = access.stat(path);
                if (after != null && after.isSame(before)) {
                    same = true;
                    return new FollowedFile(file, after);
                }
            } finally {
                if (!same) {
                    file.close();
                }
            }
        }
        throw new FileSystemException(path.toString(), null, "it is being replaced all the time");
    }

    private static void refuseUnlessFile(Path path, FileStat stat) {
        if (stat.kind() != Kind.FILE) {
            throw new LogStreamException(path + " is " + stat.kind().words() + ": only regular files can be followed; "
                    + switch (stat.kind()) {
                        case DIRECTORY -> "give the path of one file in it";
                        case LINK -> "give the path that it leads to, or allow it with followLinks(true)";
                        default -> "give LogReader.ofInputStream its stream, in a source of your own";
                    });
        }
    }

    FileStat stat() {
        return stat;
    }

    /** What the path names is still this file: remembers how it looks now. */
    void seenAgain(FileStat now) {
        stat = now;
    }

    OpenFile file() {
        return file;
    }

    /** Goes to an offset that is not behind the end. */
    void seek(long to) throws IOException {
        byte[] buffer = ReadBuffer.get(FileMark.HEAD_BYTES);
        int headLength = (int) Math.min(to, FileMark.HEAD_BYTES);
        int anchorLength = needAnchor(to);
        if (LineScan.fill(file, 0, buffer, headLength) < headLength
                || LineScan.fill(file, to - anchorLength, anchor, anchorLength) < anchorLength) {
            throw new IOException("the file was cut while it was opened");
        }
        head = Fingerprint.extend(Fingerprint.EMPTY, buffer, 0, headLength);
        units = Units.of(buffer, 0, headLength);
        begun = !isNul(buffer, headLength) || !isNul(anchor, anchorLength);
        offset = to;
        sizeSeen = to;
        knownNanos = stat.modifiedNanos();
    }

    /** Sees to it that there is an anchor at an offset. Returns its length there. */
    private int needAnchor(long at) {
        anchor = anchor == NONE && at > 0 ? new byte[FileMark.ANCHOR_BYTES] : anchor;
        return (int) Math.min(at, FileMark.ANCHOR_BYTES);
    }

    /** Goes to a mark, if this file holds there what was read before it. */
    boolean seek(FileMark mark) throws IOException {
        if (file.size() < mark.offset()) {
            return false;
        }
        seek(mark.offset());
        if (head != mark.head()
                || Fingerprint.extend(Fingerprint.EMPTY, anchor, 0, mark.anchorLength()) != mark.anchor()) {
            seek(0);
            return false;
        }
        generation = mark.generation();
        lineOpen = begun && isInLine(anchor, mark.anchorLength(), mark.offset());
        return true;
    }

    /** Whether this holds nothing but the beginning, or all, of what another file holds, judged by its first and last bytes. */
    boolean isCopyOf(FollowedFile other) throws IOException {
        long size = file.size();
        return size > 0
                && size <= other.file.size()
                && equalAt(other, 0, (int) Math.min(size, FileMark.HEAD_BYTES))
                && equalAt(other, Math.max(0, size - FileMark.ANCHOR_BYTES), FileMark.ANCHOR_BYTES);
    }

    private boolean equalAt(FollowedFile other, long from, int atMost) throws IOException {
        byte[] mine = new byte[atMost];
        byte[] others = new byte[atMost];
        int length = LineScan.fill(file, from, mine, atMost);
        LineScan.fill(other.file, from, others, length);
        return Arrays.equals(mine, others);
    }

    /** Whether this has the bytes that were read of another file last. */
    boolean holdsEndOf(FollowedFile other) throws IOException {
        int length = (int) Math.min(other.offset, FileMark.ANCHOR_BYTES);
        byte[] end = new byte[length];
        return LineScan.fill(file, other.offset - length, end, length) == length
                && Arrays.equals(end, 0, length, other.anchor, 0, length);
    }

    /** From now on ends where the file ends at this moment. */
    void limitToPresentSize() throws IOException {
        limit = Math.max(offset, file.size());
    }

    /** Remembers how the file begins, so that a cut is noticed although nothing of it was read. */
    void rememberBeginning() throws IOException {
        if (offset > 0) {
            return; // what was read of it tells more
        }
        byte[] buffer = new byte[FileMark.ANCHOR_BYTES];
        beginning = Arrays.copyOf(buffer, LineScan.fill(file, 0, buffer, buffer.length));
        sizeSeen = file.size();
        knownNanos = stat.modifiedNanos();
    }

    /** Begins at the file's beginning again, as a new generation. */
    void restart() {
        beginning = null;
        offset = 0;
        sizeSeen = 0;
        head = Fingerprint.EMPTY;
        units = Units.BYTES;
        begun = false;
        lineOpen = false;
        generation++;
    }

    /**
     * Reads on. The bytes are at {@link #AT} in the buffer; {@link #took} says how many of them were handed over.
     *
     * @return how many, 0 for none now, or {@link #SHRUNK} or {@link #REWRITTEN}
     */
    int read(byte[] buffer, int atMost) throws IOException {
        int wanted = (int) Math.min(atMost, limit - offset);
        if (wanted <= 0) {
            return 0;
        }
        int anchorLength = (int) Math.min(offset, FileMark.ANCHOR_BYTES);
        int got = file.read(offset - anchorLength, buffer, AT - anchorLength, anchorLength + wanted);
        if (got < anchorLength) {
            // A read may come short for other reasons.
            return file.size() < offset ? SHRUNK : 0;
        }
        if (!Arrays.equals(anchor, 0, anchorLength, buffer, AT - anchorLength, AT)) {
            return REWRITTEN;
        }
        if (beginning != null) {
            int compared = Math.min(wanted, beginning.length);
            if (got < compared) {
                return file.size() < beginning.length ? SHRUNK : 0;
            }
            if (!Arrays.equals(beginning, 0, compared, buffer, AT, AT + compared)) {
                return REWRITTEN;
            }
        }
        int fresh = got - anchorLength;
        if (fresh < wanted) {
            sizeSeen = offset + fresh;
        } else if (sizeSeen <= offset + fresh) {
            sizeSeen = Math.min(limit, file.size());
        }
        return fresh;
    }

    /** The next bytes, in the buffer from {@code from} on with all that was read before them, have been handed over. */
    void took(byte[] buffer, int from, int length) {
        if (offset < FileMark.HEAD_BYTES) {
            head = Fingerprint.extend(head, buffer, from, (int) Math.min(length, FileMark.HEAD_BYTES - offset));
        }
        beginning = null;
        units = offset == 0 ? Units.of(buffer, from, length) : units;
        begun = true;
        offset += length;
        knownNanos = stat.modifiedNanos();
        int anchorLength = needAnchor(offset);
        System.arraycopy(buffer, from + length - anchorLength, anchor, 0, anchorLength);
        lineOpen = isInLine(buffer, from + length, offset);
    }

    /** Whether a place in the file is inside a line, judged by the bytes before it. */
    private boolean isInLine(byte[] bytes, int end, long at) {
        return at > 0 && !units.endsLine(bytes, end) && !(at <= Units.MOST_MARK && isMark(bytes, end, (int) at));
    }

    private boolean isMark(byte[] bytes, int end, int length) {
        return units.mark(bytes, end - length, length) == length;
    }

    private static boolean isNul(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** What its characters are made of, as far as it was read. */
    Units units() {
        return units;
    }

    /** What its characters are made of, by its beginning. */
    Units lookAtUnits() throws IOException {
        byte[] beginning = new byte[Units.MOST_MARK];
        return Units.of(beginning, 0, LineScan.fill(file, 0, beginning, beginning.length));
    }

    /** Whether anything but a byte order mark and a hole was read. */
    boolean isBegun() {
        return begun;
    }

    /** How many of the bytes that {@link #read} has given are no content: at the beginning, a byte order mark or a hole. */
    int countNoContent(byte[] buffer, int length) {
        Units known = offset == 0 ? Units.of(buffer, AT, length) : units;
        int at = AT + (offset == 0 ? known.mark(buffer, AT, length) : 0);
        if (known != Units.BYTES) {
            return at - AT; // a NUL is half of a character
        }
        int first = at;
        while (at < AT + length && buffer[at] == 0) {
            at++;
        }
        boolean hole = offset > 0 || at - first >= LEAST_HOLE; // a writer went on where it was before the file was cut
        return (hole ? at : first) - AT;
    }

    /** Bytes at the beginning have been passed over. */
    void passed(byte[] buffer, int length) {
        took(buffer, AT, length);
        begun = false;
        lineOpen = false;
    }

    /** Whether it is known to hold bytes that were not handed over. */
    boolean isBehind() {
        return isBehind(0);
    }

    /** Whether it is known to hold more than so many bytes that were not handed over. */
    boolean isBehind(int by) {
        return sizeSeen > offset + by;
    }

    /** Whether the last byte handed over, by this reader or the one before, was inside a line. */
    boolean isLineOpen() {
        return lineOpen;
    }

    long generation() {
        return generation;
    }

    void generation(long next) {
        generation = next;
    }

    /** The place of the next byte. */
    FileMark mark() {
        return mark(stat);
    }

    /** The same, with the time of the last write that was known when the bytes before it were read. */
    FileMark readMark() {
        return mark(stat.writtenAt(knownNanos));
    }

    private FileMark mark(FileStat stat) {
        int anchorLength = (int) Math.min(offset, FileMark.ANCHOR_BYTES);
        return new FileMark(
                stat, generation, offset, head, Fingerprint.extend(Fingerprint.EMPTY, anchor, 0, anchorLength));
    }

    /** A place by which a copy of this file can be known: the next byte, or where nothing was read what was seen of it. */
    FileMark knownMark() {
        if (beginning == null) {
            return readMark();
        }
        FileStat known = stat.writtenAt(knownNanos);
        long hash = Fingerprint.extend(Fingerprint.EMPTY, beginning, 0, beginning.length);
        return new FileMark(known, generation, beginning.length, hash, hash);
    }

    /** Goes in this copy to where the other file was read to. */
    void goOnFrom(FollowedFile cut) throws IOException {
        seek(cut.offset);
        lineOpen = cut.lineOpen;
        generation = cut.generation;
    }

    static void closeQuietly(FollowedFile file) {
        try {
            file.close();
        } catch (IOException e) {
            // It was only read: nothing is lost.
        }
    }

    /** Reads on from the file that the other has opened, which is the same one; the other is used no more. */
    void goOnWith(FollowedFile same) throws IOException {
        OpenFile old = file;
        file = same.file;
        stat = same.stat;
        old.close();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
