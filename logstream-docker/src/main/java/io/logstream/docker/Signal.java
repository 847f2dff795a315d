package io.logstream.docker;

import java.io.IOException;
import java.time.Duration;

/** Says that something has happened, to one thread that waits for it before there is anybody else to be told. Threadsafe. */
final class Signal {
    private boolean given;

    synchronized void give() {
        given = true;
        notifyAll();
    }

    /** Forgets what has happened. */
    synchronized void clear() {
        given = false;
    }

    /**
     * Waits for something to happen.
     *
     * @param atMost how long it is worth to wait, in nanoseconds
     * @throws IOException if the time is over that there is
     */
    synchronized void await(Duration patience, long atMost) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        for (long gone = 0; !given && gone < atMost; gone = System.nanoTime() - begun) {
            long left = patience.toNanos() - gone;
            if (left <= 0) {
                throw new IOException("the daemon does not answer");
            }
            wait(1 + Math.min(left, atMost - gone) / 1_000_000);
        }
    }
}
