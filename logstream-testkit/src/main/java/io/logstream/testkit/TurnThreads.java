package io.logstream.testkit;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Two threads that take turns in calling the source under test: a call that hangs fails its case and does not hang it, and
 * a reader that wants to be called by always the same thread is found out.
 */
final class TurnThreads {
    private final Duration patience;
    private final Thread[] threads = new Thread[2];
    private final ExecutorService[] executors = {executor(0), executor(1)};
    private int turn;

    TurnThreads(Duration patience) {
        this.patience = patience;
    }

    private ExecutorService executor(int index) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "tck-reader-" + index);
            thread.setDaemon(true);
            threads[index] = thread;
            return thread;
        });
    }

    <T extends @Nullable Object> T call(String what, Callable<T> task) throws Exception {
        turn = 1 - turn;
        int index = turn;
        Future<T> result = executors[index].submit(task);
        try {
            return result.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            AssertionError stuck = new AssertionError(what + " has not returned within " + patience, e);
            stuck.addSuppressed(at(threads[index]));
            executors[index].shutdownNow();
            executors[index] = executor(index);
            throw stuck;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception thrown) {
                throw thrown;
            }
            throw (Error) e.getCause();
        }
    }

    /** Where a thread is now. */
    private static Exception at(Thread thread) {
        Exception where = new Exception("the stuck thread is here");
        where.setStackTrace(thread.getStackTrace());
        return where;
    }

    void close() {
        Arrays.stream(executors).forEach(ExecutorService::shutdownNow);
    }
}
