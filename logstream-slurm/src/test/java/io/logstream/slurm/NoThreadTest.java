package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.Channel;
import io.logstream.file.FileSource;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What needs a thread of the hub, where all of them are taken: an outage, after which it is tried again. */
class NoThreadTest extends JobCase {
    private final ManualContext context = new ManualContext();

    @Test
    void fileIsNotOpenedNow_whenThereIsNoThreadForIt() throws Exception {
        context.hasThreads = false;
        try (OpeningReader reader = new OpeningReader(FileSource.of(file), Start.beginning(), context)) {
            assertThat(context.wakes).isPositive();
            assertThatThrownBy(() -> new ManualContext.Sink().read(reader))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no thread");
        }
    }

    @Test
    void nameOfAMachine_isAskedForLater_whenThereIsNoThreadForIt() throws Exception {
        query.says("RUNNING", file + "-%N");
        SlurmJob job = query.jobs.get(0);
        Candidates files = new Candidates(SlurmJobSource.builder(cluster, "12").build(), context, () -> {});
        files.begun();
        context.hasThreads = false;
        files.learnHost(job);
        assertThat(context.wakes).isPositive();
        assertThatThrownBy(() -> files.isAwaited(job, 0, Channel.STDOUT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no thread");
        context.hasThreads = true;
        context.advance(Duration.ofSeconds(6));
        files.learnHost(job);
        CollectingViewer.until("the name is known", () -> cluster.knownHost("n1") != null);
        assertThat(files.isAwaited(job, 0, Channel.STDOUT)).isFalse();
    }
}
