package io.logstream.benchmarks;

import java.util.concurrent.locks.LockSupport;

/**
 * The least that it takes to wake somebody: one thread for each subscriber, parked until a counter moves; no queue, no
 * history. The line is read from where the publisher has it.
 */
final class ParkedThread implements Peer {
    private volatile long tail;
    private volatile boolean closed;
    private Thread[] threads = {};

    @Override
    public void start(Work[] works) {
        threads = new Thread[works.length];
        for (int i = 0; i < works.length; i++) {
            Work work = works[i];
            threads[i] = new Thread(() -> view(work), "parked");
            threads[i].setDaemon(true);
            threads[i].start();
        }
    }

    private void view(Work work) {
        for (long next = 0; !closed; ) {
            if (next == tail) {
                LockSupport.park(this);
            } else {
                work.line(Lines.first(next++), Lines.LENGTH);
            }
        }
    }

    @Override
    public void publish(long from, long to) {
        tail = to;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }
}
