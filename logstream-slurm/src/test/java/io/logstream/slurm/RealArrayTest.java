package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Arrays of a real SLURM. */
class RealArrayTest {
    @TempDir
    private Path directory;

    private final RealSlurm slurm;
    private final SlurmCluster cluster;
    private final LogHub hub = LogHub.create();

    RealArrayTest() throws Exception {
        slurm = RealSlurm.shared();
        cluster = slurm.cluster().build();
    }

    @AfterEach
    void end() throws Exception {
        hub.close();
        cluster.close();
        slurm.cancelAll();
    }

    private CollectingViewer followAll(String job) {
        CollectingViewer viewer = new CollectingViewer();
        SlurmJobArray array = SlurmJobArray.of(cluster, job, one -> one.settleTime(Duration.ofMillis(300)));
        hub.subscribe(
                array,
                StreamOptions.defaults(),
                SubscribeOptions.builder().replay(Replay.all()).build(),
                viewer);
        return viewer;
    }

    @Test
    void everyTaskOfAHundred_isFollowedFromItsFirstLine_toItsEnd() throws Exception {
        String job = slurm.submit(
                directory, "echo first $SLURM_ARRAY_TASK_ID; echo last $SLURM_ARRAY_TASK_ID", "--array=0-99%25");
        CollectingViewer viewer = followAll(job);
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).as("%s", end).isEqualTo(EndReason.Kind.COMPLETED);
        List<String> expected = IntStream.range(0, 100)
                .boxed()
                .flatMap(task -> List.of("first " + task, "last " + task).stream())
                .toList();
        assertThat(viewer.lines()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(viewer.gaps()).isEmpty();
        assertThat(viewer.kinds()).filteredOn(Kind.FINISHED::equals).hasSize(100);
        assertThat(viewer.events().stream().map(one -> one.stream()).distinct())
                .hasSize(100)
                .contains("slurm:" + job + "_42");
    }

    @Test
    void oneTask_isFollowed_whileItWaitsWithOthers() throws Exception {
        String job = slurm.submit(directory, "echo task $SLURM_ARRAY_TASK_ID", "--array=1-3", "-H", "-o", "t-%A_%a-%j");
        CollectingViewer viewer = new CollectingViewer();
        SlurmJobSource source = SlurmJobSource.builder(cluster, job + "_2")
                .settleTime(Duration.ofMillis(300))
                .build();
        hub.open("one", source)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        viewer.awaitEvent(Kind.WAITING);
        slurm.said("scontrol", "release", job);
        viewer.awaitEnd();
        assertThat(viewer.lines()).containsExactly("task 2");
    }

    @Test
    void numberOfAnArray_isNoJob() throws Exception {
        String job = slurm.submit(directory, "echo one", "--array=1-3", "-H");
        CollectingViewer viewer = new CollectingViewer();
        hub.open("array", SlurmJobSource.of(cluster, job)).subscribe(viewer);
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("is an array");
    }
}
