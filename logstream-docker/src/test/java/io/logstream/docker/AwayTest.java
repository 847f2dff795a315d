package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scripted daemon goes away and comes back, or only the connections to it are lost. */
class AwayTest extends FakeCase {

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

    /** Packets vanish on their way: no connection ends, and none is refused. */
    @Test
    void gapIsTold_whenAContainerHasEndedWhileTheDaemonWasAway_whereItVanishesWithoutAWord() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink first = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readUntil(reader, context, first, "one");
            awaitListeners();
            long asked = daemon.events().openings();
            synchronized (fake) {
                fake.vanish();
                fake.frozen = request -> true;
            }
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10; i++) {
                            context.time.advance(Duration.ofMinutes(1));
                            readAll(reader, context, first);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("does not answer");
            assertThat(isAway(daemon)).isTrue();
            synchronized (fake) {
                fake.clock += 2_000_000_000L;
                web.exit(9);
                fake.beAnother();
                fake.frozen = request -> false;
            }
            CollectingViewer.until("events come again", () -> daemon.events().openings() > asked);
        }
        TextSink second = new TextSink();
        Start there = Start.at(first.positions.get(first.positions.size() - 1));
        try (DockerReader reader = new DockerReader(source(), there, context)) {
            CollectingViewer.until("the end", () -> {
                try {
                    return reader.read(second) == Outcome.END;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(second.told.toString()).isEqualTo("[gap -1 RECONNECTED][FINISHED]");
        }
    }

    /** It was not looked at any more when its log was told to be over, and may have gone on. */
    @Test
    void gapIsTold_whenAContainerHasEndedWhileTheDaemonWasAway_whoseLogWasToldToBeOver() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            awaitListeners();
            long asked = fake.requests("/json");
            fake.frozen = request -> request.endsWith("/json");
            fake.endLogs();
            CollectingViewer.until("the container is asked for", () -> fake.requests("/json") > asked);
            fake.refuseConnections();
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            synchronized (fake) {
                fake.clock += 2_000_000_000L;
                web.exit(9);
                fake.frozen = request -> false;
            }
            fake.launch();
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("gap RECONNECTED", "FINISHED 9");
        }
    }

    /** The daemon's times are known to the second, so its end is hardly later than the outage. */
    @Test
    void nothingIsLost_whenAContainerEnds_rightAfterTheDaemonIsBack() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, source());
            viewer.awaitLine("one");
            awaitListeners();
            fake.refuseConnections();
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            fake.launch();
            web.write(Channel.STDOUT, "two\n");
            viewer.awaitLine("two");
            web.exit(9);
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("line two", "FINISHED 9");
            assertThat(viewer.gaps()).isEmpty();
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

    /** It has ended once more while the daemon was asked what it remembers, and again while a connection was lost. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gapIsTold_whenAContainerThatHasEndedWhileTheDaemonWasAway_endsOnceMore(boolean connectionIsLost)
            throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners();
            fake.refuseConnections();
            fake.breakConnections();
            viewer.awaitEvent(Kind.RECONNECTING);
            AtomicBoolean again = new AtomicBoolean(true);
            AtomicBoolean lost = new AtomicBoolean(connectionIsLost);
            synchronized (fake) {
                fake.clock += 2_000_000_000L;
                web.exit(9);
                startAgain("two");
                fake.frozen = request -> {
                    if (request.contains("/events?since") && again.getAndSet(false)) {
                        endsOnceMore("three");
                    } else if (request.contains("/logs") && lost.getAndSet(false)) {
                        endsOnceMore("four");
                        breakConnections("");
                    }
                    return false;
                };
            }
            fake.launch();
            String last = connectionIsLost ? "four" : "three";
            viewer.awaitLine(last);
            viewer.awaitEvent(Kind.RESTARTED);
            assertThat(viewer.gaps()).extracting(Gap::reason).containsExactly(Gap.Reason.RECONNECTED);
        }
    }

    /** What was known of it before is that it ran, and when the log is open it runs again. */
    @Test
    void gapIsTold_whenAContainerHasEndedWhileTheDaemonWasAway_beforeItsLogIsOpened() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        AtomicBoolean first = new AtomicBoolean(true);
        fake.frozen = request -> {
            boolean isLost = daemon.outages().losses() > 0 && !isAway(daemon);
            if (request.contains("/logs") && daemon.events().openings() == 1 && first.getAndSet(false)) {
                breakConnections("/events");
                fake.clock += 2_000_000_000L;
                web.exit(9);
                startAgain("two");
                fake.beAnother();
            }
            return request.contains("/logs") && !isLost;
        };
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("two");
            assertThat(viewer.told())
                    .extracting(what -> what.replace(" 9", ""))
                    .endsWith("line one", "gap RECONNECTED", "RESTARTED", "line two");
        }
    }

    /** Nobody reads it until it has ended once more, in order. Where only the way to the daemon was cut it remembers all. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gapIsTold_whenARunHasEndedWhileTheDaemonWasAway_andAnotherOneSince(boolean away) throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink first = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, first, "one");
        }
        fake.refuseConnections();
        assertThatThrownBy(() -> daemon.containers()).isInstanceOf(IOException.class);
        synchronized (fake) {
            fake.clock += 2_000_000_000L;
            web.exit(9);
            startAgain("two");
            if (away) {
                fake.beAnother();
            }
        }
        fake.acceptConnections();
        daemon.containers();
        endsOnceMore("three");
        TextSink second = new TextSink();
        Start there = Start.at(first.positions.get(first.positions.size() - 1));
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), there, context)) {
            readUntil(reader, context, second, "three");
            assertThat(second.told).hasToString("two\n" + (away ? "[gap -1 RECONNECTED]" : "") + "[RESTARTED]three\n");
        }
    }

    /** Some seconds later, when no outage is near. */
    private void endsOnceMore(String line) {
        fake.clock += 5_000_000_000L;
        web.exit(8);
        startAgain(line);
        fake.clock += 5_000_000_000L;
    }

    private void breakConnections(String part) {
        try {
            fake.breakConnections(part);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
        Outages outages = new Outages(() -> {}, askedAt -> {});
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
        assertThat(outages.contain(Long.MAX_VALUE, Long.MAX_VALUE)).isTrue();
    }
}
