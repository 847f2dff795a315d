package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The design that this project started from: under a lock, each line is offered to a bounded queue of 100 for each viewer,
 * which a thread of its own empties; what finds no room is dropped, and nobody is told.
 */
final class SeedDesign implements Peer {
    private static final int QUEUE = 100;
    private static final byte[] NO_BYTES = {};

    private final Object lock = new Object();
    private final List<BlockingQueue<Item>> queues = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    /** A line; without bytes, the end of a burst, so that the benchmark knows when it is over. */
    private static final class Item {
        private final long sequence;
        private final byte[] bytes;

        Item(long sequence, byte[] bytes) {
            this.sequence = sequence;
            this.bytes = bytes;
        }
    }

    @Override
    public void start(Work[] works) {
        for (Work work : works) {
            BlockingQueue<Item> queue = new ArrayBlockingQueue<>(QUEUE);
            Thread thread = new Thread(() -> view(queue, work), "seed");
            thread.setDaemon(true);
            thread.start();
            queues.add(queue);
            threads.add(thread);
        }
    }

    private static void view(BlockingQueue<Item> queue, Work work) {
        try {
            for (; ; ) {
                Item item = queue.take();
                work.lost(item.sequence - work.next());
                if (item.bytes.length > 0) {
                    work.line(item.bytes, item.bytes.length);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            Item item = new Item(sequence, Lines.copy(sequence));
            synchronized (lock) {
                for (BlockingQueue<Item> queue : queues) {
                    boolean unused = queue.offer(item);
                }
            }
        }
    }

    @Override
    public void endBurst(long to) {
        Item end = new Item(to, NO_BYTES);
        try {
            for (BlockingQueue<Item> queue : queues) {
                queue.put(end);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }
}
