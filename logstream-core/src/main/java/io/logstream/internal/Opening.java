package io.logstream.internal;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Opens what may block, and interrupts it when it is no longer wanted. Threadsafe. */
final class Opening {
    /** What may block. */
    @FunctionalInterface
    interface Opener<T> {
        T open() throws IOException, InterruptedException;
    }

    private @Nullable Thread thread;
    private boolean closed;

    <T> T open(Opener<T> opener) throws IOException, InterruptedException {
        synchronized (this) {
            if (closed) {
                throw new InterruptedException("closed");
            }
            thread = Thread.currentThread();
        }
        try {
            return opener.open();
        } finally {
            synchronized (this) {
                thread = null;
                Thread.interrupted(); // meant for the opening, not for what comes next on this thread
            }
        }
    }

    /** Interrupts what is being opened, and lets nothing more be opened. */
    synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
