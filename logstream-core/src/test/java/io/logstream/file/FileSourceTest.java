package io.logstream.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Recorder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {
    @Test
    void identityIsTheAbsolutePath_whateverWayItIsGiven() {
        assertThat(FileSource.of(Path.of("/var/log/./x/../app.log")).identity()).isEqualTo("file:/var/log/app.log");
        assertThat(FileSource.of(Path.of("app.log")).identity())
                .isEqualTo("file:" + Path.of("app.log").toAbsolutePath());
        assertThat(FileSource.builder(Path.of("/a")).follow(false).build().path())
                .isEqualTo(Path.of("/a"));
    }

    @Test
    void optionsAreRefusedWithTheirValue_whenOutOfRange() {
        FileSource.Builder builder = FileSource.builder(Path.of("app.log"));
        assertThatThrownBy(() -> builder.pollInterval(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pollInterval of PT0S");
        assertThatThrownBy(() -> builder.drainTime(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("drainTime of PT-1S");
        assertThatThrownBy(() -> builder.readSize(10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("readSize of 10");
    }

    @Test
    void streamFailsWithTheReason_whenTheLogIsReplacedByAFifo(@TempDir Path directory) throws Exception {
        Path log = Files.writeString(directory.resolve("app.log"), "one\n");
        Recorder viewer = new Recorder();
        try (LogHub hub = LogHub.create()) {
            hub.open("app", FileSource.of(log)).subscribe(viewer);
            viewer.awaitText("one");
            Files.writeString(log, "two\n", StandardOpenOption.APPEND);
            Files.move(log, directory.resolve("app.log.1"));
            assertThat(new ProcessBuilder("mkfifo", log.toString()).start().waitFor())
                    .isZero();
            viewer.awaitEnd();
        }
        assertThat(viewer.check().texts()).containsExactly("one", "two");
        assertThat(viewer.ends().get(0).kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(viewer.ends().get(0).message()).contains("is a FIFO (named pipe)");
    }
}
