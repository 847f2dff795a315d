package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which tasks of an array are found, whatever the cluster says between two looks. */
class SlurmJobArrayTest {
    private final FakeQuery query = new FakeQuery();
    private final SlurmCluster cluster = query.cluster();
    private final List<String> found = new ArrayList<>();

    @AfterEach
    void end() {
        cluster.close();
    }

    private static SlurmJob waiting(String tasks, String state) {
        JobFields job = new JobFields();
        job.id = 12;
        job.arrayId = 12;
        job.waitingTasks = tasks;
        job.state(state);
        return job.job();
    }

    private static SlurmJob task(long task, String state) {
        JobFields job = new JobFields();
        job.id = 100 + task;
        job.arrayId = 12;
        job.taskId = task;
        job.state(state);
        job.batchHost = state.equals("PENDING") ? "" : "n1";
        return job.job();
    }

    private LogReader.Outcome scan(LogDiscovery.Scan scan) throws IOException {
        return scan.scan(new LogDiscovery.Sink() {
            @Override
            public void found(String stream, LogSource source) {
                found.add(stream);
            }

            @Override
            public void gone(String stream) {}
        });
    }

    /** As while the way to the cluster is down for longer than it remembers jobs. */
    @Test
    void tasksThatBeganAndWereForgottenBetweenTwoAnswers_areFound() throws Exception {
        query.jobs = List.of(task(1, "RUNNING"), task(2, "PENDING"), waiting("3-9:2,10%2", "PENDING"));
        try (LogDiscovery.Scan scan = SlurmJobArray.of(cluster, "12").open(new ManualContext())) {
            assertThat(scan(scan)).isEqualTo(LogReader.Outcome.WAIT);
            assertThat(found).containsExactly("slurm:12_1");
            query.jobs = List.of(task(5, "RUNNING"), waiting("9,10", "PENDING"));
            query.awaitAnswers(2);
            assertThat(scan(scan)).isEqualTo(LogReader.Outcome.WAIT);
            assertThat(found)
                    .containsExactlyInAnyOrder("slurm:12_1", "slurm:12_5", "slurm:12_2", "slurm:12_3", "slurm:12_7");
            query.jobs = List.of();
            query.awaitAnswers(4);
            assertThat(scan(scan)).isEqualTo(LogReader.Outcome.END);
            assertThat(found).hasSize(7).contains("slurm:12_9", "slurm:12_10");
        }
    }

    @Test
    void tasksThatAreCancelledWhileTheyWait_areNotFound() throws Exception {
        query.jobs = List.of(task(1, "RUNNING"), waiting("2-9", "PENDING"));
        try (LogDiscovery.Scan scan = SlurmJobArray.of(cluster, "12").open(new ManualContext())) {
            scan(scan);
            query.jobs = List.of(task(1, "RUNNING"), waiting("2-9", "CANCELLED"));
            query.awaitAnswers(2);
            assertThat(scan(scan)).isEqualTo(LogReader.Outcome.WAIT);
            query.jobs = List.of();
            query.awaitAnswers(4);
            assertThat(scan(scan)).isEqualTo(LogReader.Outcome.END);
            assertThat(found).containsExactly("slurm:12_1");
        }
    }

    /** As an array that was cancelled and forgotten while the cluster did not answer: each stream would fail. */
    @Test
    void tasksThatWereForgotten_areNotFound_whereTheyAreVeryMany() throws Exception {
        query.jobs = List.of(task(1, "RUNNING"), waiting("2-99999", "PENDING"));
        try (LogDiscovery.Scan scan = SlurmJobArray.of(cluster, "12").open(new ManualContext())) {
            scan(scan);
            query.jobs = List.of(task(1, "RUNNING"));
            query.awaitAnswers(2);
            assertThat(scan(scan)).isEqualTo(LogReader.Outcome.WAIT);
            query.jobs = List.of();
            query.awaitAnswers(4);
            assertThatThrownBy(() -> scan(scan))
                    .isInstanceOf(LogStreamException.class)
                    .hasMessageContaining("99998 tasks");
            assertThat(found).containsExactly("slurm:12_1");
        }
    }

    /** What Slurm has cut off may still wait. */
    @Test
    void tasksThatAreNotTold_asTheTextIsTooLong_stillWait() throws Exception {
        query.jobs = List.of(waiting("0-9", "PENDING"));
        try (LogDiscovery.Scan scan = SlurmJobArray.of(cluster, "12").open(new ManualContext())) {
            scan(scan);
            query.jobs = List.of(task(1, "RUNNING"), waiting("0,2,4...", "PENDING"));
            query.awaitAnswers(2);
            scan(scan);
            assertThat(found).containsExactly("slurm:12_1");
        }
    }
}
