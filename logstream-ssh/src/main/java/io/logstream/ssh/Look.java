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
    private final @Nullable CompletableFuture<Attributes> before;
    private final CompletableFuture<Attributes> between;
    private final @Nullable CompletableFuture<Attributes> after;
    private final CompletableFuture<Void> all;

    /**
     * Begins to look.
     *
     * @param file the open file, or null where nothing was there before
     */
    Look(Sftp sftp, String path, @Nullable RemoteFile file, Runnable wake) {
        this.sftp = sftp;
        this.path = path;
        before = file == null ? null : sftp.stat(file.handle());
        between = sftp.stat(path);
        after = file == null ? null : sftp.stat(file.handle());
        all = before == null || after == null
                ? CompletableFuture.allOf(between)
                : CompletableFuture.allOf(before, between, after);
        CompletableFuture<Void> unused = all.whenComplete((seen, failure) -> wake.run());
    }

    boolean isDone() {
        return all.isDone();
    }

    Verdict verdict() throws IOException {
        try {
            Attributes at = between.join();
            return before != null && after != null && before.join().canBecome(at, after.join())
                    ? Verdict.SAME
                    : Verdict.OTHER;
        } catch (CompletionException e) {
            IOException cause = Search.failure(e.getCause());
            if (between.isCompletedExceptionally() && SftpStatus.isNoSuchFile(cause)) {
                return Verdict.NOTHING;
            }
            throw cause instanceof SftpStatus status ? status.again(sftp + ": " + Text.escaped(path)) : cause;
        }
    }

    /** How the path was, which is how the open file was if it was the same. */
    Attributes seen() {
        return between.join();
    }
}
