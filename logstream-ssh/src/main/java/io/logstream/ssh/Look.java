package io.logstream.ssh;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A look at whether the path still names the open file: what the server tells of the handle, of the path, and of the handle
 * again, so that a line written between them makes no difference. Used by one thread at a time.
 */
final class Look {

    /** What is at the path. */
    enum Verdict {
        SAME,
        /** Another file, as it seems; to be looked at closely. */
        OTHER,
        NOTHING
    }

    private final Sftp sftp;
    private final String path;
    private final @Nullable RemoteFile file;
    private final @Nullable CompletableFuture<Attributes> before;
    private final CompletableFuture<Attributes> between;
    private final @Nullable CompletableFuture<Attributes> after;
    private @Nullable Attributes seen;

    /**
     * Begins to look.
     *
     * @param file the open file, or null where nothing was there before
     */
    Look(Sftp sftp, String path, @Nullable RemoteFile file, Runnable wake) {
        this.sftp = sftp;
        this.path = path;
        this.file = file;
        before = file == null ? null : sftp.stat(file.handle());
        between = sftp.stat(path);
        after = file == null ? null : sftp.stat(file.handle());
        CompletableFuture<Attributes> unused =
                (after == null ? between : after).whenComplete((seen, failure) -> wake.run());
    }

    boolean isDone() {
        return between.isDone() && (after == null || after.isDone());
    }

    /** How the open file is now, once there is a verdict on it. */
    @Nullable
    Attributes seen() {
        return seen;
    }

    Verdict verdict() throws IOException {
        Attributes at;
        try {
            at = between.join();
        } catch (CompletionException e) {
            if (SftpStatus.isNoSuchFile(Search.failure(e.getCause()))) {
                return Verdict.NOTHING;
            }
            throw failure(e);
        }
        if (file == null || before == null || after == null) {
            return Verdict.OTHER;
        }
        try {
            Attributes last = after.join();
            boolean same = before.join().canBecome(at, last);
            file.seen(last);
            seen = last;
            return same ? Verdict.SAME : Verdict.OTHER;
        } catch (CompletionException e) {
            throw failure(e);
        }
    }

    private IOException failure(CompletionException e) {
        IOException cause = Search.failure(e.getCause());
        return cause instanceof SftpStatus status ? status.again(sftp + ": " + Text.escaped(path)) : cause;
    }
}
