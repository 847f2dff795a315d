package io.logstream.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Holds threads up, as a kernel does: an interrupt does not free them, and is kept for later. */
final class Gate {
    private boolean shut;
    private int held;

    synchronized void shut() {
        shut = true;
    }

    synchronized void open() {
        shut = false;
        notifyAll();
    }

    synchronized void pass() {
        boolean interrupted = false;
        held++;
        notifyAll();
        while (shut) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        held--;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized boolean awaitHeld(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!shut || held == 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }
}
