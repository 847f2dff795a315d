package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One task's alarm, set anew only where the one that is set would come too late. Not threadsafe. */
final class Alarms implements Runnable {
    private final SerialTask task;
    private final TimeSource time;
    private TimeSource.@Nullable Alarm alarm;
    private long alarmAt;

    Alarms(SerialTask task, TimeSource time) {
        this.task = task;
        this.time = time;
    }

    /**
     * Wakes the task within some time.
     *
     * @param delay nanoseconds, or {@link Wakeup#NEVER}
     */
    void within(long delay) {
        long now = time.nanoTime();
        boolean inTime = alarm != null && alarmAt - now > 0 && alarmAt - (now + delay) <= 0;
        if (delay == Wakeup.NEVER || inTime) {
            return;
        }
        cancel();
        alarmAt = now + delay;
        alarm = time.after(Duration.ofNanos(delay), this);
    }

    /** The alarm goes off. */
    @Override
    public void run() {
        task.wake();
    }

    void cancel() {
        if (alarm != null) {
            alarm.cancel();
            alarm = null;
        }
    }

    /** The earlier of two delays. */
    static long earlier(long a, long b) {
        return a == Wakeup.NEVER ? b : b == Wakeup.NEVER ? a : Math.min(a, b);
    }
}
