package io.logstream.ssh;

import io.logstream.ssh.Search.Beginning;
import io.logstream.ssh.Sftp.Handle;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One open file on the host and how far it was read. Every read asks also for the last bytes before its offset, the
 * <em>anchor</em>, and what is read is compared with what the file was seen to begin with, its <em>head</em>: if either is not
 * what it was, the file was written anew. Used by one thread at a time; the handle by any.
 */
final class RemoteFile {

    /** What came of a read. */
    enum State {
        /** What was before it is unchanged. */
        SAME,
        /** The file ends before the offset. */
        SHRUNK,
        /** The file holds something else before the offset. */
        REWRITTEN
    }

    private final Sftp sftp;
    private final Handle handle;
    private long generation;
    private long offset;
    private long limit = Long.MAX_VALUE;
    private byte[] anchor = new byte[0];
    private byte[] head;
    private int hashedLength = -1;
    private long headHash;
    private boolean lineOpen;
    private boolean known;
    private long seenSize;
    private long modified;
    private long lookedModified;
    private long lookedAt;
    private boolean closed;

    /**
     * An open file, to be read from its beginning.
     *
     * @param head what it begins with, as far as it is there, at most {@link Place#HEAD_BYTES}
     * @param seen how it looked before that was read
     */
    RemoteFile(Sftp sftp, Handle handle, byte[] head, Attributes seen, long generation) {
        this.sftp = sftp;
        this.handle = handle;
        this.generation = generation;
        this.seenSize = Math.max(seen.size(), head.length);
        this.head = head;
        modified(seen.modified());
    }

    Handle handle() {
        return handle;
    }

    Sftp sftp() {
        return sftp;
    }

    long offset() {
        return offset;
    }

    long generation() {
        return generation;
    }

    void generation(long number) {
        generation = number;
    }

    byte[] head() {
        return head;
    }

    boolean isLineOpen() {
        return lineOpen;
    }

    /** The greatest size that it was seen to have since it began. */
    long seenSize() {
        return seenSize;
    }

    /** It was seen to have so many bytes. */
    void seen(long size) {
        seenSize = Math.max(seenSize, size);
    }

    /** The path named it, and it was like this; that it was bigger before is not forgotten until it begins anew. */
    void seen(Attributes attributes, long now) {
        seen(attributes.size());
        lookedModified = Math.max(modified, attributes.modified());
        lookedAt = now;
    }

    /**
     * When it was last written, as far as that was seen while the path named it and it had not been cut: whatever followed it,
     * or what it held, was written no earlier.
     */
    long modified() {
        return modified;
    }

    /** The path named it when it was written last at this time, and what came before is known. */
    void modified(long time) {
        modified = time;
        lookedModified = time;
    }

    /** Whether nothing tells the bytes that come next from those of another content that was here before. */
    boolean isUnknown() {
        return !known && offset == 0 && head.length == 0;
    }

    /** Nothing came and went before the bytes that come next, or that was told. */
    void known() {
        known = true;
    }

    /** Goes to an offset; the bytes before it are those of the anchor. */
    void seek(long to, byte[] bytesBefore) {
        offset = to;
        anchor = bytesBefore;
        lineOpen = bytesBefore.length > 0 && bytesBefore[bytesBefore.length - 1] != '\n';
    }

    /** Ends where it ends now. */
    void limitTo(long size) {
        limit = Math.max(offset, size);
    }

    boolean isAtLimit() {
        return offset >= limit;
    }

    /** Begins anew, as it was seen to: the file was cut or written anew. */
    void restart(Beginning beginning) {
        generation++;
        head = beginning.head;
        hashedLength = -1;
        offset = 0;
        anchor = new byte[0];
        lineOpen = false;
        known = false;
        seenSize = Math.max(beginning.seen.size(), beginning.head.length);
        if (beginning.named) {
            modified(beginning.seen.modified());
        }
    }

    // ---- reading

    /** How much of the file a read of so many bytes brings at this offset. */
    int freshAt(long at, int read) {
        return (int) Math.min(read - anchorAt(at), Math.max(0, limit - at));
    }

    private static int anchorAt(long at) {
        return (int) Math.min(at, Place.ANCHOR_BYTES);
    }

    /** Asks for what is at an offset, with the bytes before it: so many together. */
    CompletableFuture<ByteBuffer> ask(long at, int read) {
        int before = anchorAt(at);
        return sftp.read(handle, at - before, before + freshAt(at, read));
    }

    /**
     * Looks at what was read at the present offset: moves its position behind the anchor if all is unchanged.
     *
     * @param askedAt when that was asked for
     */
    State check(ByteBuffer data, long askedAt) {
        int before = anchorAt(offset);
        if (data.remaining() < before) {
            return State.SHRUNK;
        }
        int compared = Math.min(before, anchor.length);
        ByteBuffer known = data.slice(data.position() + before - compared, compared);
        if (!known.equals(ByteBuffer.wrap(anchor, anchor.length - compared, compared))) {
            return State.REWRITTEN;
        }
        data.position(data.position() + before);
        if (offset < head.length) {
            int seen = Math.min(head.length - (int) offset, freshAt(offset, Sftp.LEAST_READ));
            if (data.remaining() < seen) {
                return State.SHRUNK;
            }
            if (!data.slice(data.position(), seen).equals(ByteBuffer.wrap(head, (int) offset, seen))) {
                return State.REWRITTEN;
            }
        }
        seen(offset + data.remaining());
        if (!isUnknown() && askedAt - lookedAt >= 0) {
            modified = lookedModified; // it was not cut before that look
        }
        return State.SAME;
    }

    /** These bytes at the present offset were handed over. */
    void took(ByteBuffer bytes) {
        int length = bytes.remaining();
        if (length == 0) {
            return;
        }
        lineOpen = bytes.get(bytes.limit() - 1) != '\n';
        int headEnd = (int) Math.min(Place.HEAD_BYTES, offset + length);
        if (offset <= head.length && head.length < headEnd) {
            int old = head.length;
            head = Arrays.copyOf(head, headEnd);
            bytes.get(bytes.position() + (int) (old - offset), head, old, headEnd - old);
        }
        int keep = Math.max(0, Math.min(anchor.length, Place.ANCHOR_BYTES - length));
        int fresh = Math.min(length, Place.ANCHOR_BYTES);
        byte[] next = new byte[keep + fresh];
        System.arraycopy(anchor, anchor.length - keep, next, 0, keep);
        bytes.get(bytes.limit() - fresh, next, keep, fresh);
        anchor = next;
        offset += length;
    }

    Place place() {
        if (hashedLength != head.length) {
            headHash = Fingerprint.of(head, 0, head.length);
            hashedLength = head.length;
        }
        long anchorHash = Fingerprint.of(anchor, 0, anchor.length);
        return new Place(generation, offset, modified, head.length, headHash, anchorHash, List.of());
    }

    void close() {
        if (!closed) {
            closed = true;
            sftp.close(handle);
        }
    }
}
