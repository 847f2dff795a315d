package io.logstream;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition, not for a while: as short as it takes, and generously long before it gives up. */
public final class Eventually {
    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("test.patience", 60));

    /** Something that becomes true. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    private Eventually() {}

    public static void eventually(String what, Condition condition) throws Exception {
        eventually(what, PATIENCE, condition);
    }

    /** The same with another patience, for what holds now and then. */
    public static void eventually(String what, Duration patience, Condition condition) throws Exception {
        long begin = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - begin > patience.toNanos()) {
                throw new AssertionError("it did not come to pass that " + what);
            }
            LockSupport.parkNanos(200_000);
        }
    }
}
