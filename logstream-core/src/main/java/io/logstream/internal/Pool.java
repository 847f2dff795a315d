package io.logstream.internal;

import java.util.concurrent.Executor;

/** Threads that run the steps of {@link SerialTask}s. */
interface Pool extends Executor {

    /** Whether the calling thread must not wait for this pool's work, because it does that work. */
    boolean isOwnThread();

    /** Whether the task of the calling thread may begin another step: no other waits for a thread, or not for long. */
    boolean mayStay();

    /** Waits a little with a task whose step has found nothing, unless others wait; returns whether it was woken. */
    boolean linger(SerialTask task);

    /** How many threads there are. */
    int threads();

    /** How many of them have been in one step for a second or longer. */
    int stuck();

    /** Ends the threads; those that are stuck are left, and named in the log when {@link #awaitEnd} gives up. */
    void close();

    /** Waits for the threads to end. */
    void awaitEnd(Deadline deadline);
}
