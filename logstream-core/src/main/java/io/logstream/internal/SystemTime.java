package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The system's clock, with one thread for its alarms, which runs only while there are some. */
final class SystemTime implements TimeSource, AutoCloseable {
    private final ScheduledThreadPoolExecutor alarms;

    SystemTime() {
        alarms = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "logstream-time");
            thread.setDaemon(true);
            return thread;
        });
        alarms.setRemoveOnCancelPolicy(true);
        alarms.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        alarms.setRejectedExecutionHandler((task, executor) -> {});
        alarms.setKeepAliveTime(10, TimeUnit.SECONDS);
        alarms.allowCoreThreadTimeOut(true);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    /** Nanoseconds since 1970; the nearest that there are for times that are centuries away. */
    static long epochNanos(Instant time) {
        long years = ChronoUnit.DAYS.between(Instant.EPOCH, time) / 365;
        if (years < -290 || years > 290) {
            return years < 0 ? Long.MIN_VALUE + 1 : Long.MAX_VALUE;
        }
        return ChronoUnit.NANOS.between(Instant.EPOCH, time);
    }

    @Override
    public Alarm after(Duration delay, Runnable action) {
        Future<?> alarm = alarms.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> alarm.cancel(false);
    }

    @Override
    public void close() {
        alarms.shutdownNow();
    }
}
