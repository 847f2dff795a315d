package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.testkit.CollectingViewer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The history comes from the daemon's files, and what follows from the daemon. */
class RealFilesTest extends RealCase {
    private static final String WRITER =
            "awk 'BEGIN { for (i = 1; i <= 60000; i++) { print \"line \" i \" <&>\\t\\\"\";"
                    + " if (i % 3 == 0) print \"error \" i > \"/dev/stderr\";"
                    + " if (i % 3000 == 0) { fflush(); system(\"head -c 40000 /dev/zero | tr \\\\\\\\0 y; echo; usleep 30000\") } } }'";

    private DockerSource files() {
        return DockerSource.builder(daemon, name)
                .endWithContainer(true)
                .readFiles(true)
                .build();
    }

    @Test
    void logIsTheSame_whileItIsWritten() throws Exception {
        real.run(name, WRITER);
        CollectingViewer viewer = follow(files(), io.logstream.Replay.all(), new CollectingViewer().bytesOnly());
        viewer.awaitEnd();
        assertSameAsFinalLog(viewer);
    }

    @Test
    void logIsTheSame_ofAContainerThatHasEnded() throws Exception {
        real.run(name, WRITER);
        real.docker("wait", name);
        CollectingViewer viewer = follow(files(), io.logstream.Replay.all(), new CollectingViewer().bytesOnly());
        viewer.awaitEnd();
        assertSameAsFinalLog(viewer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "true"})
    void nothingComesTwiceOrIsMissing_ofARotatedLog(String compress) throws Exception {
        real.run(
                name,
                "awk 'BEGIN { for (i = 1; i <= 40000; i++) { print \"line \" i;"
                        + " if (i % 2000 == 0) { fflush(); system(\"usleep 100000\") } } }'; sleep 1",
                "--log-opt=max-size=1m",
                "--log-opt=max-file=20",
                "--log-opt=compress=" + compress);
        CollectingViewer viewer = follow(files(), io.logstream.Replay.all(), new CollectingViewer().bytesOnly());
        viewer.awaitEnd();
        List<String> lines = new String(viewer.bytes(Channel.STDOUT), StandardCharsets.US_ASCII)
                .lines()
                .toList();
        assertThat(lines).hasSize(40_000);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).isEqualTo("line " + (i + 1));
        }
        assertThat(viewer.gaps()).isEmpty();
    }
}
