package io.logstream.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

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
}
