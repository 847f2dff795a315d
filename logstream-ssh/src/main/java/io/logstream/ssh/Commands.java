package io.logstream.ssh;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
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
 * The commands that run over one connection: at most 8 at a time that end by themselves, at most 8 that do not, and 9 together, as
 * a server gives 10 channels unless it was told otherwise, and one is SFTP's. Others wait. Where the server gives fewer, those that
 * end by themselves come first: such a one waits for a channel, and if none becomes free soon, one that lasts is ended for it; one
 * that lasts and gets none has failed. They end with the connection. Threadsafe.
 *
 * <pre>
 *   WAITING -> STARTING -> RUNNING -> CLOSING -> OVER      from each of them to OVER as well
 *                 |  ^
 *                 v  |
 *               PAUSING
 * </pre>
 */
final class Commands implements Closeable {
    static final int MOST = 8;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    /** From this on it is not a channel that has just ended which the server counts still. */
    private static final Duration LONG_PAUSE = Duration.ofMillis(400);

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
        for (Running turn = take(); turn != null; turn = take()) {
            launch(turn);
        }
    }

    private synchronized @Nullable Running take() {
        if (closed) {
            return null; // another would begin on the host, while who wants it is told that it failed
        }
        Running turn = waiting.stream().filter(this::mayBegin).findFirst().orElse(null);
        if (turn != null) {
            waiting.remove(turn);
            running.add(turn);
            turn.state = State.STARTING;
        }
        return turn;
    }

    private boolean mayBegin(Running one) {
        long alike = running.stream().filter(other -> other.more == one.more).count();
        boolean wouldBeInTheWay = one.more && running.stream().anyMatch(other -> other.refused && other.exec == null);
        return alike < MOST && running.size() <= MOST && !wouldBeInTheWay;
    }

    private void launch(Running turn) {
        try {
            starting.execute(turn::begin);
        } catch (RuntimeException | Error e) {
            turn.ended(-1, new IOException("no thread for a command: " + e.getMessage(), e));
        }
    }

    /** Ends one of those that last, so that its channel becomes free; one at a time. */
    private void displaceOne() {
        Running one;
        synchronized (this) {
            if (running.stream().anyMatch(each -> each.more && each.state == State.CLOSING)) {
                return;
            }
            one = running.stream()
                    .filter(each -> each.more && each.state == State.RUNNING)
                    .findFirst()
                    .orElse(null);
            if (one != null) {
                one.displaced = new IOException("the host opens no further channel, and another command needs one");
            }
        }
        if (one != null) {
            one.close();
        }
    }

    /** Those that wait will not begin. */
    synchronized void beginNoMore() {
        closed = true;
    }

    @Override
    public void close() {
        List<Running> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(waiting);
            all.addAll(running);
        }
        for (Running each : all) {
            try {
                each.close();
            } catch (RuntimeException | Error e) { // the others end all the same
                LOG.warn("{}: could not be ended", each.line, e);
            }
        }
    }

    private enum State {
        /** Others run, as many as may. */
        WAITING,
        /** Its channel is being opened. */
        STARTING,
        /** The server gave it no channel; it is tried again. */
        PAUSING,
        RUNNING,
        /** It is to end, and has not yet. */
        CLOSING,
        OVER
    }

    /** One of them, from the wish to its end. What changes is guarded by the lock of all of them. */
    private final class Running implements Exec.Sink {
        private final String line;
        private final byte[] input;
        private final boolean more;
        private final Exec.Sink sink;
        private final Backoff pauses = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        private State state = State.WAITING;
        private @Nullable Exec exec;
        /** Whether it waits for a channel, or did. */
        private boolean refused;
        /** Why it was closed, if it was not by who started it. */
        private @Nullable Exception displaced;

        Running(String line, byte[] input, boolean more, Exec.Sink sink) {
            this.line = line;
            this.input = input;
            this.more = more;
            this.sink = sink;
        }

        /** Passes to another state, if it is in this one. */
        private boolean pass(State from, State to) {
            synchronized (Commands.this) {
                boolean is = state == from;
                state = is ? to : state;
                return is;
            }
        }

        private boolean isStarting() {
            synchronized (Commands.this) {
                return state == State.STARTING;
            }
        }

        void begin() {
            if (!isStarting()) {
                ended(-1, new IOException(ENDED_BEFORE));
                return;
            }
            try {
                Exec begun = link.exec(line, this);
                synchronized (Commands.this) {
                    exec = begun;
                }
                if (pass(State.STARTING, State.RUNNING)) {
                    give(begun);
                } else {
                    begun.close();
                }
            } catch (NoChannel e) {
                pause(e);
            } catch (IOException | RuntimeException e) {
                ended(-1, e);
            } catch (InterruptedException e) {
                ended(-1, new IOException("interrupted", e));
            } catch (Error e) {
                ended(-1, new IOException(e));
            }
        }

        private void give(Exec begun) {
            try {
                begun.in().write(input);
                begun.in().flush();
                if (!more) {
                    begun.in().close();
                }
            } catch (InterruptedIOException e) { // it runs, and would take a part for all if it was told the end
                ended(-1, new IOException("the command did not read all of its input", e));
                begun.close();
            } catch (IOException e) { // it need not read its input, and says itself how it ended
                LOG.trace("{}: has not read its input", line, e);
            }
        }

        /** A server counts a channel for some time after its end. */
        private void pause(NoChannel why) {
            LOG.debug("{}", why.getMessage());
            synchronized (Commands.this) {
                refused = true;
            }
            if (more || !pass(State.STARTING, State.PAUSING)) {
                ended(-1, why);
                return;
            }
            Duration pause = pauses.next();
            if (pause.compareTo(LONG_PAUSE) >= 0) {
                displaceOne();
            }
            Future<?> unused = Watch.after(pause, () -> {
                if (pass(State.PAUSING, State.STARTING)) {
                    launch(this);
                }
            });
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
            Exception instead;
            synchronized (Commands.this) {
                if (state == State.OVER) {
                    return;
                }
                state = State.OVER;
                running.remove(this);
                waiting.remove(this);
                instead = displaced;
            }
            try {
                sink.ended(instead == null ? status : -1, instead == null ? lost : instead);
            } finally {
                next();
            }
        }

        void close() {
            Exec open;
            boolean begun;
            synchronized (Commands.this) {
                begun = state != State.WAITING && state != State.PAUSING;
                if (state == State.STARTING || state == State.RUNNING) {
                    state = State.CLOSING;
                }
                open = exec;
            }
            if (!begun) {
                ended(-1, new IOException(ENDED_BEFORE));
            } else if (open != null) {
                open.close();
            }
        }
    }
}
