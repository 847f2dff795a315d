package io.logstream.benchmarks;

import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import com.lmax.disruptor.util.DaemonThreadFactory;
import java.util.Arrays;

/**
 * The LMAX Disruptor as its user guide sets it up: a ring of 1024 slots that have their memory, a single producer, and a
 * processor with a thread of its own for each subscriber. The slowest one holds the producer back.
 */
final class LmaxDisruptor implements Peer {
    private static final int SLOTS = 1024;

    private final Disruptor<Slot> disruptor;
    private final boolean blocks;

    private static final class Slot {
        private final byte[] line = new byte[Lines.LENGTH];
    }

    private LmaxDisruptor(WaitStrategy waiting, boolean blocks) {
        this.blocks = blocks;
        disruptor = new Disruptor<>(Slot::new, SLOTS, DaemonThreadFactory.INSTANCE, ProducerType.SINGLE, waiting);
    }

    /** Subscribers sleep on a lock. */
    static LmaxDisruptor blocking() {
        return new LmaxDisruptor(new BlockingWaitStrategy(), false);
    }

    /** Subscribers spin and yield: each burns what it can get of a processor. */
    static LmaxDisruptor yielding() {
        return new LmaxDisruptor(new YieldingWaitStrategy(), false);
    }

    /** Subscribers sleep on a lock; 64 slots are claimed and published at a time. */
    static LmaxDisruptor blockingBatches() {
        return new LmaxDisruptor(new BlockingWaitStrategy(), true);
    }

    /** Subscribers spin and yield; 64 slots are claimed and published at a time. */
    static LmaxDisruptor yieldingBatches() {
        return new LmaxDisruptor(new YieldingWaitStrategy(), true);
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of handlers is what it takes
    public void start(Work[] works) {
        disruptor.handleEventsWith((EventHandler<Slot>[])
                Arrays.stream(works).map(LmaxDisruptor::handler).toArray(EventHandler[]::new));
        disruptor.start();
    }

    private static EventHandler<Slot> handler(Work work) {
        return (slot, sequence, endOfBatch) -> work.line(slot.line, slot.line.length);
    }

    @Override
    public void publish(long from, long to) {
        RingBuffer<Slot> ring = disruptor.getRingBuffer();
        int step = blocks ? Lines.COUNT : 1;
        for (long sequence = from; sequence < to; sequence += step) {
            long last = ring.next(step);
            for (int i = 0; i < step; i++) {
                Lines.copy(sequence + i, ring.get(last - step + 1 + i).line);
            }
            ring.publish(last - step + 1, last);
        }
    }

    @Override
    public void close() {
        disruptor.halt();
    }
}
