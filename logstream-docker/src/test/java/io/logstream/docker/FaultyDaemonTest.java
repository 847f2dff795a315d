package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import io.logstream.testkit.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A scripted daemon does wrong what daemons and networks do wrong. */
class FaultyDaemonTest {
    private static final StreamOptions OPTIONS = StreamOptions.builder()
            .retry(Duration.ofMillis(1), Duration.ofMillis(20))
            .build();

    private FakeDaemon fake;
    private FakeContainer web;
    private DockerDaemon daemon;

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

    private DockerSource source() {
        return DockerSource.builder(daemon, "web").endWithContainer(true).build();
    }

    private CollectingViewer follow(LogHub hub, DockerSource source) {
        CollectingViewer viewer = new CollectingViewer();
        SubscribeOptions all = SubscribeOptions.builder().replay(Replay.all()).build();
        hub.open("web", source, OPTIONS).subscribe(all, viewer);
        return viewer;
    }

    @Test
    void lastLine_comesAlone_ofALongLog() throws Exception {
        for (int i = 1; i <= 5000; i++) {
            web.write(i % 4 == 0 ? Channel.STDERR : Channel.STDOUT, "line " + i + "\n");
        }
        try (LogHub hub = LogHub.create()) {
            for (int last : new int[] {1, 2, 700}) {
                CollectingViewer viewer = new CollectingViewer();
                hub.open("last " + last, source(), OPTIONS)
                        .subscribe(
                                SubscribeOptions.builder()
                                        .replay(Replay.last(last))
                                        .build(),
                                viewer);
                viewer.awaitLine("line 5000");
                assertThat(viewer.lines()).hasSize(last);
            }
        }
    }

    // ---- cuts

    @Test
    void linesAreTheSame_whereverTheConnectionIsCut() throws Exception {
        for (int cut = 0; cut < 420; cut += 3) {
            web.forget();
            web.status = "running";
            web.write(Channel.STDOUT, "one\ntwo\n");
            web.write(Channel.STDERR, "error\n");
            web.write(Channel.STDOUT, "x".repeat(60) + "\n");
            web.write(Channel.STDERR, "\n");
            web.write(Channel.STDOUT, "last\n");
            fake.cutAfter = cut;
            try (LogHub hub = LogHub.create()) {
                CollectingViewer viewer = follow(hub, source());
                viewer.awaitLine("last");
                web.exit(0);
                viewer.awaitEnd();
                assertThat(viewer.lines())
                        .as("cut at %d", cut)
                        .containsExactly("one", "two", "error", "x".repeat(60), "", "last");
                assertThat(viewer.gaps()).isEmpty();
            }
        }
    }

    @Test
    void nothingIsLostOrRepeated_overResets() throws Exception {
        UnixDomainSocketAddress target = UnixDomainSocketAddress.of(fake.host().substring("unix://".length()));
        try (FaultProxy proxy = FaultProxy.tcp(target);
                DockerDaemon tcp =
                        DockerDaemon.of("tcp://127.0.0.1:" + ((InetSocketAddress) proxy.address()).getPort());
                LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(
                    hub, DockerSource.builder(tcp, "web").endWithContainer(true).build());
            for (int i = 0; i < 10; i++) {
                for (int j = 0; j < 100; j++) {
                    web.write(j % 3 == 0 ? Channel.STDERR : Channel.STDOUT, "line " + i + " " + j + "\n");
                }
                viewer.awaitLine("line " + i + " 60");
                proxy.resetAll();
            }
            viewer.awaitLine("line 9 99");
            web.exit(0);
            viewer.awaitEnd();
            assertThat(viewer.lines()).hasSize(1000).doesNotHaveDuplicates();
            assertThat(viewer.kinds()).contains(Kind.RECONNECTED);
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    @Test
    void messageOfTheDaemon_isToldAsTheReasonOfAnOutage_andReadingGoesOn() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        fake.systemError = "Error grabbing logs: unexpected EOF";
        try (LogHub hub = LogHub.create()) {
            web.exit(0);
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitEvent(Kind.RECONNECTING);
            assertThat(viewer.events())
                    .anySatisfy(event -> assertThat(event.detail()).contains("Error grabbing logs"));
            fake.systemError = "";
            viewer.awaitEnd();
            assertThat(viewer.lines()).containsExactly("one");
        }
    }

    @Test
    void gapIsTold_whenTheLogHasLostThePlace() throws Exception {
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            web.write(Channel.STDOUT, "one\ntwo\n");
            viewer.awaitLine("two");
            fake.frozen = request -> request.contains("/logs");
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            web.forget();
            web.write(Channel.STDOUT, "five\n");
            fake.frozen = request -> false;
            viewer.awaitLine("five");
            assertThat(viewer.gaps()).extracting(Gap::reason).containsExactly(Gap.Reason.ROTATED);
            assertThat(viewer.lines()).containsExactly("one", "two", "five");
        }
    }

    /** It was not compared yet what had come with what the daemon has. */
    @Test
    void gapIsTold_ofWhatWasLeftOut_beforeTheConnectionWasLost() throws Exception {
        web.driverOptions = "\"max-size\":\"10k\"";
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            web.write(Channel.STDOUT, "one\n");
            viewer.awaitLine("one");
            synchronized (fake) {
                web.leavesOut = true;
                web.write(Channel.STDERR, "two\n");
                web.leavesOut = false;
            }
            web.write(Channel.STDOUT, "three\n");
            viewer.awaitLine("three");
            fake.breakConnections();
            web.write(Channel.STDOUT, "four\n");
            viewer.awaitLine("four");
            assertThat(viewer.lines()).containsExactly("one", "three", "four");
            assertThat(viewer.gaps()).hasSize(1).allSatisfy(gap -> {
                assertThat(gap.reason()).isEqualTo(Gap.Reason.DROPPED);
                assertThat(gap.lines()).isEqualTo(1);
            });
        }
    }

    // ---- silence

    /** Reads until there is nothing more, as often as the reader wants it. */
    private static void readAll(DockerReader reader, HandContext context, TextSink sink) throws IOException {
        while (reader.read(sink) != Outcome.WAIT || context.takeWake()) {
            Thread.onSpinWait();
        }
    }

    private void readUntil(DockerReader reader, HandContext context, TextSink sink, String text) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!sink.text.toString().contains(text)) {
            assertThat(deadline - System.nanoTime())
                    .as("still time for '%s'", text)
                    .isPositive();
            readAll(reader, context, sink);
            LockSupport.parkNanos(100_000);
        }
    }

    @Test
    void silenceIsNoError_howeverLateTheHeadComes() throws Exception {
        fake.lateHeads = true;
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            CollectingViewer.until("the log is asked for", () -> {
                readAllUnchecked(reader, context, sink);
                return fake.requests("follow=1") > 0;
            });
            for (int i = 1; i <= 15; i++) {
                context.time.advance(Duration.ofMinutes(2));
                int probes = i;
                CollectingViewer.until("the last line was asked for, and there is none", () -> {
                    readAllUnchecked(reader, context, sink);
                    return fake.requests("follow=0") == probes && fake.open("follow=0") == 0;
                });
            }
            web.write(Channel.STDOUT, "at last\n");
            readUntil(reader, context, sink, "at last");
            assertThat(sink.gaps).isEmpty();
            assertThat(fake.requests("follow=1")).isEqualTo(1);
        }
    }

    @Test
    void logIsReadAgain_whenTheDaemonHasStoppedToTellIt() throws Exception {
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readLate(reader, context, sink, "one");
            synchronized (fake) {
                web.deaf = true;
            }
            web.write(Channel.STDOUT, "two\n");
            readAll(reader, context, sink);
            assertThat(sink.text.toString()).isEqualTo("one\n");
            awaitProbe(reader, context, sink);
            readUntil(reader, context, sink, "two");
            assertThat(sink.text.toString()).isEqualTo("one\ntwo\n");
        }
    }

    /** However long the silence was that something has ended. */
    @Test
    void logIsReadAgain_withinAMinute_whenTheDaemonStopsToTellItBehindALongSilence() throws Exception {
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readLate(reader, context, sink, "one");
            awaitProbe(reader, context, sink);
            for (int i = 1; i <= 3; i++) {
                long probes = i;
                CollectingViewer.until("the last line is the one that came", () -> {
                    readAllUnchecked(reader, context, sink);
                    return fake.requests("follow=0&tail=1") == probes && fake.open("follow=0") == 0;
                });
                context.time.advance(Duration.ofMinutes(i == 3 ? 0 : i));
            }
            web.write(Channel.STDOUT, "two\n");
            readUntil(reader, context, sink, "two");
            readAll(reader, context, sink);
            synchronized (fake) {
                web.deaf = true;
            }
            web.write(Channel.STDOUT, "three\n");
            readAll(reader, context, sink);
            context.time.advance(Duration.ofSeconds(31));
            readUntil(reader, context, sink, "three");
            assertThat(sink.text.toString()).isEqualTo("one\ntwo\nthree\n");
        }
    }

    @Test
    void daemonThatDoesNotAnswer_isGivenUp() throws Exception {
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            web.write(Channel.STDOUT, "one\n");
            readUntil(reader, context, sink, "one");
            readAll(reader, context, sink);
            fake.frozen = request -> request.contains("/logs");
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            context.time.advance(Duration.ofMinutes(1));
                            readAll(reader, context, sink);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("does not answer");
        }
    }

    /** It may have to read a long log until it has more. */
    @Test
    void slowDaemon_isNotGivenUp_unlessItAnswersNothing() throws Exception {
        synchronized (fake) {
            fake.lagging = true;
        }
        DockerSource once = DockerSource.builder(daemon, "web").follow(false).build();
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(once, Start.beginning(), context)) {
            readLate(reader, context, sink, "one");
            awaitProbe(reader, context, sink);
            web.write(Channel.STDOUT, "two\n");
            readUntil(reader, context, sink, "two");
            fake.frozen = request -> true;
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            context.time.advance(Duration.ofMinutes(1));
                            readAll(reader, context, sink);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("does not answer");
        }
        assertThat(sink.text.toString()).isEqualTo("one\ntwo\n");
    }

    /** The daemon is silent at first, so that the silence that is looked into begins behind this line. */
    private void readLate(DockerReader reader, HandContext context, TextSink sink, String line) throws IOException {
        fake.frozen = request -> request.contains("/logs");
        CollectingViewer.until("the log is asked for", () -> {
            readAllUnchecked(reader, context, sink);
            return fake.requests("/logs") > 0;
        });
        readAll(reader, context, sink);
        web.write(Channel.STDOUT, line + "\n");
        fake.frozen = request -> false;
        readUntil(reader, context, sink, line);
        readAll(reader, context, sink);
    }

    private void awaitProbe(DockerReader reader, HandContext context, TextSink sink) throws IOException {
        for (int i = 0; i < 2; i++) { // since when something has come is known to so much only
            readAll(reader, context, sink);
            context.time.advance(Duration.ofSeconds(31));
        }
        CollectingViewer.until("the last line is asked for", () -> {
            readAllUnchecked(reader, context, sink);
            return fake.requests("follow=0&tail=1") > 0;
        });
    }

    @Test
    void containerThatIsRemovedWhileItIsOpened_endsTheOpening() throws Exception {
        fake.frozen = request -> {
            if (request.contains("/logs")) {
                fake.containers.clear();
            }
            return false;
        };
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.end(), new HandContext())) {
            reader.awaitPlace();
            assertThat(reader.read(sink)).isEqualTo(Outcome.END);
        }
    }

    // ---- restarts

    /** What is told, in its order: lines, and events with their exit code. */
    private static List<String> told(CollectingViewer viewer) {
        return viewer.told().stream()
                .filter(what -> what.startsWith("line") || what.startsWith("RESTARTED"))
                .toList();
    }

    private void awaitListeners() {
        CollectingViewer.until("events are listened to", () -> {
            synchronized (fake) {
                return fake.listeners > 0;
            }
        });
    }

    private void startAgain(String line) {
        web.start();
        web.write(Channel.STDOUT, line + "\n");
    }

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

    // ---- removed, dead

    @Test
    void containerThatIsRemovedWhileTheConnectionIsLost_endsWithAGap() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            synchronized (fake) {
                web.write(Channel.STDOUT, "two\n");
                fake.containers.clear();
                fake.breakConnections();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED");
        }
    }

    /** The log was told to its end, and what came of the container then is not seen. */
    private CollectingViewer readToTheEndAndLost(LogHub hub) throws Exception {
        web.write(Channel.STDOUT, "one\n");
        CollectingViewer viewer = follow(hub, source());
        viewer.awaitLine("one");
        awaitListeners();
        long asked = fake.requests("/json");
        fake.frozen = request -> request.endsWith("/json");
        web.exit(0);
        CollectingViewer.until("the container is asked for", () -> fake.requests("/json") > asked);
        fake.refuseConnections();
        fake.breakConnections();
        viewer.awaitEvent(Kind.RECONNECTING);
        return viewer;
    }

    @Test
    void containerThatWasReadToItsEnd_andIsRemovedUnseen_endsWithoutAGap() throws Exception {
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = readToTheEndAndLost(hub);
            synchronized (fake) {
                web.remove();
                fake.frozen = request -> false;
                fake.acceptConnections();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.told()).endsWith("RECONNECTED", "FINISHED");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    @Test
    void containerThatWasStartedAndRemovedUnseen_endsWithAGap() throws Exception {
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = readToTheEndAndLost(hub);
            synchronized (fake) {
                startAgain("nobody has read this");
                web.exit(0);
                web.remove();
                fake.frozen = request -> false;
                fake.acceptConnections();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED");
        }
    }

    /** A run that nobody has read, of a container that had not been started, or had ended, when it was seen last. */
    @ParameterizedTest
    @CsvSource({"created, false", "created, true", "ended, false", "ended, true"})
    void containerThatIsStartedAndRemoved_beforeItIsLookedAt_endsWithAGap(String before, boolean eventsAreLost)
            throws Exception {
        try (LogHub hub = LogHub.create()) {
            if (before.equals("created")) {
                web.status = "created";
            } else {
                web.write(Channel.STDOUT, "one\n");
                web.exit(0);
            }
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitEvent(before.equals("created") ? Kind.WAITING : Kind.FINISHED);
            awaitListeners();
            synchronized (fake) {
                if (eventsAreLost) {
                    fake.breakConnections("/events");
                }
                startAgain("nobody has read this");
                web.exit(0);
                web.remove();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.told()).contains("gap RECONNECTED").doesNotContain("RECONNECTING");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"created", "ended", "running"})
    void containerThatIsRemoved_whenAllOfItWasRead_endsWithoutAGap(String before) throws Exception {
        try (LogHub hub = LogHub.create()) {
            if (before.equals("created")) {
                web.status = "created";
            } else {
                web.write(Channel.STDOUT, "one\n");
            }
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            if (before.equals("created")) {
                viewer.awaitEvent(Kind.WAITING);
            } else {
                viewer.awaitLine("one");
                fake.breakConnections();
                viewer.awaitEvent(Kind.RECONNECTED);
                web.write(Channel.STDOUT, "two\n");
                viewer.awaitLine("two");
            }
            if (before.equals("ended")) {
                web.exit(0);
                viewer.awaitEvent(Kind.FINISHED);
            }
            synchronized (fake) {
                if (before.equals("running")) {
                    web.exit(0);
                }
                web.remove();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    /** While it is killed to be removed, the end of its log is told before its own, and no log is to be had any more. */
    @Test
    void containerThatIsRemovedWhileItRuns_endsWithoutAGap() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners();
            long asked = fake.requests("follow=1");
            fake.refusal = 409;
            fake.endLogs();
            CollectingViewer.until("the log is refused", () -> fake.requests("follow=1") > asked);
            web.exit(0);
            web.remove();
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("line one", "FINISHED 0");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    /** It was told to be over while it ran, and then runs on unseen. */
    @Test
    void containerThatRunsOn_behindTheEndOfItsLog_endsWithAGap() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            awaitListeners();
            long asked = fake.requests("follow=1");
            fake.endLogs();
            CollectingViewer.until("the log is read again", () -> fake.requests("follow=1") > asked);
            fake.refuseConnections();
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            web.write(Channel.STDOUT, "nobody has read this\n");
            web.exit(0);
            web.remove();
            fake.acceptConnections();
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED");
        }
    }

    /** Another daemon remembers nothing. */
    @Test
    void containerThatIsRemoved_whenTheDaemonHasForgottenIt_endsWithAGap() throws Exception {
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = readToTheEndAndLost(hub);
            synchronized (fake) {
                web.remove();
                fake.frozen = request -> false;
                fake.launch();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED");
        }
    }

    /** One that tells nothing that can be understood, or too much, proves nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "labels"})
    void containerThatIsRemoved_whenTheDaemonsMemoryCantBeRead_endsWithAGap(String how) throws Exception {
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = readToTheEndAndLost(hub);
            synchronized (fake) {
                web.remove();
                fake.remember(how.equals("labels") ? "{\"a\":\"" + "x".repeat(5 << 20) + "\"}" : how);
                fake.frozen = request -> false;
                fake.acceptConnections();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED");
        }
    }

    @Test
    void renamedContainer_isFoundAgain_afterAnOutage() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            synchronized (fake) {
                web.name = "other";
                fake.breakConnections();
            }
            viewer.awaitEvent(Kind.RECONNECTED);
            web.write(Channel.STDOUT, "two\n");
            viewer.awaitLine("two");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    @Test
    void deadContainer_isWaitedFor_untilItIsRemoved() throws Exception {
        fake.refusal = 409;
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            CollectingViewer.until("the log is refused", () -> fake.requests("/logs") > 0);
            web.remove();
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.kinds()).doesNotContain(Kind.RECONNECTING);
        }
    }

    // ---- what is not for ever

    @Test
    void questionWithoutAnswer_isGivenUp_whileTheLogIsRead() throws Exception {
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            web.write(Channel.STDOUT, "one\n");
            readUntil(reader, context, sink, "one");
            CollectingViewer.until("events are listened to", () -> fake.requests("/events") > 0);
            fake.frozen = request -> request.endsWith("/json");
            long asked = fake.requests("/json");
            web.start();
            CollectingViewer.until("the container is asked for", () -> {
                web.start();
                readAllUnchecked(reader, context, sink);
                return fake.requests("/json") > asked;
            });
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            context.time.advance(Duration.ofSeconds(31));
                            readAll(reader, context, sink);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("does not answer");
        }
    }

    private static void readAllUnchecked(DockerReader reader, HandContext context, TextSink sink) {
        try {
            readAll(reader, context, sink);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void oneRead_takesNotMuchMoreThanThereIsRoomFor() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            web.write(Channel.STDOUT, "line " + i + " " + "x".repeat(90) + "\n");
        }
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            while (!sink.text.toString().contains("line 19999 ")) {
                int before = sink.text.length();
                sink.room = 10_000;
                reader.read(sink);
                assertThat(sink.text.length() - before).isLessThan(10_000 + 64 * 1024);
            }
        }
    }

    @Test
    void outages_leaveNothingOpen() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            int files = DockerContainersTest.openFiles();
            long threads = DockerContainersTest.threads();
            for (int i = 0; i < 30; i++) {
                fake.refusal = i % 3 == 0 ? 500 : 0;
                fake.breakConnections();
                long before = i;
                viewer.await(
                        "outage " + i,
                        () -> viewer.kinds().stream()
                                        .filter(Kind.RECONNECTING::equals)
                                        .count()
                                > before);
                fake.refusal = 0;
                web.write(Channel.STDOUT, "after outage " + i + "\n");
                viewer.awaitLine("after outage " + i);
            }
            CollectingViewer.until("no file is left open", () -> DockerContainersTest.openFiles() <= files + 2);
            CollectingViewer.until("no thread is left", () -> DockerContainersTest.threads() <= threads);
        }
    }

    // ---- another daemon or container

    @Test
    void daemonOfAnotherVersion_isAskedInThatOne() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            fake.version = "1.44";
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            web.write(Channel.STDOUT, "two\n");
            viewer.awaitLine("two");
            assertThat(viewer.lines()).containsExactly("one", "two");
        }
    }

    @Test
    void position_choosesNoContainer() throws Exception {
        FakeContainer secret = fake.container("secret", "running");
        web.write(Channel.STDOUT, "of web\n");
        secret.write(Channel.STDOUT, "of secret\n");
        HandContext context = new HandContext();
        TextSink first = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "secret"), Start.beginning(), context)) {
            readUntil(reader, context, first, "of secret");
        }
        Start start = Start.at(first.positions.get(first.positions.size() - 1));
        TextSink second = new TextSink();
        try (DockerReader reader = new DockerReader(source(), start, context)) {
            readUntil(reader, context, second, "of web");
            assertThat(second.text.toString()).doesNotContain("secret");
            assertThat(second.gaps).containsExactly(Gap.Reason.MISMATCH);
        }
    }

    // ---- places

    /** An entry without any bytes ends no line and begins none. */
    @Test
    void nothingIsBetween_whereReadingBeginsBehindAnEntryWithoutBytes() throws Exception {
        web.write(Channel.STDOUT, "before\n");
        web.add(Channel.STDOUT, fake.clock += 1001, "");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.end(), context)) {
            reader.awaitPlace();
            web.write(Channel.STDOUT, "behind\n");
            readUntil(reader, context, sink, "behind");
            assertThat(sink.text.toString()).isEqualTo("behind\n");
        }
    }

    // ---- away

    /** As a daemon does without live-restore: it accepts nobody more, stops its containers, tells so, and is gone. */
    private void stopInOrder(CollectingViewer viewer) throws IOException {
        awaitListeners();
        fake.refuseConnections();
        long before = web.entries.size();
        web.exit(0);
        viewer.awaitEvent(Kind.RECONNECTING);
        CollectingViewer.until("the end is told", () -> daemon.outages().lastHeard() >= web.finished);
        fake.breakConnections();
        assertThat(web.entries).hasSize((int) before);
    }

    @Test
    void nothingIsLost_whenTheDaemonIsStoppedInOrder() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            stopInOrder(viewer);
            fake.launch();
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("RECONNECTED", "FINISHED 0");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    @Test
    void nothingIsLost_whenTheDaemonIsStoppedInOrder_andStartsItsContainersAgain() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            stopInOrder(viewer);
            synchronized (fake) {
                fake.clock += 1_000_000_000L;
                startAgain("two");
                fake.launch();
            }
            viewer.awaitLine("two");
            assertThat(told(viewer))
                    .extracting(what -> what.replace(" 0", ""))
                    .containsExactly("line one", "RESTARTED", "line two");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    /** What it wrote last was logged by nobody. The daemon's clock is not ours, and another outage follows. */
    @Test
    void gapIsTold_whenAContainerHasEndedWhileTheDaemonWasAway_byTheDaemonsClock() throws Exception {
        fake.clock -= 3_600_000_000_000L;
        web = fake.container("other", "running");
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(
                    hub,
                    DockerSource.builder(daemon, "other").endWithContainer(true).build());
            viewer.awaitLine("one");
            awaitListeners();
            fake.refuseConnections();
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            CollectingViewer.until("nobody answers", () -> isAway(daemon));
            synchronized (fake) {
                fake.clock += 2_000_000_000L;
                web.exit(9);
                fake.frozen = request -> request.contains("/containers/");
            }
            fake.launch();
            CollectingViewer.until("the daemon answers", () -> !isAway(daemon));
            fake.refuseConnections();
            fake.breakConnections();
            CollectingViewer.until("nobody answers", () -> isAway(daemon));
            fake.frozen = request -> false;
            fake.launch();
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED 9");
        }
    }

    /**
     * Where somebody else listens for the daemon, connections wait for it to come back, and none is refused. It may also be only
     * the way to it that is cut: then it remembers what was before.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gapIsTold_whenAContainerHasEndedWhileTheDaemonWasAway_whereNoConnectionIsRefused(boolean away)
            throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            awaitListeners();
            fake.frozen = request -> true;
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            synchronized (fake) {
                fake.clock += 2_000_000_000L;
                web.exit(9);
                if (away) {
                    fake.beAnother();
                }
                fake.frozen = request -> false;
            }
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith(away ? "gap RECONNECTED" : "RECONNECTED", "FINISHED 9");
            assertThat(viewer.gaps()).hasSize(away ? 1 : 0);
        }
    }

    /** The reader has no connection at that time: it waits for the next run. */
    @Test
    void gapIsTold_whenTheNextRunHasEndedWhileTheDaemonWasAway() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        web.exit(0);
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitEvent(Kind.FINISHED);
            awaitListeners();
            fake.frozen = request -> true;
            fake.breakConnections();
            CollectingViewer.until("that is noticed", () -> isAway(daemon));
            synchronized (fake) {
                fake.clock += 2_000_000_000L;
                startAgain("two");
                web.exit(9);
                fake.beAnother();
                fake.frozen = request -> false;
            }
            viewer.awaitLine("two");
            viewer.await("the second end", () -> viewer.told().contains("FINISHED 9"));
            assertThat(viewer.told()).endsWith("line two", "gap RECONNECTED", "FINISHED 9");
        }
    }

    /** The hub would try again in half an hour. */
    @Test
    void readingGoesOn_whenTheDaemonIsBack_howeverLongTheHubWouldWait() throws Exception {
        StreamOptions patient = StreamOptions.builder()
                .retry(Duration.ofHours(1), Duration.ofHours(1))
                .build();
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = new CollectingViewer();
            hub.open("web", source(), patient)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            CollectingViewer found = new CollectingViewer();
            hub.subscribe(DockerContainers.builder(daemon).build(), patient, SubscribeOptions.defaults(), found);
            viewer.awaitLine("one");
            found.awaitLine("one");
            awaitListeners();
            fake.refuseConnections();
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            web.write(Channel.STDOUT, "two\n");
            fake.launch();
            viewer.awaitLine("two");
            fake.container("new", "running").write(Channel.STDOUT, "three\n");
            found.awaitLine("three");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    /** Events come again before the loss of the log is noticed. */
    @Test
    void readingGoesOn_whenTheDaemonWasBackBefore_howeverLongTheHubWouldWait() throws Exception {
        StreamOptions patient = StreamOptions.builder()
                .retry(Duration.ofHours(1), Duration.ofHours(1))
                .build();
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = new CollectingViewer();
            hub.open("web", source(), patient)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.awaitLine("one");
            CollectingViewer.until("events come", () -> daemon.events().openings() == 1);
            fake.breakConnections("/logs");
            web.write(Channel.STDOUT, "two\n");
            viewer.awaitLine("two");
        }
    }

    // ---- the I/O thread

    @Test
    void eventsAreListenedTo_whenNoThreadCouldBeHadAtFirst() throws Exception {
        AtomicBoolean full = new AtomicBoolean(true);
        IoThread io = new IoThread("logstream-docker-full") {
            @Override
            Executor threads() {
                if (full.getAndSet(false)) {
                    throw new OutOfMemoryError("by the test");
                }
                return super.threads();
            }
        };
        try (DockerDaemon crowded = new DockerDaemon(Endpoint.parse(fake.host()), io)) {
            try (DaemonEvents.Watch watch = crowded.events().watch("", event -> {})) {
                assertThat(watch).isNotNull();
                CollectingViewer.until("events come", () -> crowded.events().openings() == 1);
            }
        }
    }

    /** An error that nobody expects ends the thread: all who wait are told, and the next connection begins anew. */
    @Test
    void failureOfTheIoThread_failsAllConnections_andReadingGoesOn() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        IoThread io = new IoThread("logstream-docker-broken") {
            @Override
            long nextTimer() {
                if (broken.getAndSet(false)) {
                    throw new OutOfMemoryError("by the test");
                }
                return super.nextTimer();
            }
        };
        web.write(Channel.STDOUT, "one\n");
        try (DockerDaemon failing = new DockerDaemon(Endpoint.parse(fake.host()), io);
                LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(
                    hub,
                    DockerSource.builder(failing, "web").endWithContainer(true).build());
            viewer.awaitLine("one");
            awaitListeners();
            for (int i = 1; i <= 3; i++) {
                broken.set(true);
                io.after(Duration.ZERO, () -> {});
                long outages = i;
                viewer.await(
                        "outage " + i,
                        () -> viewer.kinds().stream()
                                        .filter(Kind.RECONNECTED::equals)
                                        .count()
                                >= outages);
                web.write(Channel.STDOUT, "behind " + i + "\n");
                viewer.awaitLine("behind " + i);
            }
            assertThat(viewer.lines()).containsExactly("one", "behind 1", "behind 2", "behind 3");
            assertThat(viewer.gaps()).isEmpty();
            assertThat(viewer.events())
                    .anySatisfy(event -> assertThat(event.detail()).contains("logstream-docker-broken has failed"));
        }
    }

    // ---- out of reach

    private static boolean isAway(DockerDaemon daemon) {
        return daemon.outages().contain(Long.MAX_VALUE);
    }

    /** Over ssh it turns out late, and not where the connection is made, that there is no daemon. */
    @Test
    void daemonBehindACommand_isAway_whileTheCommandFails() throws Exception {
        Endpoint.Ssh nobody =
                new Endpoint.Ssh("ssh://box", List.of("/bin/sh", "-c", "echo no daemon here >&2; exit 1"));
        try (DockerDaemon away = new DockerDaemon(nobody)) {
            assertThat(isAway(away)).isFalse();
            assertThatThrownBy(() -> away.containers()).isInstanceOf(IOException.class);
            assertThat(isAway(away)).isTrue();
        }
        daemon.containers();
        assertThat(isAway(daemon)).isFalse();
    }

    /** Another host refuses a connection later than it is begun, and one may end before it is answered. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lossOfADaemon_isNoticed_howeverLateItComes(boolean refused) {
        Outages outages = new Outages(() -> {});
        Connection lost = new Connection() {
            @Override
            public boolean isReady() throws IOException {
                if (refused) {
                    throw new ConnectException("Connection refused");
                }
                return true;
            }

            @Override
            public void write(ByteBuffer bytes) {
                bytes.position(bytes.limit());
            }

            @Override
            public int read(ByteBuffer into) {
                return -1;
            }

            @Override
            public void close() {}
        };
        Exchange exchange = new Exchange(lost, new ReadBuffers(), "/", outages);
        assertThatThrownBy(exchange::head).isInstanceOf(IOException.class);
        assertThat(outages.contain(Long.MAX_VALUE)).isTrue();
    }

    // ---- errors

    @Test
    void missingDaemon_isRetried_andSaysWhatToDo() throws Exception {
        try (DockerDaemon none = DockerDaemon.of("unix:///nowhere/docker.sock")) {
            assertThatThrownBy(() -> none.containers())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no Docker daemon answers at unix:///nowhere/docker.sock")
                    .hasMessageContaining("DOCKER_HOST");
        }
    }

    @Test
    void permission_isNotRetried_andSaysWhatToDo() {
        assertThatThrownBy(() -> daemon.explained(new SocketException("Permission denied")))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("group")
                .hasMessageContaining(fake.host());
    }

    @Test
    void closedDaemon_failsItsStreams() throws Exception {
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            web.write(Channel.STDOUT, "one\n");
            viewer.awaitLine("one");
            daemon.close();
            fake.breakConnections();
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.FAILED);
        }
    }

    @Test
    void containerThatIsGone_isNotTakenForItsSuccessor() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink first = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readUntil(reader, context, first, "one");
        }
        web.remove();
        FakeContainer next = fake.container("web", "running");
        next.write(Channel.STDOUT, "of another\n");
        TextSink second = new TextSink();
        Start start = Start.at(first.positions.get(first.positions.size() - 1));
        try (DockerReader reader = new DockerReader(source(), start, context)) {
            readUntil(reader, context, second, "of another");
            assertThat(second.gaps).isEqualTo(List.of(Gap.Reason.MISMATCH));
        }
    }
}
