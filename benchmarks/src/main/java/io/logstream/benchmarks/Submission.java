package io.logstream.benchmarks;

import java.util.concurrent.Flow;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.SubmissionPublisher;

/**
 * The JDK's {@link SubmissionPublisher}: a buffer of 1024 for each subscriber, and as many threads as there are
 * processors, at least 2 (its default, the common pool, makes a thread for each subscriber where there are only two).
 */
final class Submission implements Peer {
    private static final int BUFFER = 1024;

    private final boolean waits;
    private final ForkJoinPool pool =
            new ForkJoinPool(Math.max(2, Runtime.getRuntime().availableProcessors()));
    private final SubmissionPublisher<byte[]> publisher = new SubmissionPublisher<>(pool, BUFFER);

    private Submission(boolean waits) {
        this.waits = waits;
    }

    /** The slowest subscriber holds the publisher back. */
    static Submission submitting() {
        return new Submission(true);
    }

    /** Nobody waits: what a subscriber has no room for, it loses. */
    static Submission offering() {
        return new Submission(false);
    }

    @Override
    public void start(Work[] works) {
        for (Work work : works) {
            publisher.subscribe(new Viewer(work));
        }
    }

    private record Viewer(Work work) implements Flow.Subscriber<byte[]> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(byte[] line) {
            work.line(line, line.length);
        }

        @Override
        public void onError(Throwable e) {
            throw new IllegalStateException(e);
        }

        @Override
        public void onComplete() {}
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            if (waits) {
                publisher.submit(Lines.copy(sequence));
            } else {
                publisher.offer(Lines.copy(sequence), null);
            }
        }
    }

    @Override
    public void close() {
        publisher.close();
        pool.shutdownNow();
    }
}
