package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one host that files share: made when they are needed, given up when nobody needs them any more. A host that
 * refuses is not asked again. Threadsafe.
 */
final class Pool implements Closeable {

    /** One connection, from its making on. */
    private static final class Line {
        final CompletableFuture<Sftp> made = new CompletableFuture<>();
        int files;
        long unusedSince;
        boolean ended;

        @Nullable
        Thread dialing;

        @Nullable
        Sftp sftp;

        boolean isOver() {
            return made.isCompletedExceptionally()
                    || (made.isDone() && !made.join().isOpen());
        }
    }

    private final String name;
    private final Dialer dialer;
    private final Duration connectTimeout;
    private final Duration keepAlive;
    private final int keepAliveCount;
    private final int maxConnections;
    private final Duration maxIdle;
    private final Executor connecting;
    private final List<Line> lines = new ArrayList<>();
    private @Nullable LogStreamException refusal;
    private boolean closed;

    Pool(String name, Dialer dialer, SshConnection.Builder how, Executor connecting) {
        this.name = name;
        this.dialer = dialer;
        this.connectTimeout = how.connectTimeout;
        this.keepAlive = how.keepAlive;
        this.keepAliveCount = how.keepAliveCount;
        this.maxConnections = how.maxConnections;
        this.maxIdle = how.maxIdle;
        this.connecting = connecting;
    }

    synchronized void checkOpen() {
        if (closed) {
            throw new LogStreamException("the SshConnection to " + name + " was closed");
        }
    }

    /**
     * A server for one more file: the connection that has the fewest, or a new one as long as there may be more and all have
     * some. All who come while it is being connected get what comes of that one attempt. To be {@linkplain #give given back}.
     *
     * @throws IOException if it can't be reached now
     * @throws LogStreamException if it refuses
     */
    Sftp take() throws IOException, InterruptedException {
        return take(maxConnections);
    }

    /** The same, but a connection that is there is preferred to a new one. */
    Sftp takeForCommand() throws IOException, InterruptedException {
        return take(1);
    }

    private Sftp take(int most) throws IOException, InterruptedException {
        while (true) {
            Line mine;
            boolean again = false;
            synchronized (this) {
                Line least = choose();
                boolean another = least == null || (least.files > 0 && lines.size() < most);
                // until one has come about, nobody tries a second: a login that fails is not tried many times at once
                if (least == null || (another && lines.stream().anyMatch(line -> line.made.isDone()))) {
                    mine = begin();
                } else {
                    mine = least;
                    again = another;
                }
                mine.files++;
            }
            Sftp sftp = await(mine);
            if (!again) {
                return sftp;
            }
            leave(mine);
        }
    }

    private @Nullable Line choose() {
        checkOpen();
        if (refusal != null) {
            throw new LogStreamException(String.valueOf(refusal.getMessage()), refusal);
        }
        lines.removeIf(Line::isOver);
        return lines.stream().min(Comparator.comparingInt(line -> line.files)).orElse(null);
    }

    private Sftp await(Line mine) throws IOException, InterruptedException {
        boolean taken = false;
        try {
            Sftp sftp = mine.made.get();
            taken = true;
            return sftp;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String message = name + ": " + (cause == null ? "failed" : cause.getMessage());
            if (cause instanceof LogStreamException) {
                throw new LogStreamException(message, cause);
            }
            throw new IOException(message, cause);
        } finally {
            if (!taken) {
                leave(mine);
            }
        }
    }

    /** Says that a file does not use it any more. */
    void give(Sftp sftp) {
        Line line;
        synchronized (this) {
            line = lines.stream().filter(each -> each.sftp == sftp).findFirst().orElse(null);
        }
        if (line != null) { // else it is over already
            leave(line);
        }
    }

    private synchronized void leave(Line line) {
        line.files--;
        if (line.files == 0 && !closed) {
            line.unusedSince = System.nanoTime();
            Future<?> unused = Watch.after(maxIdle, () -> endIfUnused(line));
        }
    }

    private void endIfUnused(Line line) {
        synchronized (this) {
            if (line.files > 0 || System.nanoTime() - line.unusedSince < maxIdle.toNanos()) {
                return;
            }
            lines.remove(line);
        }
        end(line);
    }

    /** How many connections there are, or are being made. */
    synchronized int size() {
        lines.removeIf(Line::isOver);
        return lines.size();
    }

    // ---- making one

    private Line begin() {
        Line line = new Line();
        lines.add(line);
        try {
            connecting.execute(() -> connect(line));
        } catch (RuntimeException | Error e) { // no more threads: nobody would ever complete it
            line.made.completeExceptionally(new IOException("no thread for connecting: " + e.getMessage(), e));
        }
        return line;
    }

    private void connect(Line line) {
        long deadline = System.nanoTime() + connectTimeout.toNanos();
        try {
            Sftp sftp = new Sftp(dial(line), name, connecting);
            synchronized (this) {
                line.sftp = sftp;
                if (line.ended) {
                    sftp.close();
                }
            }
            try {
                sftp.ready().get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                sftp.fail(new IOException("not connected within " + connectTimeout.toSeconds() + " s"));
                sftp.ready().get();
            }
            sftp.keepAlive(keepAlive, keepAliveCount);
            line.made.complete(sftp);
        } catch (ExecutionException e) {
            refuse(e.getCause(), line);
        } catch (InterruptedException | IOException | RuntimeException | Error e) {
            refuse(e, line);
        }
    }

    private Link dial(Line line) throws IOException, InterruptedException {
        synchronized (this) {
            if (line.ended) {
                throw new IOException("the connection was closed");
            }
            line.dialing = Thread.currentThread();
        }
        try {
            return dialer.dial();
        } finally {
            synchronized (this) {
                line.dialing = null;
            }
        }
    }

    private void refuse(@Nullable Throwable why, Line line) {
        Throwable known = why == null ? new IOException("failed") : why;
        synchronized (this) {
            if (known instanceof LogStreamException never) {
                refusal = new LogStreamException(name + ": " + never.getMessage(), never);
            }
        }
        line.made.completeExceptionally(known);
    }

    // ---- ending

    private void end(Line line) {
        Sftp open;
        synchronized (this) {
            line.ended = true;
            open = line.sftp;
            if (line.dialing != null) {
                line.dialing.interrupt();
            }
        }
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        List<Line> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(lines);
            lines.clear();
        }
        all.forEach(this::end);
    }
}
