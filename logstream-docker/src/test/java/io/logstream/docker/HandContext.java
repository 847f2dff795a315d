package io.logstream.docker;

import io.logstream.spi.SourceContext;
import io.logstream.spi.TimeSource;
import io.logstream.testkit.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/** What a hub offers to a reader, with a clock that is set by hand. */
final class HandContext implements SourceContext {
    final VirtualTime time = VirtualTime.startingAt(Instant.now());
    private boolean woken;
    private Duration lastWait = Duration.ZERO;

    @Override
    public synchronized void wake() {
        woken = true;
        notifyAll();
    }

    @Override
    public synchronized void wakeWithin(Duration within) {
        lastWait = within;
        time.after(within, this::wake);
    }

    /** Within what time the reader is to be woken, as it said last. */
    synchronized Duration lastWait() {
        return lastWait;
    }

    @Override
    public TimeSource time() {
        return time;
    }

    @Override
    public Executor blocking() {
        return Runnable::run;
    }

    synchronized boolean takeWake() {
        boolean was = woken;
        woken = false;
        return was;
    }
}
