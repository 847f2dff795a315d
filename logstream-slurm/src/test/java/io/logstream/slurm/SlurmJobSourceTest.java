package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import io.logstream.testkit.LogSourceTck;
import io.logstream.testkit.LogUnderTest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a source, with the file of a job and a cluster that says what it is told to say. */
class SlurmJobSourceTest extends LogSourceTck {
    @TempDir
    private Path directory;

    @Override
    protected LogUnderTest newLog() {
        Path out = directory.resolve("out");
        FakeQuery query = new FakeQuery();
        says(query, "RUNNING");
        SlurmCluster cluster = query.cluster();
        SlurmJobSource source = SlurmJobSource.builder(cluster, "12")
                .settleTime(Duration.ofMillis(50))
                .build();
        return new LogUnderTest() {
            @Override
            public LogSource source() {
                return source;
            }

            @Override
            public Set<Ability> abilities() {
                return EnumSet.of(
                        Ability.POSITIONS,
                        Ability.EXACT_START,
                        Ability.HISTORY,
                        Ability.PARTIAL_LINES,
                        Ability.ANY_BYTES,
                        Ability.END,
                        Ability.FORGET,
                        Ability.APPEARS);
            }

            @Override
            public void append(Channel channel, byte[] bytes) throws IOException {
                Files.write(out, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }

            @Override
            public void end() {
                says(query, "COMPLETED");
            }

            @Override
            public void forget() throws IOException {
                FileChannel.open(out, StandardOpenOption.WRITE).truncate(0).close();
            }

            @Override
            public void close() {
                cluster.close();
            }
        };
    }

    private void says(FakeQuery query, String states) {
        JobFields job = new JobFields();
        job.id = 12;
        job.state(states);
        job.workDirectory = directory.toString();
        job.stdout = "out";
        job.batchHost = "n1";
        query.jobs = List.of(job.job());
    }
}
