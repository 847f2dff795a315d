package io.logstream.internal;

import java.util.concurrent.Executor;

/** Threads that run the steps of {@link SerialTask}s. */
interface Pool extends Executor {

    /** Whether the calling thread must not wait for this pool's work, because it does that work. */
    boolean isOwnThread();

    /** Whether tasks wait for a thread. */
    boolean isCrowded();

    /** How many threads there are. */
    int threads();

    /** How many of them have been in one step for a second or longer. */
    int stuck();

    /** Ends the threads; those that are stuck are left, and named in the log when {@link #awaitEnd} gives up. */
    void close();

    /** Waits for the threads to end. */
    void awaitEnd(Deadline deadline);
}
