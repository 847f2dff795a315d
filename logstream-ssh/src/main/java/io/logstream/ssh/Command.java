package io.logstream.ssh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One command on the host, and what it said. Whatever completes its future, also a caller who cancels it, ends it. Threadsafe.
 */
final class Command implements Exec.Sink {
    private static final int MOST_ERRORS = 64 * 1024;

    private final String what;
    private final int mostOut;
    private final Executor telling;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final CompletableFuture<RemoteResult> result = new CompletableFuture<>();
    private @Nullable Runnable running;
    private boolean isTooMuch;

    /**
     * A command that has not begun.
     *
     * @param what its name in messages
     * @param mostOut the most bytes that it may print
     * @param telling runs what hangs on the result
     */
    Command(String what, Duration patience, int mostOut, Executor telling) {
        this.what = what;
        this.mostOut = mostOut;
        this.telling = telling;
        Future<?> late = Watch.after(
                patience, () -> fail(new IOException(what + " has not ended within " + patience.toMillis() + " ms")));
        CompletableFuture<RemoteResult> unused = result.whenComplete((any, failure) -> {
            late.cancel(false);
            end();
        });
    }

    CompletableFuture<RemoteResult> result() {
        return result;
    }

    /** It was started, and this ends it. */
    void began(Runnable command) {
        synchronized (this) {
            running = command;
        }
        if (result.isDone()) {
            end();
        }
    }

    private void end() {
        Runnable open;
        synchronized (this) {
            open = running;
        }
        if (open != null) {
            open.run();
        }
    }

    void fail(Exception why) {
        tell(() -> result.completeExceptionally(why));
    }

    private void tell(Runnable end) {
        Watch.execute(telling, end); // if threads are short, whoever tells of the end has others to tell
    }

    @Override
    public void out(byte[] bytes, int offset, int length) {
        synchronized (out) {
            if (isTooMuch) {
                return;
            }
            isTooMuch = out.size() + (long) length > mostOut;
            if (!isTooMuch) {
                out.write(bytes, offset, length);
                return;
            }
        }
        fail(new IOException(what + " prints more than " + mostOut + " bytes"));
    }

    @Override
    public void errors(byte[] bytes, int offset, int length) {
        synchronized (errors) {
            errors.write(bytes, offset, Math.min(length, MOST_ERRORS - errors.size()));
        }
    }

    @Override
    public void ended(int status, @Nullable Exception lost) {
        if (lost != null) {
            fail(lost);
            return;
        }
        tell(() -> result.complete(new RemoteResult(status, text(out), text(errors))));
    }

    private static String text(ByteArrayOutputStream said) {
        synchronized (said) {
            return said.toString(StandardCharsets.UTF_8);
        }
    }
}
