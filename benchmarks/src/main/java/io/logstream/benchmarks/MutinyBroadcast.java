package io.logstream.benchmarks;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * SmallRye Mutiny: a broadcast processor, for each subscriber an unbounded buffer, and {@code emitOn} a pool of as many
 * threads as there are processors. Nothing is lost.
 */
final class MutinyBroadcast implements Peer {
    private final ExecutorService pool =
            Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors()));
    private final BroadcastProcessor<byte[]> processor = BroadcastProcessor.create();
    private final List<Cancellable> subscriptions = new ArrayList<>();

    @Override
    public void start(Work[] works) {
        Multi<byte[]> lines = processor.onOverflow().bufferUnconditionally();
        for (Work work : works) {
            subscriptions.add(lines.emitOn(pool).subscribe().with(line -> work.line(line, line.length)));
        }
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            processor.onNext(Lines.copy(sequence));
        }
    }

    @Override
    public void close() {
        subscriptions.forEach(Cancellable::cancel);
        pool.shutdownNow();
    }
}
