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
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import io.logstream.testkit.FaultProxy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A scripted daemon does wrong what daemons and networks do wrong. */
class FaultyDaemonTest extends FakeCase {
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
        web.driverOptions = "\"max-size\":\"100\"";
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

    /** As with one file only, which is emptied when it is full. */
    @Test
    void gapOfUnknownSizeIsTold_whenTheLogWasEmptied_andNoMoreIsAskedForThanItHas() throws Exception {
        web.driverOptions = "\"max-size\":\"100\"";
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            web.write(Channel.STDOUT, "one\ntwo\n");
            viewer.awaitLine("two");
            web.forget();
            web.write(Channel.STDOUT, "three\nfour\n");
            viewer.awaitLine("four");
            long asked = fake.requests("/logs");
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTED);
            web.write(Channel.STDOUT, "five\n");
            viewer.awaitLine("five");
            assertThat(viewer.told()).endsWith("line four", "RECONNECTING", "RECONNECTED", "gap ROTATED", "line five");
            assertThat(fake.requests("/logs") - asked).isLessThanOrEqualTo(3);
        }
    }

    /** As a daemon does for seconds that has to look for a time in a long log. */
    @Test
    void historyIsWaitedFor_whenNothingFollowsTheHead() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        fake.withholding = true;
        assertThat(historyAlone(DockerSource.of(daemon, "web"), Replay.since(Instant.EPOCH), "follow=0&tail=1"))
                .containsExactly("one");
    }

    /** The newest entries may all be of the other channel. */
    @Test
    void historyOfOneChannel_isWaitedFor_behindEntriesOfTheOther() throws Exception {
        web.write(Channel.STDERR, "one\n");
        for (int i = 0; i < 100; i++) {
            web.write(Channel.STDOUT, "other\n");
        }
        fake.withholding = true;
        DockerSource errors =
                DockerSource.builder(daemon, "web").channel(Channel.STDERR).build();
        assertThat(historyAlone(errors, Replay.all(), "follow=0&tail=1600")).containsExactly("one");
    }

    /** Where a log has nothing at all, it need not be waited for. */
    @Test
    void historyIsComplete_whenTheLogIsEmpty() throws Exception {
        assertThat(historyAlone(DockerSource.of(daemon, "web"), Replay.all(), "follow=0&tail=1"))
                .isEmpty();
    }

    /** The lines that a viewer of the history gets, where the daemon tells them only when it was asked for something else. */
    private List<String> historyAlone(DockerSource source, Replay replay, String question) throws Exception {
        SubscribeOptions history =
                SubscribeOptions.builder().replay(replay).follow(false).build();
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = new CollectingViewer();
            hub.open("web", source, OPTIONS).subscribe(history, viewer);
            CollectingViewer.until("the newest entry is asked for", () -> fake.requests(question) > 0);
            synchronized (fake) {
                fake.withholding = false;
                fake.notifyAll();
            }
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
            return viewer.lines();
        }
    }

    @Test
    void nothingOldOfOneChannelIsShown_fromTheEndOn_behindEntriesOfTheOther() throws Exception {
        web.write(Channel.STDERR, "old\n");
        for (int i = 0; i < 1000; i++) {
            web.write(Channel.STDOUT, "other\n");
        }
        DockerSource errors = DockerSource.builder(daemon, "web")
                .channel(Channel.STDERR)
                .endWithContainer(true)
                .build();
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = new CollectingViewer();
            SubscribeOptions none =
                    SubscribeOptions.builder().replay(Replay.none()).build();
            hub.open("web", errors, OPTIONS).subscribe(none, viewer);
            viewer.awaitEvent(Kind.CAUGHT_UP);
            web.write(Channel.STDERR, "new\n");
            viewer.awaitLine("new");
            assertThat(viewer.lines()).containsExactly("new");
            assertThat(fake.requests("stdout=1&stderr=1&follow=0")).isEqualTo(1);
        }
    }

    /** With one file it may be emptied when only its beginning had come, and nothing shows how long it was. */
    @Test
    void gapIsTold_whenTheLogWasEmptied_ofWhichLittleHadCome() throws Exception {
        web.driverOptions = "\"max-size\":\"10m\"";
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            web.write(Channel.STDOUT, "one\n");
            viewer.awaitLine("one");
            synchronized (fake) {
                web.leavesOut = true;
                web.write(Channel.STDOUT, "two\n");
                web.leavesOut = false;
                web.forget();
            }
            web.write(Channel.STDOUT, "three\n");
            viewer.awaitLine("three");
            web.exit(0);
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("line one", "line three", "gap ROTATED", "FINISHED 0");
        }
    }

    // ---- silence
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
                int probes = i + 1; // and one to know whether there is any history
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
                long probes = i + 1; // and one to know where the history ends
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
