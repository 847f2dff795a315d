package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Containers are found, come and go. */
class DockerContainersTest {
    private static final StreamOptions OPTIONS = StreamOptions.builder()
            .retry(Duration.ofMillis(1), Duration.ofMillis(20))
            .build();

    static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("logstream-"))
                .count();
    }

    static int openFiles() {
        String[] files = new File("/proc/self/fd").list();
        return files == null ? 0 : files.length;
    }

    @Test
    void containersComeAndGo_eachAsAStream() throws Exception {
        try (FakeDaemon fake = new FakeDaemon();
                DockerDaemon daemon = DockerDaemon.of(fake.host());
                LogHub hub = LogHub.create()) {
            FakeContainer web = fake.container("web", "running");
            web.write(Channel.STDOUT, "web 1\nweb 2\n");
            fake.container("old", "exited");
            CollectingViewer viewer = new CollectingViewer();
            SubscribeOptions last =
                    SubscribeOptions.builder().replay(Replay.last(1)).build();
            hub.subscribe(DockerContainers.builder(daemon).build(), OPTIONS, last, viewer);
            viewer.awaitLine("web 2");
            FakeContainer worker = fake.container("worker", "created");
            worker.write(Channel.STDOUT, "worker 1\nworker 2\n");
            viewer.awaitLine("worker 2");
            assertThat(viewer.lines()).containsExactly("web 2", "worker 1", "worker 2");
            assertThat(viewer.events().stream().filter(event -> event.kind() == Kind.APPEARED))
                    .extracting(SourceEvent::stream)
                    .contains("docker:web", "docker:worker")
                    .doesNotContain("docker:old");
            worker.exit(1);
            viewer.awaitEvent(Kind.FINISHED);
            worker.remove();
            viewer.awaitEvent(Kind.DISAPPEARED);
            fake.container("worker", "running").write(Channel.STDOUT, "another worker\n");
            viewer.awaitLine("another worker");
            web.write(Channel.STDOUT, "web 3\n");
            viewer.awaitLine("web 3");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    @Test
    void renamedContainer_keepsItsStream_andItsOldNameIsTakenAsAnother() throws Exception {
        try (FakeDaemon fake = new FakeDaemon();
                DockerDaemon daemon = DockerDaemon.of(fake.host());
                LogHub hub = LogHub.create()) {
            FakeContainer web = fake.container("web", "running");
            web.write(Channel.STDOUT, "web 1\n");
            CollectingViewer viewer = new CollectingViewer();
            hub.subscribe(
                    DockerContainers.builder(daemon).build(),
                    OPTIONS,
                    SubscribeOptions.builder().replay(Replay.all()).build(),
                    viewer);
            viewer.awaitLine("web 1");
            synchronized (fake) {
                web.name = "old-web";
            }
            FakeContainer next = fake.container("web", "running");
            next.write(Channel.STDOUT, "next 1\n");
            viewer.awaitLine("next 1");
            web.write(Channel.STDOUT, "web 2\n");
            viewer.awaitLine("web 2");
            assertThat(viewer.events().stream().filter(event -> event.kind() == Kind.APPEARED))
                    .extracting(SourceEvent::stream)
                    .contains("docker:web", "docker:web@" + next.id.substring(0, 12));
            assertThat(viewer.lines()).containsExactly("web 1", "next 1", "web 2");
        }
    }

    @Test
    void containerIsShown_thatHasEndedBeforeTheListIsAnswered() throws Exception {
        try (FakeDaemon fake = new FakeDaemon();
                DockerDaemon daemon = DockerDaemon.of(fake.host());
                LogHub hub = LogHub.create()) {
            FakeContainer again = fake.container("again", "exited");
            fake.container("old", "exited");
            CollectingViewer viewer = new CollectingViewer();
            hub.subscribe(DockerContainers.builder(daemon).build(), OPTIONS, SubscribeOptions.defaults(), viewer);
            CollectingViewer.until("containers are listed when events come", () -> fake.requests("?all=1") == 2);
            fake.frozen = request -> request.contains("?all=1");
            FakeContainer job = fake.container("job", "created");
            CollectingViewer.until("containers are listed", () -> fake.requests("?all=1") == 3);
            job.write(Channel.STDOUT, "job\n");
            job.exit(0);
            again.start();
            again.write(Channel.STDOUT, "again\n");
            again.exit(0);
            CollectingViewer.until("that is told", () -> daemon.outages().lastHeard() >= again.finished);
            fake.frozen = request -> false;
            viewer.awaitLine("job");
            viewer.awaitLine("again");
            assertThat(viewer.events().stream().filter(event -> event.kind() == Kind.APPEARED))
                    .extracting(SourceEvent::stream)
                    .contains("docker:job", "docker:again")
                    .doesNotContain("docker:old");
        }
    }

    /** One that was there before may have got the name, or the like, by which it is found now. */
    @Test
    void containerIsShown_thatHasComeAndEndedWhileNoEventsWereListenedTo() throws Exception {
        try (FakeDaemon fake = new FakeDaemon();
                DockerDaemon daemon = DockerDaemon.of(fake.host());
                LogHub hub = LogHub.create()) {
            FakeContainer renamed = fake.container("renamed", "exited");
            fake.containers.clear();
            fake.clock += 2_000_000_000L;
            fake.container("old", "exited");
            fake.frozen = request -> request.contains("/events");
            CollectingViewer viewer = new CollectingViewer();
            hub.subscribe(DockerContainers.builder(daemon).build(), OPTIONS, SubscribeOptions.defaults(), viewer);
            CollectingViewer.until("events are asked for", () -> fake.requests("/events") > 0);
            CollectingViewer.until("containers are listed", () -> fake.requests("?all=1") > 0);
            CollectingViewer.until("the list is taken", () -> fake.open("?all=1") == 0);
            synchronized (fake) {
                fake.containers.put(renamed.id, renamed);
                FakeContainer job = fake.container("job", "created");
                job.write(Channel.STDOUT, "job\n");
                job.exit(0);
                fake.frozen = request -> false;
            }
            viewer.awaitLine("job");
            assertThat(viewer.events().stream().filter(event -> event.kind() == Kind.APPEARED))
                    .extracting(SourceEvent::stream)
                    .contains("docker:job")
                    .doesNotContain("docker:old", "docker:renamed");
        }
    }

    @Test
    void discoveryGoesOn_whenTheDaemonWasAway() throws Exception {
        try (FakeDaemon fake = new FakeDaemon();
                DockerDaemon daemon = DockerDaemon.of(fake.host());
                LogHub hub = LogHub.create()) {
            FakeContainer web = fake.container("web", "running");
            web.write(Channel.STDOUT, "web 1\n");
            CollectingViewer viewer = new CollectingViewer();
            hub.subscribe(DockerContainers.builder(daemon).build(), OPTIONS, SubscribeOptions.defaults(), viewer);
            viewer.awaitLine("web 1");
            for (int i = 0; i < 5; i++) {
                fake.breakConnections();
                fake.container("new" + i, "running").write(Channel.STDOUT, "new " + i + "\n");
                viewer.awaitLine("new " + i);
            }
            assertThat(viewer.lines()).hasSize(6).doesNotHaveDuplicates();
        }
    }

    @Test
    void fiveHundredContainers_takeFourThreads_andLeaveNothingOpen() throws Exception {
        int filesBefore = openFiles();
        long threadsBefore = threads();
        try (FakeDaemon fake = new FakeDaemon()) {
            DockerDaemon daemon = DockerDaemon.of(fake.host());
            LogHub hub = LogHub.builder().deliveryThreads(1).build();
            List<FakeContainer> containers = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                containers.add(fake.container("c" + i, "running"));
                containers.get(i).write(Channel.STDOUT, "first " + i + "\n");
            }
            CollectingViewer viewer = new CollectingViewer();
            hub.subscribe(
                    DockerContainers.builder(daemon).build(),
                    OPTIONS,
                    SubscribeOptions.builder().replay(Replay.all()).build(),
                    viewer);
            viewer.await("500 first lines", () -> viewer.lines().size() >= 500);
            for (int i = 0; i < 500; i++) {
                containers.get(i).write(Channel.STDERR, "second " + i + "\n");
            }
            viewer.await("500 second lines", () -> viewer.lines().size() >= 1000);
            assertThat(viewer.lines()).hasSize(1000).doesNotHaveDuplicates();
            assertThat(viewer.gaps()).isEmpty();
            CollectingViewer.until("at most four threads, " + threads() + " now", () -> threads() - threadsBefore <= 4);
            long start = System.nanoTime();
            hub.close();
            daemon.close();
            System.out.println("500 containers closed in " + (System.nanoTime() - start) / 1_000_000 + " ms");
        }
        CollectingViewer.until("no file is left open", () -> openFiles() <= filesBefore + 5);
        CollectingViewer.until("no thread is left", () -> threads() <= threadsBefore);
    }
}
