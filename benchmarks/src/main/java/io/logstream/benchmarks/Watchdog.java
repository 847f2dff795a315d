package io.logstream.benchmarks;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends the JVM that is being measured, a child of this one, when it takes too long. */
final class Watchdog implements AutoCloseable {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "watchdog");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean bitten;

    Watchdog(long nanos) {
        var unused = timer.schedule(this::bite, nanos, TimeUnit.NANOSECONDS);
    }

    private void bite() {
        bitten = true;
        ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
    }

    /** Whether it did. */
    boolean hasBitten() {
        return bitten;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
