package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.LogHub;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.LogReader;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that are started again, with a scripted daemon that is late, slow or busy. */
class RestartTest extends FakeCase {

    /** While it starts a container, a daemon answers no question for its log; then it has lines of both runs. */
    @Test
    void restart_isToldBeforeItsFirstLine_thatIsReadWithTheLastOnesBefore() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            AtomicBoolean again = new AtomicBoolean();
            fake.frozen = request -> {
                if (request.contains("follow=0") && again.compareAndSet(false, true)) {
                    startAgain("two");
                }
                return false;
            };
            web.exit(7);
            viewer.awaitLine("two");
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(told(viewer)).containsExactly("line one", "RESTARTED 7", "line two");
        }
    }

    /** A health check, or what somebody runs in the container, is killed with it, and may be told behind its death. */
    @Test
    void exitCode_isTheContainers_notThatOfWhatIsExecutedInIt() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners();
            synchronized (fake) {
                web.exit(3);
                fake.event(web, "exec_die", "\"exitCode\":\"137\"");
                startAgain("two");
            }
            viewer.awaitLine("two");
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(viewer.lines()).containsExactly("one", "two");
            assertThat(told(viewer)).contains("RESTARTED 3");
        }
    }

    @Test
    void restart_isToldBeforeItsFirstLine_whenItHappensWhileTheLogIsOpened() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        AtomicBoolean again = new AtomicBoolean();
        fake.frozen = request -> {
            if (request.contains("/logs") && again.compareAndSet(false, true)) {
                web.exit(8);
                startAgain("two");
            }
            return false;
        };
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("two");
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(told(viewer)) // the exit code only if events were listened to by then
                    .extracting(what -> what.replace(" 8", ""))
                    .containsExactly("line one", "RESTARTED", "line two");
        }
    }

    /** The log is read once more to be sure when the container has ended, and by then it is of the next run too. */
    @Test
    void nextRun_isReadToItsEnd_thatHasBegunWhileTheLogIsReadOnceMore() throws Exception {
        web.write(Channel.STDOUT, "zero\none\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            awaitListeners();
            AtomicBoolean again = new AtomicBoolean();
            AtomicBoolean over = new AtomicBoolean();
            fake.frozen = request -> {
                if (request.contains("follow=0") && again.compareAndSet(false, true)) {
                    startAgain("two");
                } else if (request.endsWith("/json")
                        && sink.latest.equals("two\n")
                        && over.compareAndSet(false, true)) {
                    web.write(Channel.STDOUT, "three\n");
                    web.exit(8);
                }
                return false;
            };
            web.exit(7);
            readToTheEnd(reader, context, sink);
            assertThat(sink.told).hasToString("zero\none\n[RESTARTED]two\nthree\n[FINISHED]");
        }
    }

    /** The reading once more is of the run before, and it turns out behind it that another one has come and gone. */
    @Test
    void nextRun_isReadToItsEnd_thatHasEndedBeforeItIsLookedAt() throws Exception {
        web.write(Channel.STDOUT, "zero\none\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            awaitListeners();
            AtomicInteger looks = new AtomicInteger();
            fake.frozen = request -> {
                looks.compareAndSet(0, request.contains("follow=0") ? 1 : 0);
                boolean isLook = request.endsWith("/json") && looks.get() > 0;
                if (isLook && looks.getAndIncrement() == 10) { // some time behind the end of that log
                    startAgain("two");
                    web.exit(8);
                }
                return isLook && looks.get() <= 10;
            };
            web.exit(7);
            readToTheEnd(reader, context, sink);
            assertThat(sink.told).hasToString("zero\none\n[RESTARTED]two\n[FINISHED]");
            assertThat(sink.events)
                    .extracting(SourceEvent::exitCode)
                    .containsExactly(OptionalInt.of(7), OptionalInt.of(8));
        }
    }

    /** It has ended again, and the daemon waits a moment before it starts it once more. */
    @Test
    void restart_isToldBeforeItsFirstLine_whenTheNextOneIsToCome() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners();
            fake.frozen = request -> {
                if (request.endsWith("/json") && web.status.equals("exited")) {
                    startAgain("two");
                    web.exit(9);
                    web.status = "restarting";
                }
                return false;
            };
            web.exit(7);
            viewer.awaitLine("two");
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(told(viewer)).containsExactly("line one", "RESTARTED 7", "line two");
        }
    }

    /** The daemon reads on while the container is started again: what is read last was written after the look. */
    @Test
    void restart_isToldBeforeItsFirstLine_whenItHappensBehindTheLook() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            synchronized (fake) {
                fake.lagging = true;
            }
            web.exit(9);
            web.add(Channel.STDOUT, web.finished - 1, "last\n");
            readUntil(reader, context, sink, "last"); // so the look is over
            startAgain("two");
            synchronized (fake) {
                fake.lagging = false;
                fake.notifyAll();
            }
            readUntil(reader, context, sink, "two");
            assertThat(sink.told.toString()).isEqualTo("one\nlast\n[RESTARTED]two\n");
        }
    }

    @Test
    void restart_isTold_ofAContainerThatWritesNothing() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners(); // the code of a run that is over is told by nobody else
            web.exit(7);
            web.start();
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(told(viewer)).containsExactly("line one", "RESTARTED 7");
        }
    }

    @Test
    void restart_isTold_thatHappensBeforeEventsAreListenedTo() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        fake.frozen = request -> request.contains("/events");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            synchronized (fake) {
                web.exit(7);
                web.start();
            }
            fake.frozen = request -> false;
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(viewer.lines()).containsExactly("one");
        }
    }

    @Test
    void restart_isToldOnce_alsoWhenTheConnectionIsLostThen() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners(); // the code of a run that is over is told by nobody else
            web.exit(7);
            web.start();
            viewer.awaitEvent(Kind.RESTARTED);
            CollectingViewer.until(
                    "the log of the new run is read", () -> fake.requests("follow=1") > 1 && fake.isAsked("follow=1"));
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTED);
            web.write(Channel.STDOUT, "two\n");
            viewer.awaitLine("two");
            assertThat(told(viewer)).containsExactly("line one", "RESTARTED 7", "line two");
        }
    }

    /** The rest of a run may be logged when the daemon has told its end, and may be told late. */
    @Test
    void restart_isToldBehindTheLastLineBefore_howeverLateThatIsLogged() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            synchronized (fake) {
                web.exit(9);
                fake.frozen = request -> request.endsWith("/json");
            }
            long asked = fake.requests("/json");
            CollectingViewer.until("the end of the log is read", () -> {
                readAllUnchecked(reader, context, sink);
                return fake.requests("/json") > asked;
            });
            synchronized (fake) {
                web.add(Channel.STDOUT, web.finished - 1, "last\n");
                startAgain("two");
                fake.frozen = request -> false;
            }
            readUntil(reader, context, sink, "two");
            assertThat(sink.told.toString()).isEqualTo("one\nlast\n[RESTARTED]two\n");
        }
    }

    /** A busy daemon logs for seconds what the container wrote before its end. */
    @Test
    void logIsReadAgainAFewTimes_howeverMuchIsLoggedBehindTheEnd() throws Exception {
        web.write(Channel.STDOUT, "one\ntwo\n"); // the first one shows that the log overlaps
        web.exit(9);
        StringBuilder expected = new StringBuilder("one\ntwo\n");
        for (int i = 1; i <= 1000; i++) {
            web.add(Channel.STDOUT, web.finished + i * 1_000_001L, i + "\n");
            expected.append(i).append('\n');
        }
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, sink, "1000");
            assertThat(sink.told.toString()).startsWith(expected);
            assertThat(fake.requests("/logs")).isLessThan(15);
        }
    }

    /** Its end was told before lines that were logged behind it, and then there is no container to look at, or no answer. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void linesBehindTheEnd_areReadOnce_whereTheContainerCantBeLookedAt(boolean removed) throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            awaitListeners();
            synchronized (fake) {
                web.deaf = true;
                web.exit(9);
                web.add(Channel.STDOUT, web.finished + 50_000_000, "late\n");
                web.add(Channel.STDOUT, web.finished + 90_000_000, "later\n");
            }
            CollectingViewer.until("the death is told", () -> reader.runs().knownUntil() < Long.MAX_VALUE);
            long asked = fake.requests("/logs");
            synchronized (fake) {
                AtomicBoolean there = new AtomicBoolean(removed);
                fake.failing = request -> {
                    if (request.endsWith("/json") && there.getAndSet(false)) {
                        web.remove();
                    }
                    return request.endsWith("/json") && !removed;
                };
                web.deaf = false;
                fake.notifyAll();
            }
            CollectingViewer.until("all is read", () -> {
                try {
                    return reader.read(sink) == LogReader.Outcome.END;
                } catch (IOException e) {
                    return e.getMessage().contains("trouble"); // at the end of the log
                }
            });
            assertThat(sink.told.toString()).isEqualTo("one\nlate\nlater\n" + (removed ? "[FINISHED]" : ""));
            assertThat(fake.requests("/logs")).isEqualTo(asked);
        }
    }

    @Test
    void restart_isToldBehindTheLastLineBefore_howeverSlowTheDaemonIs() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink first = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, first, "one");
        }
        web.write(Channel.STDOUT, "last\n");
        web.exit(9);
        startAgain("two");
        synchronized (fake) {
            fake.withholding = true;
        }
        TextSink sink = new TextSink();
        Start there = Start.at(first.positions.get(first.positions.size() - 1));
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), there, context)) {
            long asked = fake.requests("follow=1");
            CollectingViewer.until("the log is asked for", () -> {
                readAllUnchecked(reader, context, sink);
                return fake.requests("follow=1") > asked;
            });
            for (int i = 0; i < 20; i++) {
                context.time.advance(Duration.ofMillis(45));
                readAll(reader, context, sink);
                LockSupport.parkNanos(1_000_000);
            }
            synchronized (fake) {
                fake.withholding = false;
                fake.notifyAll();
            }
            readUntil(reader, context, sink, "two");
            assertThat(sink.told.toString()).isEqualTo("last\n[RESTARTED]two\n");
        }
    }

    /** The daemon's file goes on while it is read, with the lines of whatever run. */
    @Test
    void restart_isToldBeforeItsFirstLine_whereTheFileIsRead(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("json.log");
        web.logPath = file.toString();
        for (int i = 0; i < 5000; i++) { // more than is read at once
            web.write(Channel.STDOUT, "line " + i + "\n");
        }
        appendEntries(file, 0);
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        DockerSource files = DockerSource.builder(daemon, "web").readFiles(true).build();
        try (DockerReader reader = new DockerReader(files, Start.beginning(), context)) {
            sink.room = 1;
            CollectingViewer.until("some of the file is read", () -> {
                readOnce(reader, sink);
                return sink.text.length() > 0;
            });
            awaitListeners();
            assertThat(sink.text.toString()).doesNotContain("line 4999");
            int before = web.entries.size();
            web.exit(9);
            startAgain("two");
            appendEntries(file, before);
            CollectingViewer.until("the death is told", () -> reader.runs().knownUntil() < Long.MAX_VALUE);
            sink.room = Integer.MAX_VALUE;
            readUntil(reader, context, sink, "two");
            assertThat(fake.requests("/logs")).isPositive();
            assertThat(sink.told.toString()).endsWith("line 4999\n[RESTARTED]two\n");
        }
    }

    private static void readOnce(DockerReader reader, TextSink sink) {
        try {
            reader.read(sink);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void appendEntries(Path file, int from) throws IOException {
        StringBuilder json = new StringBuilder();
        for (FakeContainer.Entry entry : web.entries.subList(from, web.entries.size())) {
            String text = new String(entry.bytes(), StandardCharsets.UTF_8).replace("\n", "\\n");
            json.append("{\"log\":\"" + text + "\",\"stream\":\"stdout\",\"time\":\"" + FakeContainer.time(entry.time())
                    + "\"}\n");
        }
        Files.writeString(file, json, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
