package io.logstream.slurm;

import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of a job's reader, with a cluster that says what they tell it to. */
abstract class JobCase {
    @TempDir
    Path directory;

    final FakeQuery query = new FakeQuery();
    final SlurmCluster cluster = query.cluster();
    final LogHub hub = LogHub.create();
    /** Where the job writes. */
    Path file;

    @BeforeEach
    void begin() {
        file = directory.resolve("out");
    }

    @AfterEach
    void end() {
        hub.close();
        cluster.close();
    }

    SlurmJobSource.Builder job(String job) {
        return SlurmJobSource.builder(cluster, job).settleTime(Duration.ZERO);
    }

    CollectingViewer follow(SlurmJobSource source) {
        CollectingViewer viewer = new CollectingViewer();
        hub.open("slurm:12", source)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    SlurmJob job(String states, Consumer<JobFields> more) {
        JobFields job = new JobFields();
        job.id = 12;
        job.state(states);
        job.workDirectory = directory.toString();
        job.stdout = "out";
        job.batchHost = states.equals("PENDING") ? "" : "n1";
        more.accept(job);
        return job.job();
    }

    void says(String states) {
        query.jobs = List.of(job(states, job -> {}));
    }
}
