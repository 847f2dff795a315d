package io.logstream.ssh;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The one thread that looks after all connections of this process. What it runs must be short; it goes when it is not needed. */
final class Watch {
    private static final ScheduledThreadPoolExecutor THREAD = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "logstream-ssh-watch");
        thread.setDaemon(true);
        return thread;
    });

    static {
        THREAD.setKeepAliveTime(10, TimeUnit.SECONDS);
        THREAD.allowCoreThreadTimeOut(true);
        THREAD.setRemoveOnCancelPolicy(true);
    }

    /** How much later what found no thread is tried again. */
    private static final Duration LATER = Duration.ofSeconds(1);

    private Watch() {}

    static ScheduledExecutorService executor() {
        return THREAD;
    }

    static Future<?> every(Duration pace, Runnable look) {
        return THREAD.scheduleWithFixedDelay(look, pace.toNanos(), pace.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Has something done by others, which is tried again later if they have no thread for it: whoever waits for it gets it. */
    static void execute(Executor others, Runnable task) {
        try {
            others.execute(task);
        } catch (RuntimeException | Error e) {
            Future<?> unused = after(LATER, () -> execute(others, task));
        }
    }

    static Future<?> after(Duration delay, Runnable task) {
        return THREAD.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
}
