package io.logstream.docker;

import io.logstream.spi.SourceContext;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A question to the daemon that is asked when its answer is wanted, and may be asked again when that has come. For one thread;
 * closed by any.
 */
final class Question implements Closeable {
    /** Asks it. */
    interface Asking {
        Answer ask() throws IOException;
    }

    /** How long a daemon may take to answer. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private final SourceContext context;
    private volatile @Nullable Answer asked;
    private long askedAt;
    private volatile boolean closed;

    Question(SourceContext context) {
        this.context = context;
    }

    /** Whether the answer is still to come. */
    boolean isOpen() {
        return asked != null;
    }

    /**
     * Asks, unless that was done.
     *
     * @return the whole answer, or null as long as there is none
     */
    @Nullable
    Answer answer(Asking asking) throws IOException {
        Answer open = asked;
        if (open == null) {
            open = asking.ask();
            asked = open;
            askedAt = context.time().nanoTime();
            if (closed) {
                open.close();
            }
        }
        if (!open.isComplete()) {
            awaitAnswer(context, askedAt, open::unanswered);
            return null;
        }
        asked = null;
        open.close();
        return open;
    }

    /**
     * Waits for an answer to what was asked, or heard last, at that time.
     *
     * @param unanswered what it comes to if there is none in time
     */
    static void awaitAnswer(SourceContext context, long since, Supplier<IOException> unanswered) throws IOException {
        long left = PATIENCE.toNanos() - (context.time().nanoTime() - since);
        if (left <= 0) {
            throw unanswered.get();
        }
        context.wakeWithin(Duration.ofNanos(left));
    }

    @Override
    public void close() {
        closed = true;
        Answer open = asked;
        if (open != null) {
            open.close();
        }
    }
}
