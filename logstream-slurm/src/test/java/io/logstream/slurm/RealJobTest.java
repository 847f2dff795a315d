package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import io.logstream.testkit.CollectingViewer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of a real SLURM, through their life. */
class RealJobTest {
    @TempDir
    private Path directory;

    private final RealSlurm slurm;
    private final SlurmCluster cluster;
    private final LogHub hub = LogHub.create();

    RealJobTest() throws Exception {
        slurm = RealSlurm.shared();
        cluster = slurm.cluster().build();
    }

    @AfterEach
    void end() throws Exception {
        hub.close();
        cluster.close();
        Files.deleteIfExists(slurm.slow());
        slurm.cancelAll();
    }

    private SlurmJobSource.Builder job(String job) {
        return SlurmJobSource.builder(cluster, job).settleTime(Duration.ofMillis(500));
    }

    private CollectingViewer follow(String job) {
        return follow(job(job).build(), Replay.all());
    }

    private CollectingViewer follow(SlurmJobSource source, Replay replay) {
        CollectingViewer viewer = new CollectingViewer();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .partialAfter(Duration.ZERO)
                .build();
        hub.open("slurm:" + source.job(), source, options)
                .subscribe(SubscribeOptions.builder().replay(replay).build(), viewer);
        return viewer;
    }

    private static List<String> details(CollectingViewer viewer) {
        return viewer.events().stream()
                .map(event -> event.kind() + " " + event.detail())
                .toList();
    }

    private static SourceEvent last(CollectingViewer viewer) {
        return viewer.events().get(viewer.events().size() - 1);
    }

    // ---- from the beginning to the end

    @Test
    void jobThatWaits_isFollowedFromItsFirstLine_toItsEnd() throws Exception {
        String job = slurm.submit(directory, "echo one; echo two; exit 3", "-H", "-o", "out-%j");
        CollectingViewer viewer = follow(job);
        viewer.awaitEvent(Kind.CAUGHT_UP);
        assertThat(details(viewer)).containsExactly("WAITING job " + job + " is pending: JobHeldUser", "CAUGHT_UP ");
        slurm.said("scontrol", "release", job);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.gaps()).isEmpty();
        assertThat(last(viewer).exitCode()).hasValue(3);
        assertThat(last(viewer).detail()).isEqualTo("job " + job + " is FAILED");
    }

    @Test
    void firstLine_comesSoonAfterItIsWritten() throws Exception {
        String job = slurm.submit(directory, "date +%s%N; sleep 20", "-H", "-o", "out-%j");
        SlurmCluster seldom =
                slurm.cluster().pollInterval(Duration.ofHours(1)).build(); // which tells nothing of it in time
        CollectingViewer viewer = follow(SlurmJobSource.builder(seldom, job).build(), Replay.all());
        viewer.awaitEvent(Kind.WAITING);
        slurm.said("scontrol", "release", job);
        viewer.await("a line", () -> !viewer.lines().isEmpty());
        seldom.close();
        Instant now = Instant.now();
        long late = now.getEpochSecond() * 1_000_000_000
                + now.getNano()
                - Long.parseLong(viewer.lines().get(0));
        System.err.printf("the first line of a job came %.1f ms after it was written%n", late / 1e6);
        assertThat(Duration.ofNanos(late)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void linesWrittenAfterTheEnd_areDelivered() throws Exception {
        Files.createFile(slurm.slow());
        Path go = directory.resolve("go");
        String late = "(while ! [ -e " + go + " ]; do sleep 0.1; done; echo late) & disown; echo early";
        String job = slurm.submit(directory, "bash -c \"" + late + "\"; exit 0", "-o", "out");
        CollectingViewer viewer = follow(job);
        viewer.await("it completes", () -> details(viewer).toString().contains("COMPLETING"));
        Files.createFile(go);
        viewer.awaitLine("late");
        Files.delete(slurm.slow());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("early", "late");
        assertThat(last(viewer).kind()).isEqualTo(Kind.FINISHED);
    }

    @Test
    void jobThatSlurmDoesNotKnow_fails_unlessItsFileIsNamed() throws Exception {
        CollectingViewer viewer = follow("999999");
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.FAILED);
        Files.writeString(directory.resolve("old-999998.log"), "one\n");
        CollectingViewer named = follow(
                job("999998").baseDirectory(directory).stdoutPath("old-%j.*").build(), Replay.all());
        assertThat(named.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(named.lines()).containsExactly("one");
    }

    @Test
    void jobThatIsCancelledWhileHeld_endsWithoutALog() throws Exception {
        Files.writeString(directory.resolve("out"), "of an older job\n");
        String job = slurm.submit(directory, "echo never", "-H", "-o", "out");
        CollectingViewer viewer = follow(job);
        viewer.awaitEvent(Kind.WAITING);
        slurm.said("scancel", job);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).isEmpty();
        assertThat(last(viewer).detail()).contains("CANCELLED").contains("never began");
    }

    @Test
    void whatTheFileHadBefore_isNotShown() throws Exception {
        Path old = Files.writeString(directory.resolve("out"), "of an older job, which wrote a long line\n");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(600)));
        String job = slurm.submit(directory, "echo mine", "-H", "-o", "out");
        CollectingViewer viewer = follow(job);
        viewer.awaitEvent(Kind.WAITING);
        slurm.said("scontrol", "release", job);
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("mine");
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void cancelledJob_endsWithItsSignal_andSlurmsLastWords() throws Exception {
        String job = slurm.submit(directory, "echo one; sleep 100", "-o", "out");
        CollectingViewer viewer = follow(job);
        viewer.awaitLine("one");
        slurm.said("scancel", job);
        viewer.awaitEnd();
        // SLURM's word comes first, then perhaps bash's about the command that the signal reached before it.
        assertThat(viewer.lines()).isEqualTo(Files.readAllLines(directory.resolve("out")));
        assertThat(viewer.lines().get(1)).contains("CANCELLED");
        assertThat(last(viewer).detail()).contains("CANCELLED");
    }

    @Test
    void jobWhoseDirectoryIsMissing_endsWithoutALog() throws Exception {
        String job = slurm.submit(directory, "echo one", "-o", "no/such/out");
        CollectingViewer viewer = follow(job);
        viewer.awaitEnd();
        assertThat(viewer.lines()).isEmpty();
        assertThat(last(viewer).detail()).contains("FAILED").contains("no file").contains("no/such/out");
    }

    @Test
    void jobWithAnyName_isFollowed() throws Exception {
        String name = "a\u001fb, c%N";
        String job = slurm.submit(directory, "echo one", "-J", name, "-o", "out-%x-%j");
        CollectingViewer viewer = follow(job);
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("one");
        assertThat(directory.resolve("out-" + name + "-" + job)).exists();
        assertThat(cluster.jobs()).extracting(SlurmJob::name).contains(name);
    }

    @Test
    void twentyThousandJobs_canBeAskedFor() throws Exception {
        String job = slurm.submit(directory, "echo one", "-o", "out");
        SqueueQuery query = new SqueueQuery(
                new Program(Map.of("SLURM_CONF", slurm.configuration().toString()), Duration.ofSeconds(20)), "");
        Set<Long> many = LongStream.range(1_000_000_000, 1_000_020_000).boxed().collect(Collectors.toSet());
        many.add(Long.parseLong(job));
        assertThat(query.ask(many).jobs()).extracting(SlurmJob::label).containsExactly(job);
    }

    // ---- two channels

    @Test
    void errorsOfTheirOwnFile_areTheirOwnChannel() throws Exception {
        String job = slurm.submit(
                directory, "echo out; echo err >&2; sleep 0.5; echo out2; echo err2 >&2", "-o", "o", "-e", "e");
        CollectingViewer viewer = follow(job);
        viewer.awaitEnd();
        assertThat(new String(viewer.bytes(Channel.STDOUT), StandardCharsets.UTF_8))
                .isEqualTo("out\nout2\n");
        assertThat(new String(viewer.bytes(Channel.STDERR), StandardCharsets.UTF_8))
                .isEqualTo("err\nerr2\n");
    }

    @Test
    void oneChannel_isReadAlone() throws Exception {
        String job = slurm.submit(directory, "echo out; echo err >&2", "-o", "o", "-e", "e");
        CollectingViewer viewer = follow(job(job).channel(Channel.STDERR).build(), Replay.all());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("err");
    }

    @Test
    void oneFileForBoth_isReadOnce() throws Exception {
        Files.createFile(directory.resolve("same"));
        Files.createSymbolicLink(directory.resolve("link"), directory.resolve("same"));
        for (List<String> options : List.of(
                List.of("-o", "both"),
                List.of("-o", "x", "-e", "x"),
                List.of("-o", "same", "-e", "link", "--open-mode=append"))) {
            String job = slurm.submit(directory, "echo out; echo err >&2", options.toArray(String[]::new));
            CollectingViewer viewer = follow(job);
            viewer.awaitEnd();
            assertThat(viewer.lines()).as("%s", options).containsExactly("out", "err");
            assertThat(viewer.bytes(Channel.STDERR)).isEmpty();
        }
    }

    @Test
    void outputThatNobodyWants_isNoLog() throws Exception {
        String job = slurm.submit(directory, "echo out; exit 4", "-o", "/dev/null");
        CollectingViewer viewer = follow(job);
        viewer.awaitEnd();
        assertThat(viewer.lines()).isEmpty();
        assertThat(last(viewer).exitCode()).hasValue(4);
        assertThat(last(viewer).detail()).contains("no log");
    }

    // ---- requeued

    @Test
    void requeuedJob_goesOnWithItsNextRun_whenItsFileIsCut() throws Exception {
        assertThat(requeue("--open-mode=truncate")).contains(Kind.TRUNCATED);
    }

    @Test
    void requeuedJob_goesOnWithItsNextRun_whenItsFileIsAppendedTo() throws Exception {
        assertThat(requeue("--open-mode=append")).doesNotContain(Kind.TRUNCATED);
    }

    private List<Kind> requeue(String mode) throws Exception {
        Path go = directory.resolve("go");
        String script = "echo run ${SLURM_RESTART_COUNT:-0}; while ! [ -e " + go + " ]; do sleep 0.1; done; echo done";
        String job = slurm.submit(directory, script, "-o", "out", mode, "--requeue", "-w", "n1");
        CollectingViewer viewer = follow(job);
        viewer.awaitLine("run 0");
        slurm.said("scontrol", "requeue", job);
        viewer.awaitEvent(Kind.REQUEUED);
        slurm.awaitState(job, "PENDING");
        // SLURM's word, and perhaps the shell's about the command that the signal reached before it
        List<String> first = Files.readAllLines(directory.resolve("out"));
        viewer.await("all of the first run", () -> viewer.lines().equals(first));
        // On the same node slurmd may still be cleaning up after the first run, and then the second one fails at once.
        slurm.said("scontrol", "update", "JobId=" + job, "StartTime=now", "ReqNodeList=n2");
        viewer.await("the second run; " + details(viewer), () -> viewer.lines().contains("run 1"));
        Files.createFile(go);
        viewer.awaitEnd();
        assertThat(first.get(0)).isEqualTo("run 0");
        assertThat(first).filteredOn(line -> line.contains("REQUEUE")).hasSize(1);
        List<String> all = new ArrayList<>(mode.contains("truncate") ? first : List.of());
        all.addAll(Files.readAllLines(directory.resolve("out")));
        assertThat(all)
                .startsWith(first.toArray(String[]::new))
                .endsWith("run 1", "done")
                .hasSize(first.size() + 2);
        assertThat(viewer.lines()).isEqualTo(all);
        assertThat(viewer.gaps()).isEmpty();
        List<String> told = viewer.told();
        assertThat(told.indexOf("REQUEUED")).isBetween(told.indexOf("line run 0"), told.indexOf("line run 1"));
        assertThat(viewer.kinds()).filteredOn(Kind.REQUEUED::equals).hasSize(1);
        return viewer.kinds();
    }

    // ---- outages and restarts

    @Test
    void fileIsReadOn_whileSlurmIsDown() throws Exception {
        Path go = directory.resolve("go");
        String script = "echo one; while ! [ -e " + go + " ]; do sleep 0.1; done; echo two; while ! [ -e " + go
                + "2 ]; do sleep 0.1; done; echo three";
        String job = slurm.submit(directory, script, "-o", "out");
        SlurmCluster quick = slurm.cluster().timeout(Duration.ofSeconds(1)).build();
        CollectingViewer viewer = follow(
                SlurmJobSource.builder(quick, job)
                        .settleTime(Duration.ofMillis(500))
                        .build(),
                Replay.all());
        viewer.awaitLine("one");
        slurm.stopController();
        try {
            viewer.await("an unknown state", () -> details(viewer).toString().contains("is unknown"));
            Files.createFile(go);
            viewer.awaitLine("two");
        } finally {
            slurm.restartController();
        }
        viewer.await("a known state", () -> details(viewer).toString().contains("known again: RUNNING"));
        Files.createFile(directory.resolve("go2"));
        viewer.awaitEnd();
        quick.close();
        assertThat(viewer.lines()).containsExactly("one", "two", "three");
        assertThat(viewer.kinds()).filteredOn(Kind.FINISHED::equals).hasSize(1);
    }

    @Test
    void readingGoesOnExactly_afterARestart() throws Exception {
        Path go = directory.resolve("go");
        String script = "for i in 1 2 3; do echo o$i; echo e$i >&2; done; while ! [ -e " + go
                + " ]; do sleep 0.1; done; echo o4; echo e4 >&2";
        String job = slurm.submit(directory, script, "-o", "o", "-e", "e");
        CollectingViewer viewer = new CollectingViewer();
        ResumeToken token;
        try (LogHub first = LogHub.create();
                SlurmCluster same = slurm.cluster().build()) {
            Subscription subscription = first.open("slurm:" + job, job(job).build())
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.await("six lines", () -> subscription.stats().delivered() == 6); // and so the token is behind them
            token = subscription.tokens().get("slurm:" + job);
            assertThat(same).isNotNull();
        }
        Files.createFile(go);
        CollectingViewer second = follow(job(job).build(), Replay.after(Map.of("slurm:" + job, token)));
        second.awaitEnd();
        assertThat(second.lines()).containsExactlyInAnyOrder("o4", "e4");
        assertThat(second.gaps()).isEmpty();
    }

    @Test
    void jobThatIsNotFollowed_endsWhereItsLogEndsNow() throws Exception {
        String job = slurm.submit(directory, "echo one; sleep 100", "-o", "out");
        CollectingViewer.until("a line", () -> directory.resolve("out").toFile().length() > 0);
        CollectingViewer viewer = follow(job(job).follow(false).build(), Replay.all());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("one");
    }

    // ---- many nodes, many parts

    @Test
    void jobOfTwoNodes_isReadOnce() throws Exception {
        String script = "echo batch; srun -l hostname; while [ ! -e seen ]; do sleep 0.1; done";
        String job = slurm.submit(directory, script, "-N2", "-n2", "-o", "two-%N-%j");
        CollectingViewer viewer = follow(job);
        CollectingViewer.until(
                "it is seen to run", () -> details(viewer).toString().contains("n[1-2]"));
        Files.createFile(directory.resolve("seen"));
        viewer.awaitEnd();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "two-*")) {
            assertThat(viewer.lines())
                    .isEqualTo(Files.readAllLines(files.iterator().next()));
        }
        assertThat(viewer.lines()).contains("batch");
        assertThat(viewer.lines()).filteredOn(line -> line.matches("[01]: .*")).hasSize(2);
    }

    /** Of each task of a step one, as sbatch does not write them. */
    @Test
    void filesOfAStep_haveTheNamesThatAreWorkedOut() throws Exception {
        String pattern = "st-%4j-%s-%3t-%J-%A";
        String job = slurm.submit(
                directory, "srun -n4 -o '" + pattern + "' sh -c 'echo rank $SLURM_PROCID'", "-n4", "-o", "out");
        CollectingViewer viewer = follow(job(job + ".0").stdoutPath(pattern).build(), Replay.all());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("rank 0");
        long number = Long.parseLong(job);
        for (int rank = 0; rank < 4; rank++) {
            FilenamePattern.Values values =
                    new FilenamePattern.Values(number, number, FilenamePattern.NO_TASK, 0, rank, "", "", "", 0, 2205);
            assertThat(directory.resolve(FilenamePattern.expand(pattern, values)))
                    .hasContent("rank " + rank);
        }
    }

    @Test
    void partOfAHeterogeneousJob_hasTheFirstOnesLog_orNone() throws Exception {
        Path script = Files.writeString(
                directory.resolve("het.sh"),
                "#!/bin/sh\n#SBATCH -n1 -o het-%j-%A-%J\n#SBATCH hetjob\n#SBATCH -n1\necho het\n");
        String job = slurm.saidIn(directory, "sbatch", "--parsable", script.toString());
        CollectingViewer viewer = follow(job);
        CollectingViewer none = follow(job + "+1");
        viewer.awaitEnd();
        none.awaitEnd();
        assertThat(viewer.lines()).containsExactly("het");
        assertThat(none.lines()).isEmpty();
        assertThat(last(none).detail()).contains("no log");
    }
}
