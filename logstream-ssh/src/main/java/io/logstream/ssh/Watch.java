package io.logstream.ssh;

import java.time.Duration;
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

    private Watch() {}

    static ScheduledExecutorService executor() {
        return THREAD;
    }

    static Future<?> every(Duration pace, Runnable look) {
        return THREAD.scheduleWithFixedDelay(look, pace.toNanos(), pace.toNanos(), TimeUnit.NANOSECONDS);
    }

    static Future<?> after(Duration delay, Runnable task) {
        return THREAD.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }
}
