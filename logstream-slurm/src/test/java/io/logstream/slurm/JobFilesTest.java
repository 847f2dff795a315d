package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent.Kind;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import io.logstream.spi.LogReader;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a job's reader makes of files that change between two looks at them, or come one after the other. */
class JobFilesTest extends JobCase {
    // ---- files with an older job's lines

    private void old(String lines) throws IOException {
        Files.writeString(file, lines);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(600)));
    }

    /** The reader is not asked between the cut and the end, as if it had not noticed the one before it looked for the other. */
    @Test
    void fileIsReadWhole_whenItWasWrittenAnewLikeBefore_betweenTwoLooks() throws Exception {
        old("the same\n");
        ChannelLog.Finding finding = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        try (ChannelLog log = new ChannelLog(Channel.STDOUT, moved -> {}, null)) {
            log.openOld(new LogFile(LogHost.HERE, file), finding);
            log.read(sink, 0, finding);
            Files.writeString(file, "the same\n");
            log.beginFinal(finding);
            while (!log.hasEnded()) {
                log.read(sink, 0, finding);
            }
            assertThat(sink.text(Channel.STDOUT)).isEqualTo("the same\n");
            assertThat(sink.told).doesNotContain("gap");
            assertThat(log.hasEnded()).isTrue();
        }
    }

    @Test
    void olderLinesAreNotShown_whenNothingWasWritten() throws Exception {
        old("of an older job\n");
        says("PENDING");
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitEvent(Kind.WAITING);
        says("COMPLETED");
        viewer.awaitEnd();
        assertThat(viewer.lines()).isEmpty();
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void gapIsTold_whereAnOldFileGrows_andNoCutWasSeen() throws Exception {
        old("begins alike\n");
        says("PENDING");
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitEvent(Kind.CAUGHT_UP);
        Files.writeString(file, "and goes on\n", StandardOpenOption.APPEND);
        viewer.awaitLine("and goes on");
        says("COMPLETED");
        viewer.awaitEnd();
        assertThat(viewer.gaps()).hasSize(1);
        assertThat(viewer.gaps().get(0).reason()).isEqualTo(Gap.Reason.TRUNCATED);
        assertThat(viewer.told().indexOf("gap TRUNCATED"))
                .isLessThan(viewer.told().indexOf("line and goes on"));
    }

    @Test
    void noGapIsTold_whenTheCutWasSeen() throws Exception {
        old("begins alike\n");
        says("PENDING");
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitEvent(Kind.CAUGHT_UP);
        Files.writeString(file, "");
        viewer.awaitEvent(Kind.TRUNCATED);
        Files.writeString(file, "begins alike\nand goes on\n");
        viewer.awaitLine("and goes on");
        says("COMPLETED");
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("begins alike", "and goes on");
        assertThat(viewer.gaps()).isEmpty();
    }

    /** The cluster's answer is a little older than the file that is opened after it. */
    @Test
    void firstLinesAreShown_whenTheJobBeganBetweenTheAnswerAndTheOpening() throws Exception {
        says("PENDING");
        query.onQuestion = () -> {
            if (query.questions == 1) {
                try {
                    Files.writeString(file, "one\ntwo\n");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            } else if (query.questions == 2) {
                query.jobs =
                        List.of(job("RUNNING", job -> job.start = Instant.now().getEpochSecond()));
            }
        };
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitLine("two");
        assertThat(viewer.lines()).containsExactly("one", "two");
        says("COMPLETED");
        viewer.awaitEnd();
    }

    // ---- one file after the other

    @Test
    void firstRunsFileIsReadToItsEnd_beforeTheSecondRunsOther() throws Exception {
        Path first = Files.writeString(directory.resolve("out-n1"), "one\n");
        Files.writeString(directory.resolve("out-n2"), "second run\n");
        query.jobs = List.of(job("RUNNING", job -> job.stdout = "out-%N"));
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        try (LogReader reader = job("12").build().open(Start.beginning(), context)) {
            sink.read(reader);
            String more = "more of the first run\n".repeat(50_000);
            Files.writeString(first, more, StandardOpenOption.APPEND);
            query.jobs = List.of(secondRun());
            CollectingViewer.until("the second run", () -> isRead(sink, reader, "second run\n"));
            assertThat(sink.text(Channel.STDOUT)).isEqualTo("one\n" + more + "second run\n");
            assertThat(sink.told.toString()).doesNotContain("gap");
        }
    }

    /** Though the last place before that which a token can be built on was one in the first run's file. */
    @Test
    void readingGoesOnExactly_afterARestart_soonAfterTheSecondRunHasBegun() throws Exception {
        Files.writeString(directory.resolve("out-n1"), "one\n");
        query.jobs = List.of(job("RUNNING", job -> job.stdout = "out-%N"));
        CollectingViewer viewer = new CollectingViewer();
        ResumeToken token;
        try (LogHub first = LogHub.create()) {
            Subscription subscription = first.open("slurm:12", job("12").build())
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.awaitLine("one");
            Files.writeString(directory.resolve("out-n2"), "two\n");
            query.jobs = List.of(secondRun());
            viewer.await("both", () -> subscription.stats().delivered() == 2);
            token = subscription.tokens().get("slurm:12");
        }
        Files.writeString(directory.resolve("out-n2"), "three\n", StandardOpenOption.APPEND);
        CollectingViewer next = new CollectingViewer();
        Replay after = Replay.after(Map.of("slurm:12", token));
        hub.open("slurm:12", job("12").build())
                .subscribe(SubscribeOptions.builder().replay(after).build(), next);
        next.awaitLine("three");
        assertThat(next.lines()).containsExactly("three");
        assertThat(next.gaps()).isEmpty();
    }

    @Test
    void fileThatIsWrittenWithoutAPause_isLeftInTheEnd_withAGap() throws Exception {
        Path first = Files.writeString(directory.resolve("out-n1"), "one\n");
        Files.writeString(directory.resolve("out-n2"), "second run\n");
        query.jobs = List.of(job("RUNNING", job -> job.stdout = "out-%N"));
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        SlurmJobSource source = job("12").settleTime(Duration.ofSeconds(2)).build();
        try (LogReader reader = source.open(Start.beginning(), context)) {
            sink.read(reader);
            query.jobs = List.of(secondRun());
            query.awaitAnswers(2);
            sink.read(reader);
            int seconds = 0;
            while (!sink.text(Channel.STDOUT).contains("second run")) {
                String line = "second " + seconds++ + "\n";
                Files.writeString(first, line, StandardOpenOption.APPEND);
                context.advance(Duration.ofSeconds(1));
                CollectingViewer.until(line, () -> isRead(sink, reader, line) || isRead(sink, reader, "second run\n"));
            }
            assertThat(seconds).isBetween(10, 20);
            assertThat(sink.told).contains("gap ROTATED");
        }
    }

    private SlurmJob secondRun() {
        return job("RUNNING", job -> {
            job.stdout = "out-%N";
            job.batchHost = "n2";
            job.restarts = 1;
        });
    }

    private static boolean isRead(ManualContext.Sink sink, LogReader reader, String end) {
        try {
            sink.read(reader);
            return sink.text(Channel.STDOUT).endsWith(end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The release 23.02 and later tell stderr as it was given, though it is stdout. */
    @Test
    void oneFileForBoth_isReadOnce_whenTheSecondRunsHasAnotherName() throws Exception {
        Files.writeString(directory.resolve("out-n1"), "one\n");
        for (String stderr : List.of("out-%N", "./out-%N")) {
            for (boolean isLate : new boolean[] {false, true}) {
                Files.deleteIfExists(directory.resolve("out-n2"));
                readTwoRunsOfOneFile(stderr, isLate);
            }
        }
    }

    /** Late is a file that is made only after the cluster has said that its run has begun. */
    private void readTwoRunsOfOneFile(String stderr, boolean isLate) throws Exception {
        query.jobs = List.of(job("RUNNING", job -> {
            job.stdout = "out-%N";
            job.stderr = stderr;
        }));
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        try (SlurmCluster own = query.cluster(); // which has no answer for another reader under way
                LogReader reader = SlurmJobSource.builder(own, "12")
                        .settleTime(Duration.ofSeconds(2))
                        .build()
                        .open(Start.beginning(), context)) {
            sink.read(reader);
            if (!isLate) {
                Files.writeString(directory.resolve("out-n2"), "second run\n");
            }
            query.jobs = List.of(job("RUNNING", job -> {
                job.stdout = "out-%N";
                job.stderr = stderr;
                job.batchHost = "n2";
                job.restarts = 1;
            }));
            query.awaitAnswers(2);
            sink.read(reader);
            assertThat(sink.text(Channel.STDERR)).as(stderr).isEmpty();
            Files.writeString(directory.resolve("out-n2"), "second run\n");
            context.advance(Duration.ofSeconds(1));
            sink.read(reader);
            context.advance(Duration.ofSeconds(3));
            CollectingViewer.until("the second run", () -> isRead(sink, reader, "second run\n"));
            sink.read(reader);
            assertThat(sink.text(Channel.STDOUT)).isEqualTo("one\nsecond run\n");
            assertThat(sink.text(Channel.STDERR)).as(stderr + isLate).isEmpty();
        }
    }

    /** They are one file as soon as there is one. */
    @Test
    void oneFileForBoth_isReadOnce_whenItIsNotThereYet() throws Exception {
        query.jobs = List.of(job("RUNNING", job -> job.stderr = "./out"));
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitEvent(Kind.CAUGHT_UP);
        Files.writeString(file, "one\n");
        viewer.awaitLine("one");
        says("COMPLETED");
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("one");
    }

    /** What the node's machine is called is asked once more, and not taken for the node's name for ever. */
    @Test
    void fileWithTheNameOfAMachine_isRead_whenThatWasNotToldAtFirst() throws Exception {
        Files.writeString(directory.resolve("out-vm"), "one\n");
        query.hostOutage = new IOException("timed out");
        query.host = "vm";
        query.jobs = List.of(job("COMPLETED", job -> job.stdout = "out-%N"));
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitEvent(Kind.RECONNECTING);
        query.hostOutage = null;
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one");
    }

    @Test
    void fileWithTheNameOfAMachine_isReadWhileTheJobRuns_whenThatWasNotToldAtFirst() throws Exception {
        Files.writeString(directory.resolve("out-vm"), "one\n");
        query.hostOutage = new IOException("timed out");
        query.host = "vm";
        query.jobs = List.of(job("RUNNING", job -> job.stdout = "out-%N"));
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        try (LogReader reader = job("12").build().open(Start.beginning(), context)) {
            sink.read(reader);
            query.hostOutage = null;
            context.advance(Duration.ofSeconds(5));
            CollectingViewer.until("its line", () -> isRead(sink, reader, "one\n"));
        }
    }

    // ---- two channels

    @Test
    void errorsFile_isFoundElsewhere_whileTheOutputIsRead() throws Exception {
        Files.writeString(file, "one\n");
        query.jobs = List.of(job("RUNNING", job -> job.stderr = "err"));
        CollectingViewer viewer = follow(job("12").stderrPath("else*-err").build());
        viewer.awaitLine("one");
        Files.writeString(directory.resolve("elsewhere-err"), "oh\n");
        viewer.awaitLine("oh");
        assertThat(viewer.bytes(Channel.STDERR)).hasSize(3);
    }

    @Test
    void channelThatIsWrittenWithoutAPause_doesNotHoldUpTheOther() throws Exception {
        Files.writeString(file, "a line\n".repeat(500_000));
        Files.writeString(directory.resolve("err"), "oh\n");
        query.jobs = List.of(job("RUNNING", job -> job.stderr = "err"));
        ManualContext.Sink sink = new ManualContext.Sink();
        try (LogReader reader = job("12").build().open(Start.beginning(), new ManualContext())) {
            for (int i = 0; i < 5; i++) {
                assertThat(sink.read(reader, 10_000)).isEqualTo(LogReader.Outcome.MORE);
            }
            assertThat(sink.text(Channel.STDERR)).isEqualTo("oh\n");
            assertThat(sink.text(Channel.STDOUT)).hasSizeGreaterThan(20_000);
        }
    }

    @Test
    void eventsAreTold_whileAChannelIsWrittenWithoutAPause() throws Exception {
        Files.writeString(file, "a line\n".repeat(500_000));
        says("RUNNING");
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        try (LogReader reader = job("12").build().open(Start.beginning(), context)) {
            assertThat(sink.read(reader, 10_000)).isEqualTo(LogReader.Outcome.MORE);
            says("COMPLETING");
            query.awaitAnswers(2);
            for (int i = 0; i < 10; i++) {
                assertThat(sink.read(reader, 10_000)).isEqualTo(LogReader.Outcome.MORE);
                context.advance(Duration.ofMillis(200));
            }
            assertThat(sink.told.toString()).contains("COMPLETING");
        }
    }

    // ---- what is asked for by name

    @Test
    void errorsOfAForgottenJob_areReadFromThePathThatIsNamed() throws Exception {
        Files.writeString(directory.resolve("err-12"), "oh\n");
        CollectingViewer viewer = follow(job("12")
                .channel(Channel.STDERR)
                .baseDirectory(directory)
                .stderrPath("err-%j")
                .build());
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("oh");
    }

    @Test
    void pathThatIsNamed_isReadWhereTheOutputItselfGoesNowhere() throws Exception {
        Files.writeString(directory.resolve("own.log"), "mine\n");
        query.jobs = List.of(job("COMPLETED", job -> job.stdout = "/dev/null"));
        CollectingViewer viewer = follow(job("12").stdoutPath("own.log").build());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("mine");
    }

    @Test
    void step_isReadFromThePathThatIsNamed_orRefusedWithAdvice() throws Exception {
        Files.writeString(directory.resolve("st-12.3-3"), "of the step\n");
        says("COMPLETED");
        CollectingViewer viewer = follow(job("12.3").stdoutPath("st-%J-%s").build());
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("of the step");
        CollectingViewer none = new CollectingViewer();
        hub.open("none", job("12.4").build()).subscribe(none);
        EndReason end = none.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("step 12.4").contains("stdoutPath").contains("job 12,");
        Files.writeString(file, "of the script\n");
        CollectingViewer batch = new CollectingViewer();
        hub.open("batch", job("12.batch").build())
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), batch);
        batch.awaitEnd();
        assertThat(batch.lines()).containsExactly("of the script");
    }

    // ---- a cluster that forgets, or refuses

    @Test
    void taskThatIsForgotten_hasEnded_whileItsArrayIsKnown() throws Exception {
        Files.writeString(file, "one\n");
        SlurmJob other = job("RUNNING", job -> {
            job.id = 14;
            job.arrayId = 12;
            job.taskId = 2;
        });
        SlurmJob task = job("RUNNING", job -> {
            job.id = 13;
            job.arrayId = 12;
            job.taskId = 1;
        });
        query.jobs = List.of(task, other);
        CollectingViewer viewer = follow(job("12_1").build());
        viewer.awaitLine("one");
        query.jobs = List.of(other);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.events().get(viewer.events().size() - 1).detail()).contains("no longer known");
    }

    @Test
    void streamFails_whenTheClusterRefusesForLong_andItsFileIsReadFirst() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitLine("one");
        query.onQuestion = () -> {
            if (query.refused == 4) { // and is about to refuse once more
                try {
                    Files.writeString(file, "two\n", StandardOpenOption.APPEND);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        query.refuses(1000, new LogStreamException("the token is too old"));
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("too old");
        assertThat(viewer.lines()).containsExactly("one", "two");
    }

    @Test
    void streamGoesOn_whenTheClusterRefusesForAMoment() throws Exception {
        Files.writeString(file, "one\n");
        says("RUNNING");
        CollectingViewer viewer = follow(job("12").build());
        viewer.awaitLine("one");
        query.refuses(4, new LogStreamException("the token is too old"));
        query.awaitRefusals();
        says("COMPLETED");
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
    }
}
