package io.logstream.ssh;

import io.logstream.ssh.Sftp.Handle;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/**
 * One open file on the host and how far it was read. Every read asks also for the last bytes before its offset, the
 * <em>anchor</em>: if they are not what they were, the file was written anew. Used by one thread at a time.
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
    private byte[] anchor = new byte[0];
    private byte[] head;
    private int hashedLength = -1;
    private long headHash;
    private boolean lineOpen;
    private long seenSize;
    private long modified = -1;
    private boolean closed;

    /**
     * An open file, to be read from its beginning.
     *
     * @param head what it begins with, as far as it is there, at most {@link Place#HEAD_BYTES}
     */
    RemoteFile(Sftp sftp, Handle handle, byte[] head, Attributes seen, long generation) {
        this.sftp = sftp;
        this.handle = handle;
        this.head = head;
        this.generation = generation;
        seen(seen);
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

    byte[] anchor() {
        return anchor;
    }

    boolean isLineOpen() {
        return lineOpen;
    }

    /** Whether it was seen to have more than was read. */
    boolean isBehind() {
        return seenSize > offset;
    }

    /** It was seen like this; that it was bigger before is not forgotten until it begins anew. */
    void seen(Attributes attributes) {
        seenSize = Math.max(seenSize, attributes.size());
        modified = Math.max(modified, attributes.modified());
    }

    long modified() {
        return modified;
    }

    /** Goes to an offset; the bytes before it are those of the anchor. */
    void seek(long to, byte[] bytesBefore, boolean insideLine) {
        offset = to;
        anchor = bytesBefore;
        lineOpen = insideLine;
    }

    /** Begins anew: the file was cut or written anew. */
    void restart() {
        generation++;
        offset = 0;
        anchor = new byte[0];
        head = new byte[0];
        hashedLength = -1;
        lineOpen = false;
        seenSize = 0;
    }

    /** How it is beside the log if nobody writes to it any more. */
    Attributes finished() {
        return new Attributes(offset, -1, -1, modified);
    }

    // ---- reading

    /** How much of the file a read at this offset brings. */
    static int freshAt(long at) {
        return Sftp.MAX_READ - anchorAt(at);
    }

    private static int anchorAt(long at) {
        return (int) Math.min(at, Place.ANCHOR_BYTES);
    }

    /** Asks for what is at an offset, with the bytes before it. */
    CompletableFuture<ByteBuffer> ask(long at) {
        int before = anchorAt(at);
        return sftp.read(handle, at - before, before + freshAt(at));
    }

    /** Looks at what was read at the present offset: moves its position behind the anchor if that is unchanged. */
    State check(ByteBuffer data) {
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
        seenSize = Math.max(seenSize, offset + data.remaining());
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
        return new Place(generation, offset, modified, head.length, headHash, Fingerprint.of(anchor, 0, anchor.length));
    }

    void close() {
        if (!closed) {
            closed = true;
            sftp.close(handle);
        }
    }
}
