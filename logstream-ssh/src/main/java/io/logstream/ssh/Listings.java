package io.logstream.ssh;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists directories for all files of a connection: who asks while a directory is listed waits for the next listing of it, with all
 * others who do, so that a thousand files that come back together list theirs a few times. Nobody gets a listing that began before
 * it was asked for. Threadsafe.
 */
final class Listings {
    private static final Logger LOG = LoggerFactory.getLogger(Listings.class);

    /** Lists one directory. */
    interface Lister {
        List<Sftp.Name> list() throws IOException, InterruptedException;
    }

    private final Map<String, CompletableFuture<List<Sftp.Name>>> running = new HashMap<>();
    private final Map<String, CompletableFuture<List<Sftp.Name>>> next = new HashMap<>();

    /** What is in a directory. */
    List<Sftp.Name> list(String directory, Lister lister) throws IOException, InterruptedException {
        while (true) {
            CompletableFuture<List<Sftp.Name>> mine;
            boolean others;
            synchronized (this) {
                mine = next.get(directory);
                others = mine != null;
                if (mine == null) {
                    mine = new CompletableFuture<>();
                    next.put(directory, mine);
                }
            }
            if (!others) {
                return lead(directory, mine, lister);
            }
            try {
                return mine.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof InterruptedException)) { // that was meant for another
                    throw Search.failure(e.getCause());
                }
            }
        }
    }

    /** Lists it for all who have come until it begins. */
    private List<Sftp.Name> lead(String directory, CompletableFuture<List<Sftp.Name>> mine, Lister lister)
            throws IOException, InterruptedException {
        try {
            awaitTurn(directory, mine);
            List<Sftp.Name> names = List.copyOf(lister.list());
            mine.complete(names);
            return names;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            synchronized (this) {
                running.remove(directory, mine);
                next.remove(directory, mine);
            }
        }
    }

    private void awaitTurn(String directory, CompletableFuture<List<Sftp.Name>> mine) throws InterruptedException {
        while (true) {
            CompletableFuture<List<Sftp.Name>> before;
            synchronized (this) {
                before = running.get(directory);
                if (before == null) {
                    next.remove(directory, mine);
                    running.put(directory, mine);
                    return;
                }
            }
            try {
                before.get();
            } catch (ExecutionException e) {
                LOG.trace("told to those who asked for it", e);
            }
            synchronized (this) {
                running.remove(directory, before);
            }
        }
    }
}
