package io.logstream.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one file that were asked for and not handed over yet: a small one while the file is quiet, several large ones in a
 * row while there is more. Waits for nothing: {@code wake} is run when an answer is there. Used by one thread at a time.
 */
final class ReadAhead {
    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST = 16;

    /** What the next answer has brought. */
    enum Step {
        /** Nothing was asked for. */
        IDLE,
        /** The answer is not there yet. */
        PENDING,
        /** There are bytes. */
        BYTES,
        /** The file has no more than what was read. */
        END,
        /** The file ends before the offset. */
        SHRUNK,
        /** The file holds something else before the offset. */
        REWRITTEN
    }

    /** One read; {@code large} says that it is counted among those of all followers, until all of it was handed over. */
    private record Asked(CompletableFuture<ByteBuffer> answer, int fresh, long at, boolean large) {}

    private final RemoteFile file;
    private final Runnable wake;
    private final boolean inRow;
    private final Deque<Asked> asked = new ArrayDeque<>();
    private long askedTo;
    private int window = 1;
    private @Nullable ByteBuffer rest;
    /** The read that has brought the rest, or is about to. */
    private @Nullable Asked brought;
    /** Whether the last answer was empty. */
    private boolean nothing;
    /** Whether the last answer reached the end of the file, and when that was asked for. */
    private boolean ended;

    private long endedAt;

    ReadAhead(RemoteFile file, Runnable wake) {
        this(file, wake, true);
    }

    /**
     * The reads of a file that is open.
     *
     * @param inRow whether there may be large ones, and several in a row; else it is one small one each time
     */
    ReadAhead(RemoteFile file, Runnable wake, boolean inRow) {
        this.file = file;
        this.wake = wake;
        this.inRow = inRow;
    }

    RemoteFile file() {
        return file;
    }

    boolean isPending() {
        Asked first = asked.peek();
        return first != null && !first.answer.isDone();
    }

    /** Asks for what is behind the offset, if nothing is asked for. */
    void ask(long now) {
        if (asked.isEmpty() && rest == null && !file.isAtLimit()) {
            askedTo = file.offset();
            ask(now, window > 1 && takeAhead());
        }
    }

    private void ask(long now, boolean large) {
        int read = large ? file.sftp().longestRead() : Sftp.LEAST_READ;
        int fresh = file.freshAt(askedTo, read);
        CompletableFuture<ByteBuffer> answer = file.ask(askedTo, read);
        asked.add(new Asked(answer, fresh, now, large));
        askedTo += fresh;
        CompletableFuture<ByteBuffer> unused = answer.whenComplete((data, failure) -> wake.run());
    }

    Step next(long now) throws IOException {
        if (rest != null) {
            return Step.BYTES;
        }
        if (file.isAtLimit()) {
            ended(now);
            return Step.END;
        }
        Asked first = asked.peek();
        if (first == null) {
            return Step.IDLE;
        }
        if (!first.answer.isDone()) {
            return Step.PENDING;
        }
        asked.remove();
        brought = first;
        try {
            return take(first, now);
        } finally {
            if (rest == null) {
                forgetRest();
            }
        }
    }

    private Step take(Asked first, long now) throws IOException {
        ByteBuffer data;
        try {
            data = first.answer.join().duplicate();
        } catch (CompletionException e) {
            throw Search.failure(e.getCause());
        }
        RemoteFile.State state = file.check(data, first.at);
        if (state != RemoteFile.State.SAME) {
            drop();
            return state == RemoteFile.State.SHRUNK ? Step.SHRUNK : Step.REWRITTEN;
        }
        nothing = !data.hasRemaining();
        if (data.remaining() == first.fresh) {
            ended = false;
            topUp(now);
        } else {
            drop(); // what was asked for behind this is not at its place
            window = 1;
            ended(first.at);
        }
        if (!data.hasRemaining()) {
            return Step.END;
        }
        rest = data;
        return Step.BYTES;
    }

    /** Whether the file has no more at all; a short answer alone may be a server's that gives little at once. */
    boolean isAtEnd() {
        return rest == null && (file.isAtLimit() || nothing);
    }

    private void ended(long at) {
        ended = true;
        endedAt = at;
    }

    /** Whether all was handed over that was in the file at some time. */
    boolean isReadAsOf(long time) {
        return isRead() && isEndAsOf(time);
    }

    /** Whether the last answer reached the end of the file, and was asked for at some time or later. */
    boolean isEndAsOf(long time) {
        return ended && endedAt - time >= 0;
    }

    /** Whether all was handed over that was in the file at some time since it was opened. */
    boolean isRead() {
        return ended && rest == null;
    }

    /** There is more: asks for it, the first of it even if others have asked for too much by now. */
    private void topUp(long now) {
        if (!inRow) {
            return;
        }
        window = Math.min(Math.min(MOST, MOST_BYTES / file.sftp().longestRead()), 2 * window);
        while (asked.size() < window && hasMore()) {
            boolean large = takeAhead();
            if (!large && !asked.isEmpty()) {
                return;
            }
            ask(now, large);
        }
    }

    /** Whether there is more to ask for, if the file has it. */
    private boolean hasMore() {
        return file.freshAt(askedTo, Sftp.LEAST_READ) > 0;
    }

    private boolean takeAhead() {
        Asked now = brought;
        boolean isFirst = (now == null || !now.large) && asked.stream().noneMatch(Asked::large);
        return file.sftp().takeAhead(isFirst);
    }

    private void give(Asked one) {
        if (one.large) {
            file.sftp().giveAhead();
        }
    }

    /** The bytes that {@link Step#BYTES} tells of, without taking them. */
    ByteBuffer bytes() {
        ByteBuffer there = rest;
        return there == null ? ByteBuffer.allocate(0) : there.duplicate();
    }

    /** Says that so many of the bytes were handed over. */
    void took(int length) {
        ByteBuffer there = rest;
        if (there == null) {
            return;
        }
        file.took(there.slice(there.position(), length));
        there.position(there.position() + length);
        if (!there.hasRemaining()) {
            forgetRest();
        }
    }

    /** Forgets what was asked for and not taken. */
    void drop() {
        for (Asked one : asked) { // its answer still comes, and takes its place until then
            CompletableFuture<ByteBuffer> unused = one.answer.whenComplete((data, failure) -> give(one));
        }
        asked.clear();
        if (rest != null) {
            forgetRest();
            ended = false;
        }
    }

    private void forgetRest() {
        rest = null;
        Asked whole = brought;
        brought = null;
        if (whole != null) {
            give(whole);
        }
    }

    void close() {
        drop();
        file.close();
    }
}
