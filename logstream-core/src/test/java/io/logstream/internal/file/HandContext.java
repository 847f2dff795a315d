package io.logstream.internal.file;

import io.logstream.spi.SourceContext;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** A context whose hub is the test: it remembers what it was asked for. */
final class HandContext implements SourceContext {
    final VirtualTime time = new VirtualTime();
    final Semaphore wakes = new Semaphore(0);
    private @Nullable Duration within;
    private Duration last = Duration.ZERO;

    @Override
    public void wake() {
        wakes.release();
    }

    @Override
    public void wakeWithin(Duration wanted) {
        last = wanted;
        within = within == null || wanted.compareTo(within) < 0 ? wanted : within;
    }

    /** The earliest time asked for since the last call. */
    @Nullable
    Duration takeWithin() {
        Duration taken = within;
        within = null;
        return taken;
    }

    /** The time asked for last. */
    Duration lastWithin() {
        return last;
    }

    @Override
    public VirtualTime time() {
        return time;
    }

    @Override
    public Executor blocking() {
        throw new UnsupportedOperationException("a file reader needs no threads");
    }
}
