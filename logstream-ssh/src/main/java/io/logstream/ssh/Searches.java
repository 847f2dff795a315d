package io.logstream.ssh;

import io.logstream.ssh.Search.Found;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The searches over one connection, each of which holds a thread while it waits for its answers: so many run at a time, others
 * wait for their turn. More would gain little, as a server answers one request after the other, and thousands of files may be
 * rotated in one moment. Threadsafe.
 */
final class Searches {
    static final int MOST = 128;

    /** What a search does; may wait. */
    interface Task {
        Found run() throws IOException, InterruptedException;
    }

    private record Wanted(Executor threads, Task task, CompletableFuture<Found> found) {}

    private final Deque<Wanted> waiting = new ArrayDeque<>();
    private int running;

    /**
     * Begins a search, or lets it wait for its turn.
     *
     * @param threads runs it, or refuses to
     * @return what it finds; fails with an {@link IOException} where there is no thread for it
     */
    CompletableFuture<Found> begin(Executor threads, Task task) {
        Wanted fresh = new Wanted(threads, task, new CompletableFuture<>());
        synchronized (this) {
            waiting.add(fresh);
        }
        next();
        return fresh.found;
    }

    private void next() {
        for (Wanted turn = take(); turn != null; turn = take()) {
            Wanted begun = turn;
            try {
                turn.threads.execute(() -> run(begun));
            } catch (RuntimeException | Error e) {
                over();
                turn.found.completeExceptionally(new IOException("no thread for a search: " + e.getMessage(), e));
            }
        }
    }

    private synchronized @Nullable Wanted take() {
        Wanted turn = running < MOST ? waiting.poll() : null;
        running += turn == null ? 0 : 1;
        return turn;
    }

    private synchronized void over() {
        running--;
    }

    private void run(Wanted turn) {
        try {
            turn.found.complete(turn.task.run());
        } catch (InterruptedException e) {
            turn.found.completeExceptionally(new IOException("interrupted", e));
        } catch (IOException | RuntimeException | Error e) {
            turn.found.completeExceptionally(e);
        } finally {
            over();
            next();
        }
    }
}
