package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How often a reader wakes, and asks, with a scripted daemon. */
class WakingTest extends FakeCase {

    /** As after months of a log that is written all the time. */
    @Test
    void logIsReadOn_howeverOftenItsReaderWasWoken() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            awaitListeners();
            reader.woken.drainPermits();
            reader.woken.release(Integer.MAX_VALUE);
            web.write(Channel.STDOUT, "two\n");
            CollectingViewer.until("the reader is woken, and reads on", () -> {
                if (context.takeWake()) {
                    readAllUnchecked(reader, context, sink);
                }
                return sink.text.toString().contains("two");
            });
        }
    }

    @Test
    void containerThatHasEnded_isAskedForOnceAMinute_whileEventsAreListenedTo() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        web.exit(0);
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            CollectingViewer.until("its end is told, and events come", () -> {
                readAllUnchecked(reader, context, sink);
                return sink.told.toString().contains("[FINISHED]")
                        && daemon.events().openings() > 0;
            });
            CollectingViewer.until("it waits for a minute", () -> {
                readAllUnchecked(reader, context, sink);
                Duration waits = context.lastWait();
                if (waits.compareTo(Question.PATIENCE) < 0) { // else it waits for an answer
                    context.time.advance(waits);
                }
                return waits.compareTo(Duration.ofSeconds(50)) > 0;
            });
            assertThat(sink.told).hasToString("one\n[FINISHED]");
            assertThat(fake.requests("/json")).isLessThan(20);
            startAgain("two");
            readUntil(reader, context, sink, "two");
        }
    }

    @Test
    void openingAtTheEnd_waits_andDoesNotLookAgainAndAgain() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        fake.frozen = request -> request.endsWith("/json");
        HandContext context = new HandContext();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.end(), context)) {
            Thread opening = new Thread(() -> {
                try {
                    reader.awaitPlace();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            opening.start();
            CollectingViewer.until("the container is asked for", () -> fake.requests("/json") > 0);
            CollectingViewer.until("it waits", () -> opening.getState() == Thread.State.TIMED_WAITING);
            fake.frozen = request -> false;
            opening.join(60_000);
            assertThat(opening.isAlive()).isFalse();
        }
    }
}
