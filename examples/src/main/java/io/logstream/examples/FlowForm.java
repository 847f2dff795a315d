package io.logstream.examples;

import io.logstream.Gap;
import io.logstream.LogEntry;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.SubscribeOptions;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The reactive form: a {@code Flow.Subscriber} that asks for one entry at a time. */
final class FlowForm implements Flow.Subscriber<LogEntry> {
    private final CountDownLatch done = new CountDownLatch(1);
    private Flow.@Nullable Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        this.subscription = subscription;
        subscription.request(1);
    }

    @Override
    public void onNext(LogEntry entry) {
        if (entry instanceof LogLine line) {
            System.out.println(line.text());
        } else if (entry instanceof Gap gap) {
            System.out.println(gap.lines() + " lines are missing");
        }
        Objects.requireNonNull(subscription).request(1);
    }

    @Override
    public void onError(Throwable failure) {
        System.out.println("failed: " + failure.getMessage());
        done.countDown();
    }

    @Override
    public void onComplete() {
        System.out.println("complete");
        done.countDown();
    }

    public static void main(String[] args) throws InterruptedException {
        FlowForm viewer = new FlowForm();
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("greetings");
            feed.broadcaster().publisher(SubscribeOptions.defaults()).subscribe(viewer);
            feed.line("hello");
            feed.line("goodbye");
            feed.close();
            viewer.done.await();
        }
    }
}
