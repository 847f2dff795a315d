package io.logstream.internal;

import java.util.concurrent.Executor;

/** Threads that run the steps of {@link SerialTask}s. */
interface Pool extends Executor {

    /** Whether the calling thread must not wait for this pool's work, because it does that work. */
    boolean isOwnThread();

    /**
     * Whether the calling thread stays with its task after a step: where more is to do, unless others wait for too long;
     * where not, it waits with it for a little while, in case the task is woken.
     */
    boolean staysWith(SerialTask task, boolean more);

    /** How many threads there are. */
    int threads();

    /** How many of them have been in one step for a second or longer. */
    int stuck();

    /** Ends the threads; those that are stuck are left, and named in the log when {@link #awaitEnd} gives up. */
    void close();

    /** Waits for the threads to end. */
    void awaitEnd(Deadline deadline);
}
