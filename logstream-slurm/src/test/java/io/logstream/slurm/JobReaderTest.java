package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.EndReason;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a job's reader makes of whatever the cluster says. */
class JobReaderTest extends JobCase {
    private CollectingViewer follow() {
        CollectingViewer viewer = new CollectingViewer();
        SlurmJobSource source =
                SlurmJobSource.builder(cluster, "12").settleTime(Duration.ZERO).build();
        hub.open(
                        "slurm:12",
                        source,
                        StreamOptions.builder()
                                .retry(Duration.ofMillis(20), Duration.ofMillis(50))
                                .build())
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    private static SourceEvent last(CollectingViewer viewer) {
        return viewer.events().get(viewer.events().size() - 1);
    }

    @Test
    void jobThatIsForgotten_hasEnded_withWhatWasLastKnown() throws Exception {
        query.says("RUNNING", file.toString());
        Files.writeString(file, "one\n");
        CollectingViewer viewer = follow();
        viewer.awaitLine("one");
        Files.writeString(file, "two\n", StandardOpenOption.APPEND);
        query.jobs = List.of();
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(last(viewer).kind()).isEqualTo(Kind.FINISHED);
        assertThat(last(viewer).detail()).contains("no longer known").contains("RUNNING");
    }

    @Test
    void jobIsNotOver_whileItCompletesOrIsBeingRequeued() throws Exception {
        Files.writeString(file, "one\n");
        for (String states : List.of("COMPLETED+COMPLETING", "COMPLETING", "FAILED+REQUEUED", "COMPLETED+STAGE_OUT")) {
            query.says(states, file.toString());
            assertThat(query.jobs.get(0).isOver()).as(states).isFalse();
        }
        query.says("COMPLETED+COMPLETING", file.toString());
        CollectingViewer viewer = follow();
        viewer.awaitLine("one");
        query.says("COMPLETED", file.toString());
        viewer.awaitEnd();
        assertThat(viewer.told()).endsWith("FINISHED 0");
    }

    @Test
    void clusterThatDoesNotAnswer_isAnOutage_untilItDoes() throws Exception {
        query.outage = new IOException("slurm_load_jobs error: Unable to contact slurm controller");
        Files.writeString(file, "one\n");
        CollectingViewer viewer = follow();
        viewer.awaitEvent(Kind.RECONNECTING);
        query.says("COMPLETED", file.toString());
        query.outage = null;
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("one");
    }

    @Test
    void clusterThatRefuses_failsTheStream() {
        query.refusal = new LogStreamException("who are you?");
        EndReason end = follow().awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("who are you?");
    }

    @Test
    void jobThatRunsWithoutAFile_isToldOf_andItsFileIsFoundElsewhere() throws Exception {
        Path other = directory.resolve("elsewhere-12.log");
        query.says("RUNNING", file.toString());
        CollectingViewer viewer = new CollectingViewer();
        SlurmJobSource source = SlurmJobSource.builder(cluster, "12")
                .settleTime(Duration.ZERO)
                .baseDirectory(directory)
                .stdoutPath("else*-%j.log")
                .build();
        hub.open("slurm:12", source).subscribe(viewer);
        viewer.awaitEvent(Kind.WAITING);
        assertThat(last(viewer).detail()).contains("there is no file").contains(file.toString());
        Files.writeString(other, "one\n");
        viewer.awaitLine("one");
        query.says("COMPLETED", file.toString());
        viewer.awaitEnd();
    }

    @Test
    void oneQuestion_asksForAThousandJobs() throws Exception {
        List<Poller.Watch> watches = new ArrayList<>();
        long begun = System.nanoTime();
        try (SlurmCluster quiet = new SlurmCluster("fake", query, Duration.ofHours(1))) {
            for (int job = 1; job <= 1000; job++) {
                watches.add(quiet.watch(JobId.parse("" + job), () -> {}));
            }
            for (Poller.Watch watch : watches) {
                watch.await();
            }
            long most = 2 + (System.nanoTime() - begun) / Duration.ofMillis(30).toNanos();
            assertThat(query.questions).isLessThan(1000).isLessThanOrEqualTo((int) most);
        }
    }
}
