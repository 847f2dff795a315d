package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the parts of a hub share, and what tests put their own in for: clock, threads, memory, randomness.
 *
 * @param time the clock
 * @param delivery threads that call viewers
 * @param reading threads that read sources
 * @param blocking an executor that gives every task a thread
 * @param budget the memory of all histories
 * @param random for epochs and jitter
 * @param firstSequence the sequence of every run's first line
 * @param bulkBytes from how many bytes on whole lines get segments of their own
 */
record Engine(
        TimeSource time,
        Pool delivery,
        Pool reading,
        Executor blocking,
        MemoryBudget budget,
        RandomGenerator random,
        long firstSequence,
        int bulkBytes) {

    /** A number that no other run has. */
    long newEpoch() {
        return random.nextLong(1, Long.MAX_VALUE);
    }

    /** Whether the calling thread must not wait for viewers or sources, since it does their work. */
    boolean isOwnThread() {
        return delivery.isOwnThread() || reading.isOwnThread();
    }
}
