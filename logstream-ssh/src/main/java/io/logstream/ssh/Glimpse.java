package io.logstream.ssh;

import java.util.concurrent.CompletableFuture;

/**
 * A look at the path alone, which is enough for a file that has come to rest: as long as what is there looks as the file did,
 * nothing was written, and nothing else is there. Used by one thread at a time.
 */
final class Glimpse {
    private final Attributes expected;
    private final CompletableFuture<Attributes> seen;

    /**
     * Begins to look.
     *
     * @param expected how the file looked
     * @param wake run when there is anything else; not where all is as it was, so that a file at rest wakes nobody
     */
    Glimpse(Sftp sftp, String path, Attributes expected, Runnable wake) {
        this.expected = expected;
        seen = sftp.stat(path);
        CompletableFuture<Attributes> unused = seen.whenComplete((now, failure) -> {
            if (!expected.equals(now)) {
                wake.run();
            }
        });
    }

    boolean isDone() {
        return seen.isDone();
    }

    /** Whether it looks as expected; once that is known. */
    boolean isSame() {
        return !seen.isCompletedExceptionally() && expected.equals(seen.join());
    }
}
