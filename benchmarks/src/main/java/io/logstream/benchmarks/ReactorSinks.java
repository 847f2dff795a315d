package io.logstream.benchmarks;

import java.time.Duration;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Project Reactor: a sink, and for each subscriber {@code publishOn} a parallel scheduler of as many threads as there are
 * processors, so that no subscriber runs on the publisher's thread. What the sink has no room for is offered again.
 */
final class ReactorSinks implements ReplayingPeer {
    private static final Sinks.EmitFailureHandler AGAIN = (signal, result) -> tryAgain(result);

    private final Scheduler scheduler =
            Schedulers.newParallel("reactor", Math.max(2, Runtime.getRuntime().availableProcessors()), true);
    private final Disposable.Composite subscriptions = Disposables.composite();
    private final Sinks.Many<byte[]> sink;
    private final Flux<byte[]> lines;

    private ReactorSinks(Sinks.Many<byte[]> sink) {
        this.sink = sink;
        this.lines = sink.asFlux();
    }

    /** Keeps the last 1000 lines for those who come later; a subscriber that is behind keeps all it has not had. */
    static ReactorSinks replay() {
        return new ReactorSinks(Sinks.many().replay().limit(HISTORY));
    }

    /** Keeps 1024 lines at most; the slowest subscriber holds the publisher back. */
    static ReactorSinks multicast() {
        return new ReactorSinks(Sinks.many().multicast().onBackpressureBuffer(1024, false));
    }

    @SuppressWarnings("ThreadPriorityCheck") // the subscribers need the processor
    private static boolean tryAgain(Sinks.EmitResult result) {
        boolean full = result == Sinks.EmitResult.FAIL_OVERFLOW;
        if (full) {
            Thread.yield();
        }
        return full;
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
        return lines.publishOn(scheduler).subscribe(line -> work.line(line, line.length));
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            sink.emitNext(Lines.copy(sequence), AGAIN);
        }
    }

    @Override
    public void close() {
        subscriptions.dispose();
        scheduler
                .disposeGracefully()
                .timeout(Duration.ofSeconds(1))
                .onErrorComplete()
                .block();
    }
}
