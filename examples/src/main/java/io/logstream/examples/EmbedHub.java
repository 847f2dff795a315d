package io.logstream.examples;

import io.logstream.Broadcaster;
import io.logstream.LogFeed;
import io.logstream.LogFilter;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.time.Duration;

/**
 * A hub inside a program: the program publishes its own lines, one viewer is there from the beginning, another one joins
 * later and gets the last three lines first.
 */
final class EmbedHub {
    private EmbedHub() {}

    public static void main(String[] args) throws InterruptedException {
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("build");
            Broadcaster build = feed.broadcaster();

            SubscribeOptions warnings = SubscribeOptions.builder()
                    .replay(Replay.all())
                    .filter(LogFilter.level(LogFilter.Level.WARN))
                    .build();
            Subscription early = build.subscribe(
                    warnings, lines -> lines.forEach(line -> System.out.println("warnings: " + line.text())));

            for (int step = 1; step <= 5; step++) {
                feed.line((step == 4 ? "WARN" : "INFO") + " step " + step);
            }

            SubscribeOptions lastThree =
                    SubscribeOptions.builder().replay(Replay.last(3)).build();
            Subscription late = build.subscribe(
                    lastThree, lines -> lines.forEach(line -> System.out.println("late: " + line.text())));

            feed.line("INFO done");
            feed.close();
            early.awaitEnd(Duration.ofSeconds(10));
            late.awaitEnd(Duration.ofSeconds(10));
            System.out.println("warnings: " + early.stats().delivered() + " delivered, "
                    + early.stats().filtered() + " filtered");
        }
    }
}
