package io.logstream.examples;

import io.logstream.BackpressurePolicy;
import io.logstream.Broadcaster;
import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.LogFeed;
import io.logstream.LogFilter;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import io.logstream.docker.DockerContainers;
import io.logstream.docker.DockerDaemon;
import io.logstream.docker.DockerSource;
import io.logstream.file.FileSource;
import io.logstream.spi.LogDiscovery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/** The code of the README that is not in one of the small programs; {@link SnippetsTest} runs it. */
final class Snippets {
    private Snippets() {}

    /** The first program: two viewers of one file. */
    static void twoViewers(String... args) throws InterruptedException {
        try (LogHub hub = LogHub.create()) {
            Broadcaster app = hub.open("app", FileSource.of(Path.of(args[0])));
            app.subscribe(lines -> lines.forEach(line -> System.out.println("all    | " + line.text())));

            SubscribeOptions errors = SubscribeOptions.builder()
                    .filter(LogFilter.level(LogFilter.Level.ERROR))
                    .build();
            app.subscribe(errors, lines -> lines.forEach(line -> System.out.println("errors | " + line.text())))
                    .awaitEnd(Duration.ofDays(1));
        }
    }

    /** A subscriber that takes everything that can come. */
    static final class Page implements Subscriber {
        private final StringBuilder html = new StringBuilder();

        @Override
        public void onLines(LogBatch lines) {
            for (LogLine line : lines) {
                html.append(line.channel() == Channel.STDERR ? "! " : "  ").append(line.text());
                html.append('\n');
            }
        }

        @Override
        public void onGap(Gap gap) {
            html.append("-- ").append(gap.lines()).append(" lines missing: ").append(gap.reason() + " --\n");
        }

        @Override
        public void onEvent(SourceEvent event) {
            html.append("-- " + event.kind() + " --\n");
        }

        @Override
        public void onEnd(EndReason reason) {
            html.append("-- end: " + reason + " --\n");
        }

        @Override
        public String toString() {
            return html.toString();
        }
    }

    static Subscription push(Broadcaster app, Subscriber page) {
        SubscribeOptions options = SubscribeOptions.builder()
                .replay(Replay.last(500))
                .filter(LogFilter.contains("checkout").or(LogFilter.level(LogFilter.Level.WARN)))
                .policy(BackpressurePolicy.dropNewest(10_000))
                .build();
        Subscription subscription = app.subscribe(options, page);
        subscription.filter(LogFilter.all()); // may be changed while it runs, like the policy
        return subscription;
    }

    static void pull(Broadcaster app, Consumer<LogEntry> show) throws InterruptedException {
        try (LogCursor cursor = app.tail(SubscribeOptions.defaults())) {
            while (cursor.end().isEmpty()) {
                LogEntry entry = cursor.await(Duration.ofSeconds(1)); // a line, a gap, an event, or null
                if (entry != null) {
                    show.accept(entry);
                }
            }
        }
    }

    static void flow(Broadcaster app, Flow.Subscriber<LogEntry> reactive) {
        Flow.Publisher<LogEntry> publisher = app.publisher(SubscribeOptions.defaults());
        publisher.subscribe(reactive);
    }

    static void feed(LogHub hub, Subscriber page) {
        LogFeed build = hub.feed("build");
        build.broadcaster().subscribe(page);
        build.line("compiling");
        build.line(Channel.STDERR, "warning: nothing to compile");
        build.event(SourceEvent.finished(0, "done"));
        build.close();
    }

    static Subscription merged(LogHub hub, Subscriber page) {
        Broadcaster web = hub.open("web", FileSource.of(Path.of("web.log")));
        Broadcaster worker = hub.open("worker", FileSource.of(Path.of("worker.log")));
        return hub.subscribe(List.of(web, worker), SubscribeOptions.defaults(), page);
    }

    static Subscription containers(DockerDaemon daemon, LogHub hub, Subscriber page) {
        hub.open("web", DockerSource.of(daemon, "web")).subscribe(page);
        LogDiscovery shop =
                DockerContainers.builder(daemon).composeProject("shop").build();
        return hub.subscribe(shop, StreamOptions.defaults(), SubscribeOptions.defaults(), page);
    }

    /** Goes on where the last run of the program was. */
    static Subscription resume(Broadcaster app, Path saved, Subscriber archive) throws IOException {
        Replay where =
                Files.exists(saved) ? Replay.after(app.id(), ResumeToken.parse(Files.readString(saved))) : Replay.all();
        return app.subscribe(SubscribeOptions.builder().replay(where).build(), archive);
    }

    static void save(Subscription subscription, Broadcaster app, Path saved) throws IOException {
        ResumeToken reached = subscription.tokens().get(app.id());
        Files.writeString(saved, reached.toString());
    }

    /** A viewer that must not lose a line holds the source back. */
    static Subscription archive(LogHub hub, FileSource file, Subscriber archive) {
        StreamOptions options = StreamOptions.builder()
                .allowBlock(Duration.ofMinutes(1))
                .retainBytes(64L << 20)
                .build();
        Broadcaster app = hub.open("app", file, options);
        return app.subscribe(
                SubscribeOptions.builder()
                        .policy(BackpressurePolicy.block(Duration.ofSeconds(30)))
                        .build(),
                archive);
    }
}
