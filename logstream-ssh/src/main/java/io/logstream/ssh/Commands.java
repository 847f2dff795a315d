package io.logstream.ssh;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commands that run over one connection: at most 8 at a time, as a server gives 10 channels unless it was told otherwise, and
 * one is SFTP's. Others wait, also where the server gives fewer. They end with the connection. Threadsafe.
 */
final class Commands implements Closeable {
    static final int MOST = 8;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final String ENDED_BEFORE = "the command was ended before it began";
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

    private final Link link;
    private final Executor starting;
    private final Set<Running> running = new HashSet<>();
    private final Deque<Running> waiting = new ArrayDeque<>();
    private boolean closed;

    Commands(Link link, Executor starting) {
        this.link = link;
        this.starting = starting;
    }

    /**
     * Starts a command, or lets it wait for its turn.
     *
     * @param line what the host's shell gets
     * @param input what the command reads first
     * @param more whether its input does not end there, but when it is closed
     * @return ends it; nobody waits for that
     */
    Runnable start(String line, byte[] input, boolean more, Exec.Sink sink) {
        Running fresh = new Running(line, input, more, sink);
        boolean tooLate;
        synchronized (this) {
            tooLate = closed;
            if (!tooLate) {
                waiting.add(fresh);
            }
        }
        if (tooLate) {
            fresh.ended(-1, new IOException("the connection was closed"));
        }
        next();
        return fresh::close;
    }

    private void next() {
        Running turn;
        synchronized (this) {
            if (running.size() >= MOST || waiting.isEmpty()) {
                return;
            }
            turn = waiting.remove();
            running.add(turn);
        }
        launch(turn);
    }

    private void launch(Running turn) {
        try {
            starting.execute(turn::begin);
        } catch (RuntimeException | Error e) {
            turn.ended(-1, new IOException("no thread for a command: " + e.getMessage(), e));
        }
    }

    private void over(Running which) {
        synchronized (this) {
            running.remove(which);
            waiting.remove(which);
        }
        next();
    }

    @Override
    public void close() {
        List<Running> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(waiting);
            all.addAll(running);
        }
        all.forEach(Running::close);
    }

    /** One of them, from the wish to its end. */
    private final class Running implements Exec.Sink {
        private final String line;
        private final byte[] input;
        private final boolean more;
        private final Exec.Sink sink;
        private @Nullable Exec exec;
        private boolean closing;
        private boolean over;
        private Duration pause = FIRST_PAUSE;

        Running(String line, byte[] input, boolean more, Exec.Sink sink) {
            this.line = line;
            this.input = input;
            this.more = more;
            this.sink = sink;
        }

        void begin() {
            if (isClosing()) {
                ended(-1, new IOException(ENDED_BEFORE));
                return;
            }
            Exec begun;
            try {
                begun = link.exec(line, this);
            } catch (NoChannel e) {
                later(e);
                return;
            } catch (IOException | RuntimeException | Error e) {
                ended(-1, e instanceof Exception known ? known : new IOException(e));
                return;
            } catch (InterruptedException e) {
                ended(-1, new IOException("interrupted", e));
                return;
            }
            synchronized (this) {
                exec = begun;
            }
            if (isClosing()) {
                begun.close();
                return;
            }
            try {
                begun.in().write(input);
                begun.in().flush();
                if (!more) {
                    begun.in().close();
                }
            } catch (IOException e) { // it need not read its input, and says itself how it ended
                LOG.trace("{}: has not read its input", line, e);
            }
        }

        /** A server counts a channel for some time after its end. */
        private void later(NoChannel refused) {
            LOG.debug("{}", refused.getMessage());
            Future<?> unused = Watch.after(pause, () -> launch(this));
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }

        private synchronized boolean isClosing() {
            return closing;
        }

        @Override
        public void out(byte[] bytes, int offset, int length) {
            sink.out(bytes, offset, length);
        }

        @Override
        public void errors(byte[] bytes, int offset, int length) {
            sink.errors(bytes, offset, length);
        }

        @Override
        public void ended(int status, @Nullable Exception lost) {
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
            }
            try {
                sink.ended(status, lost);
            } finally {
                over(this);
            }
        }

        void close() {
            Exec open;
            boolean waits;
            synchronized (Commands.this) {
                waits = waiting.remove(this);
            }
            synchronized (this) {
                closing = true;
                open = exec;
            }
            if (waits) {
                ended(-1, new IOException(ENDED_BEFORE));
            } else if (open != null) {
                open.close();
            }
        }
    }
}
