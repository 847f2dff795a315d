package io.logstream.benchmarks;

import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.disposables.CompositeDisposable;
import io.reactivex.rxjava3.disposables.Disposable;
import io.reactivex.rxjava3.processors.FlowableProcessor;
import io.reactivex.rxjava3.processors.PublishProcessor;
import io.reactivex.rxjava3.processors.ReplayProcessor;
import io.reactivex.rxjava3.schedulers.Schedulers;

/**
 * RxJava 3: a processor, and for each subscriber {@code observeOn} the computation scheduler, which has as many threads as
 * there are processors. Nothing is lost: a subscriber that is behind keeps all it has not had.
 */
final class RxJava implements ReplayingPeer {
    private final CompositeDisposable subscriptions = new CompositeDisposable();
    private final FlowableProcessor<byte[]> processor;
    private final Flowable<byte[]> lines;

    private RxJava(FlowableProcessor<byte[]> processor, Flowable<byte[]> lines) {
        this.processor = processor;
        this.lines = lines;
    }

    /** No history; an unbounded buffer for each subscriber. */
    static RxJava publishing() {
        PublishProcessor<byte[]> processor = PublishProcessor.create();
        return new RxJava(processor, processor.onBackpressureBuffer());
    }

    /** Keeps the last 1000 lines for those who come later. */
    static RxJava replaying() {
        ReplayProcessor<byte[]> processor = ReplayProcessor.createWithSize(HISTORY);
        return new RxJava(processor, processor);
    }

    @Override
    public void start(Work[] works) {
        for (Work work : works) {
            subscriptions.add(subscribe(work));
        }
    }

    @Override
    public Visit join(Visitor visitor) {
        Disposable subscription = subscribe(visitor);
        return () -> {
            subscription.dispose();
            return true;
        };
    }

    private Disposable subscribe(Work work) {
        return lines.observeOn(Schedulers.computation()).subscribe(line -> work.line(line, line.length));
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            processor.onNext(Lines.copy(sequence));
        }
    }

    @Override
    public void close() {
        subscriptions.dispose();
    }
}
