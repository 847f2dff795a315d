package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests with a scripted daemon have in common: the daemon, with one container. */
abstract class FakeCase {
    static final StreamOptions OPTIONS = StreamOptions.builder()
            .retry(Duration.ofMillis(1), Duration.ofMillis(20))
            .build();

    FakeDaemon fake;
    FakeContainer web;
    DockerDaemon daemon;

    @BeforeEach
    void begin() throws IOException {
        fake = new FakeDaemon();
        web = fake.container("web", "running");
        daemon = DockerDaemon.of(fake.host());
    }

    @AfterEach
    void end() throws IOException {
        daemon.close();
        fake.close();
    }

    DockerSource source() {
        return DockerSource.builder(daemon, "web").endWithContainer(true).build();
    }

    CollectingViewer follow(LogHub hub, DockerSource source) {
        CollectingViewer viewer = new CollectingViewer();
        SubscribeOptions all = SubscribeOptions.builder().replay(Replay.all()).build();
        hub.open("web", source, OPTIONS).subscribe(all, viewer);
        return viewer;
    }

    /** Reads until there is nothing more, as often as the reader wants it. */
    static void readAll(DockerReader reader, HandContext context, TextSink sink) throws IOException {
        while (reader.read(sink) == Outcome.MORE || context.takeWake()) {
            Thread.onSpinWait();
        }
    }

    void readUntil(DockerReader reader, HandContext context, TextSink sink, String text) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!sink.text.toString().contains(text)) {
            assertThat(deadline - System.nanoTime())
                    .as("still time for '%s'", text)
                    .isPositive();
            readAll(reader, context, sink);
            LockSupport.parkNanos(100_000);
        }
    }

    /** Reads until the reader says that this is the end, while time goes on. */
    static void readToTheEnd(DockerReader reader, HandContext context, TextSink sink) {
        CollectingViewer.until(() -> "the end, behind " + sink.told, () -> {
            try {
                context.time.advance(Duration.ofMillis(1));
                return reader.read(sink) == Outcome.END;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    static void readAllUnchecked(DockerReader reader, HandContext context, TextSink sink) {
        try {
            readAll(reader, context, sink);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitListeners() {
        CollectingViewer.until("events are listened to", () -> {
            synchronized (fake) {
                return fake.listeners > 0;
            }
        });
    }

    void startAgain(String line) {
        web.start();
        web.write(Channel.STDOUT, line + "\n");
    }

    static boolean isAway(DockerDaemon daemon) {
        return daemon.outages().contain(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /** What is told, in its order: lines, and events with their exit code. */
    static List<String> told(CollectingViewer viewer) {
        return viewer.told().stream()
                .filter(what -> what.startsWith("line") || what.startsWith("RESTARTED"))
                .toList();
    }
}
