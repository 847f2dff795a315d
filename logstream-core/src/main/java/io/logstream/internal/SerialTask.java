package io.logstream.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;

/**
 * Something that works in steps, never two at a time, and sleeps in between. {@link #wake} is sticky: whatever happened
 * before it is seen by a step that begins after it.
 *
 * <h2>Implementation notes</h2>
 *
 * <p>IDLE: asleep. QUEUED: in the executor. RUNNING: in a step, or its thread waits with it after one. AGAIN: so, and woken
 * since the step began. Whoever wakes
 * has changed something with a volatile store before it reads the state; the task stores RUNNING before its step looks for
 * changes. So either the step sees the change or the waker sees RUNNING and makes it AGAIN.
 */
abstract class SerialTask implements Runnable {
    private static final int IDLE = 0;
    private static final int QUEUED = 1;
    private static final int RUNNING = 2;
    private static final int AGAIN = 3;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(SerialTask.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int state = IDLE;

    /** Does one piece of work; returns whether there may be more at once. Must not throw. */
    abstract boolean step();

    /** Where the steps run. */
    abstract Executor executor();

    /** Makes a step begin after this call. */
    final void wake() {
        for (; ; ) {
            int s = state;
            if (s == QUEUED || s == AGAIN) {
                return;
            }
            if (STATE.compareAndSet(this, s, s == IDLE ? QUEUED : AGAIN)) {
                if (s == IDLE) {
                    awake();
                }
                return;
            }
        }
    }

    /** Whether it was woken since its step began. */
    final boolean isWoken() {
        return state == AGAIN;
    }

    /** Goes from sleep into the executor. */
    void awake() {
        executor().execute(this);
    }

    /** Steps until there is nothing more to do, but leaves the thread to others that wait for it. */
    @Override
    public final void run() {
        for (; ; ) {
            begin();
            boolean more = false;
            boolean stay = false;
            try {
                more = step();
                stay = executor() instanceof Pool pool && pool.staysWith(this, more);
            } finally {
                if (!stay) {
                    finish(more);
                }
            }
            if (!stay || !more && STATE.compareAndSet(this, RUNNING, IDLE)) {
                return;
            }
        }
    }

    /** First part of a run; the parts are for the simulator, which does other things between them. */
    final void begin() {
        state = RUNNING;
    }

    /** Last part of a run: sleeps, or goes behind the others. */
    final void finish(boolean more) {
        if (more || !STATE.compareAndSet(this, RUNNING, IDLE)) {
            state = QUEUED;
            executor().execute(this);
        }
    }
}
