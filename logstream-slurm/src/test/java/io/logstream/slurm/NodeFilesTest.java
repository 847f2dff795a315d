package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs whose files are on the node's own disk: what is made of a node that tells late, not at all, or refuses. */
class NodeFilesTest {
    @TempDir
    private Path directory;

    private final FakeQuery query = new FakeQuery();
    private final LogHub hub = LogHub.create();
    private ScriptedHost.Script node;
    private SlurmCluster cluster;
    /** Where the job writes; on this machine there is no such file. */
    private Path path;
    /** Where the node has it. */
    private Path file;

    @BeforeEach
    void begin() throws IOException {
        node = new ScriptedHost.Script(Files.createDirectory(directory.resolve("of-the-node")));
        cluster = cluster(Duration.ofMillis(20));
        path = directory.resolve("out");
        file = node.onDisk(path);
    }

    private SlurmCluster cluster(Duration interval) {
        return new SlurmCluster("fake", query, interval, () -> LogHost.HERE, name -> new ScriptedHost(node));
    }

    @AfterEach
    void end() {
        hub.close();
        cluster.close();
    }

    private CollectingViewer follow(SlurmCluster cluster, boolean follow) {
        return follow("slurm:12 " + follow, cluster, follow);
    }

    private CollectingViewer follow(String id, SlurmCluster cluster, boolean follow) {
        CollectingViewer viewer = new CollectingViewer();
        SlurmJobSource source = SlurmJobSource.builder(cluster, "12")
                .settleTime(Duration.ZERO)
                .follow(follow)
                .build();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(50))
                .build();
        hub.open(id, source, options)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    private void says(String states) {
        query.says(states, path.toString());
    }

    @Test
    void jobThatIsOverBeforeItsNodeHasAnswered_isReadWhole() throws Exception {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        node.answers = asked -> answer;
        says("PENDING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitEvent(Kind.WAITING);
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer.until("a question", () -> node.questions > 0);
        says("COMPLETED");
        query.awaitAnswers(5);
        assertThat(viewer.told().toString()).doesNotContain("FINISHED");
        node.tellsTheTruth();
        answer.complete(true);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one");
        assertThat(viewer.told()).endsWith("FINISHED 0");
    }

    /** What was asked while it ran says nothing about what it had at its end. */
    @Test
    void answerToAnOlderQuestion_doesNotCount_whenTheJobIsOver() throws Exception {
        CompletableFuture<Boolean> first = new CompletableFuture<>();
        CompletableFuture<Boolean> second = new CompletableFuture<>();
        node.answers = asked -> node.questions == 1 ? first : second;
        says("PENDING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitEvent(Kind.WAITING);
        says("RUNNING");
        CollectingViewer.until("a question", () -> node.questions == 1);
        Files.writeString(file, "one\n");
        says("COMPLETED");
        CollectingViewer.until("another one", () -> node.questions == 2);
        first.complete(false);
        query.awaitAnswers(5);
        assertThat(viewer.told().toString()).doesNotContain("FINISHED");
        node.tellsTheTruth();
        second.complete(true);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one");
    }

    @Test
    void fileThatWasNotThereAtTheLastLook_isLookedForOnceMoreBeforeTheEnd() throws Exception {
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        CollectingViewer.until("a question", () -> node.questions > 0);
        query.onQuestion = () -> {
            if (!Files.exists(file)) {
                try {
                    Files.writeString(file, "one\n");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                says("COMPLETED"); // told by the next answer
            }
        };
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one");
    }

    @Test
    void nodeThatDoesNotAnswer_isAnOutage_andNoEmptyLog() throws Exception {
        for (boolean follow : new boolean[] {true, false}) {
            node.fails(new IOException("nobody there"));
            Files.writeString(file, "one\n");
            says("COMPLETED");
            CollectingViewer viewer = follow(cluster, follow);
            viewer.awaitEvent(Kind.RECONNECTING);
            node.tellsTheTruth();
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactly("one");
        }
    }

    @Test
    void nodeThatRefuses_failsTheStream_unlessTheFileIsSeenElsewhere() throws Exception {
        node.fails(new LogStreamException("another host key"));
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        query.awaitAnswers(3);
        says("COMPLETED");
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("another host key").contains(path.toString());
        Files.writeString(path, "here\n");
        CollectingViewer other = new CollectingViewer();
        hub.open("other", SlurmJobSource.of(cluster, "12"))
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), other);
        assertThat(other.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(other.lines()).containsExactly("here");
    }

    /** As where its directory may be entered by the user of the connections alone. */
    @Test
    void fileThatMayNotBeLookedAtElsewhere_isReadOnItsNode_whenTheJobHasBegun() throws Exception {
        ScriptedHost.Script login = new ScriptedHost.Script(directory);
        login.answers = asked -> ScriptedHost.refusal(asked.toString());
        Files.writeString(file, "one\n");
        says("PENDING");
        try (SlurmCluster over = new SlurmCluster(
                "fake", query, Duration.ofMillis(20), () -> new ScriptedHost(login), name -> new ScriptedHost(node))) {
            CollectingViewer viewer = follow(over, true);
            viewer.awaitEvent(Kind.WAITING);
            query.awaitAnswers(3);
            says("RUNNING");
            viewer.awaitLine("one");
            says("COMPLETED");
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactly("one");
        }
    }

    @Test
    void nodeThatIsAwayForAWhile_isReadOnAtThePlace() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitLine("one");
        int before = node.questions;
        node.fails(new IOException("nobody there"));
        node.isDown = true;
        Files.writeString(file, "two\n", StandardOpenOption.APPEND);
        viewer.awaitEvent(Kind.RECONNECTING);
        CollectingViewer.until("some tries", () -> node.questions > before + 2);
        node.isDown = false;
        node.tellsTheTruth();
        viewer.awaitLine("two");
        says("COMPLETED");
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.gaps()).isEmpty();
    }

    /** It may begin with the same lines as the one that the place is in, on another node's disk. */
    @Test
    void placeInTheFirstRunsFile_isNotTakenForOneInTheSecondRuns() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitLine("one");
        node.isDown = true;
        says("PENDING");
        viewer.awaitEvent(Kind.WAITING);
        Files.writeString(file, "two\n", StandardOpenOption.APPEND);
        node.isDown = false;
        says("RUNNING");
        viewer.awaitLine("two");
        says("COMPLETED");
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one", "one", "two");
        assertThat(viewer.gaps()).extracting(Gap::reason).containsExactly(Gap.Reason.ROTATED);
    }

    /** Its second run writes on in the file that is being read, or cuts it. */
    @Test
    void jobThatIsRequeuedToTheSameNode_isReadOn_andNotOnceMore() throws Exception {
        for (StandardOpenOption how : List.of(StandardOpenOption.APPEND, StandardOpenOption.TRUNCATE_EXISTING)) {
            Files.writeString(file, "one\n");
            says("RUNNING");
            CollectingViewer viewer = follow("requeued " + how, cluster, true);
            viewer.awaitLine("one");
            says("PENDING");
            viewer.awaitEvent(Kind.REQUEUED);
            Files.writeString(file, "the second run's\n", how);
            viewer.awaitLine("the second run's");
            says("RUNNING");
            query.awaitAnswers(5);
            says("COMPLETED");
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).as("%s", how).containsExactly("one", "the second run's");
        }
    }

    @Test
    void oneFileForBoth_isReadOnce_whenThisMachineSeesItLaterThanTheNode() throws Exception {
        Files.writeString(file, "one\n");
        JobFields job = new JobFields();
        job.id = 12;
        job.state("RUNNING");
        job.workDirectory = directory.toString();
        job.stdout = "out";
        job.stderr = "./out";
        job.batchHost = "n1";
        query.jobs = List.of(job.job());
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitLine("one");
        Files.writeString(path, "one\n");
        job.name = "another answer";
        query.jobs = List.of(job.job());
        query.awaitAnswers(5);
        says("COMPLETED");
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.bytes(Channel.STDERR)).isEmpty();
        assertThat(viewer.lines()).containsExactly("one");
    }

    /** As some workflow managers delete it. */
    @Test
    void logThatIsDeletedWhenItsJobEnds_ends() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitLine("one");
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        int before = node.questions;
        node.answers = asked -> answer;
        Files.delete(file);
        says("COMPLETED");
        CollectingViewer.until("a question", () -> node.questions > before);
        answer.complete(false);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one");
        assertThat(viewer.told()).endsWith("FINISHED 0");
    }

    /** As somebody may rotate it who does not know that it is still written. */
    @Test
    void logThatWasRenamed_isReadToItsEnd_whenItsJobEnds() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitLine("one");
        Path renamed = file.resolveSibling(file.getFileName() + ".1");
        Files.move(file, renamed);
        Files.writeString(renamed, "two\n", StandardOpenOption.APPEND);
        says("COMPLETED");
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.gaps()).isEmpty();
        assertThat(viewer.told()).endsWith("FINISHED 0");
    }

    /** Whose node is away for longer than the cluster remembers its jobs. */
    @Test
    void jobThatIsForgotten_isReadOn_whereItWasReadBefore() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitLine("one");
        node.isDown = true;
        node.fails(new IOException("nobody there"));
        Files.writeString(file, "two\n", StandardOpenOption.APPEND);
        viewer.awaitEvent(Kind.RECONNECTING);
        query.jobs = List.of();
        query.awaitAnswers(10);
        node.isDown = false;
        node.tellsTheTruth();
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.gaps()).isEmpty();
    }

    /** Whose node is gone for ever, and the cluster no longer knows it: nothing more will come. */
    @Test
    void jobThatIsForgotten_failsItsStream_whenNobodyTellsOfItsFile() throws Exception {
        node.fails(new IOException("nobody there"));
        says("COMPLETED");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitEvent(Kind.RECONNECTING);
        query.jobs = List.of();
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("forgotten").contains("nobody tells");
    }

    /** A token is being renewed just when the stream is opened again. */
    @Test
    void streamThatIsOpenedAgain_outlivesARefusal_butNotFive() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        try (SlurmCluster slow = cluster(Duration.ofMillis(200))) {
            CollectingViewer viewer = follow(slow, true);
            viewer.awaitLine("one");
            node.isDown = true;
            Files.writeString(file, "two\n", StandardOpenOption.APPEND);
            viewer.awaitEvent(Kind.RECONNECTING);
            query.refuses(4, new LogStreamException("the token is too old")); // each time it is opened again
            query.awaitRefusals();
            node.isDown = false;
            viewer.awaitLine("two");
            assertThat(viewer.lines()).containsExactly("one", "two");
            query.refuses(1000, new LogStreamException("the token is too old"));
            node.isDown = true;
            Files.writeString(file, "three\n", StandardOpenOption.APPEND);
            EndReason end = viewer.awaitEnd();
            assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(end.message()).contains("too old");
        }
    }

    @Test
    void nodeIsNotAsked_whereTheFileIsSeenHere() throws Exception {
        Files.writeString(path, "here\n");
        says("COMPLETED");
        CollectingViewer viewer = follow(cluster, true);
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("here");
        assertThat(node.questions).isZero();
    }
}
