package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers that are removed, are dead, or are others than before, with a scripted daemon. */
class RemovalTest extends FakeCase {

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

    /** The daemon knows it no more before it tells so, and is too busy to remember what was before. */
    @Test
    void containerThatIsRemoved_andToldToBeLate_endsWithoutAGap() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners();
            web.exit(0);
            viewer.awaitEvent(Kind.FINISHED);
            long asked;
            synchronized (fake) {
                fake.beAnother();
                fake.containers.clear();
                asked = fake.requests("/json");
            }
            CollectingViewer.until("it is not found", () -> fake.requests("/json") > asked);
            fake.event(web, "destroy", "");
            viewer.awaitEnd();
            assertThat(viewer.told()).endsWith("line one", "FINISHED 0");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    /** It was started once more, and has written nothing, before it was looked at. */
    @Test
    void containerThatIsRemoved_behindARunThatWroteNothing_endsWithoutAGap() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            viewer.awaitLine("one");
            awaitListeners();
            web.exit(0);
            viewer.awaitEvent(Kind.FINISHED);
            fake.frozen = request -> request.endsWith("/json");
            web.start();
            web.exit(7);
            fake.frozen = request -> false;
            viewer.await("the second end", () -> viewer.told().contains("FINISHED 7"));
            web.remove();
            viewer.awaitEnd();
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    /** Its log was read once more to be sure, which brought the beginning of the next run, and nothing behind that. */
    @Test
    void containerThatIsRemoved_whenItsNextRunWasNotReadToItsEnd_endsWithAGap() throws Exception {
        web.write(Channel.STDOUT, "zero\none\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(source(), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            awaitListeners();
            AtomicBoolean again = new AtomicBoolean();
            AtomicBoolean over = new AtomicBoolean();
            fake.frozen = request -> {
                boolean isOnceMore = request.contains("follow=0");
                if (isOnceMore && again.compareAndSet(false, true)) {
                    startAgain("two");
                } else if (request.endsWith("/json")
                        && sink.latest.equals("two\n")
                        && over.compareAndSet(false, true)) {
                    fake.refusal = 409;
                    web.write(Channel.STDOUT, "nobody has read this\n");
                    web.exit(8);
                    web.remove();
                }
                return isOnceMore && daemon.outages().lastHeard() < web.started; // that is told
            };
            web.exit(7);
            readToTheEnd(reader, context, sink);
            assertThat(sink.told).hasToString("zero\none\n[RESTARTED]two\n[gap -1 RECONNECTED][FINISHED]");
        }
    }

    /**
     * Podman tells nothing of a log before its first line, remembers nothing of a container that is gone, and may leave out what
     * was written right before the end.
     */
    @Test
    void containerThatIsRemoved_beforeItsLogWasReadOnceMore_endsWithAGap_withPodman() throws Exception {
        fake.podman = true;
        fake.lateHeads = true;
        AtomicBoolean listened = new AtomicBoolean();
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DaemonEvents.Watch watch = daemon.events().watch("", event -> listened.set(true));
                DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            assertThat(watch).isNotNull();
            CollectingViewer.until("events come", listened::get);
            CollectingViewer.until("it is looked at", () -> {
                readAllUnchecked(reader, context, sink);
                return fake.isAsked("/logs") && !reader.runs().mayBeUnseen(true);
            });
            synchronized (fake) {
                web.exit(0);
                web.remove();
            }
            readToTheEnd(reader, context, sink);
            assertThat(sink.told).hasToString("[gap -1 RECONNECTED][FINISHED]");
        }
    }

    /** Nobody can tell any more what the daemon has left out while it rotated the log, if it has. */
    @ParameterizedTest
    @CsvSource({"10k, 2, false", "10k, 2, true", "10m, 2, false", "10m, 1, false"})
    void containerThatIsRemoved_beforeItsLogWasCompared_endsWithAGap_ifItsLogMayHaveBeenRotated(
            String size, int files, boolean isReadAgain) throws Exception {
        boolean isTooShort = size.equals("10m") && files > 1; // else it may have been emptied
        web.driverOptions = "\"max-size\":\"" + size + "\",\"max-file\":\"" + files + "\"";
        try (LogHub hub = LogHub.create()) {
            CollectingViewer viewer = follow(hub, DockerSource.of(daemon, "web"));
            for (int i = 1; i <= 100; i++) {
                web.write(Channel.STDOUT, "line " + i + "\n");
            }
            viewer.awaitLine("line 100");
            awaitListeners();
            synchronized (fake) {
                web.leavesOut = size.equals("10k");
                web.write(Channel.STDOUT, "perhaps left out\n");
                web.leavesOut = false;
                web.write(Channel.STDOUT, "last\n");
                web.exit(0);
                fake.refusal = isReadAgain ? 0 : 409;
                if (!isReadAgain) {
                    web.remove();
                }
            }
            if (isReadAgain) {
                viewer.awaitEvent(Kind.FINISHED);
                web.remove();
            }
            viewer.awaitEnd();
            List<String> gaps = viewer.told().stream()
                    .filter(what -> what.startsWith("gap"))
                    .toList();
            assertThat(gaps).isEqualTo(isTooShort ? List.of() : List.of(isReadAgain ? "gap DROPPED" : "gap ROTATED"));
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
}
