package io.logstream.slurm;

import io.logstream.LogHub;
import java.nio.file.Path;
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
}
