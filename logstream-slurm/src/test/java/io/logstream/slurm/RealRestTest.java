package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real slurmrestd, over a unix socket and over TCP. */
class RealRestTest {
    @TempDir
    private Path directory;

    private final RealSlurm slurm;

    RealRestTest() throws Exception {
        slurm = RealSlurm.shared();
    }

    @Test
    void jobIsFollowed_overAUnixSocket() throws Exception {
        URI server = slurm.rest();
        try (SlurmCluster cluster = SlurmCluster.builder()
                        .rest(server)
                        .pollInterval(Duration.ofMillis(200))
                        .build();
                LogHub hub = LogHub.create()) {
            String job = slurm.submit(directory, "echo one; exit 3", "-o", "out-%N-%5j");
            CollectingViewer viewer = new CollectingViewer();
            SlurmJobSource source = SlurmJobSource.builder(cluster, job)
                    .settleTime(Duration.ofMillis(300))
                    .build();
            hub.open("job", source)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactly("one");
            assertThat(viewer.told()).contains("FINISHED 3");
            assertThat(cluster.jobs()).extracting(SlurmJob::label).contains(job);
        }
    }

    @Test
    void failures_areToldApart() throws Exception {
        HttpGet local = new HttpGet(slurm.rest(), Map::of, Duration.ofSeconds(20));
        assertThat(new RestQuery(local, null).ask(Set.of(999999L)).jobs())
                .as("a 500 that means that there is no such job")
                .isEmpty();
        assertThatThrownBy(() -> new RestQuery(local, "v0.0.99").ask(Set.of(1L)))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("another version");
        HttpGet stranger = new HttpGet(slurm.restOverTcp(), Map::of, Duration.ofSeconds(20));
        assertThatThrownBy(() -> new RestQuery(stranger, "v0.0.38").ask(Set.of(1L)))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("refuses");
        HttpGet nobody = new HttpGet(URI.create("unix:/no/such/socket"), Map::of, Duration.ofSeconds(20));
        assertThatThrownBy(() -> new RestQuery(nobody, null).ask(Set.of(1L))).isInstanceOf(IOException.class);
    }
}
