package io.logstream.testkit;

import io.logstream.file.FileSource;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;

class PolledFileSourceTest extends LogSourceTck {
    @TempDir
    private Path directory;

    @Override
    protected LogUnderTest newLog() {
        Path path = directory.resolve("app.log");
        FileSource source = FileSource.builder(path)
                .watch(FileSource.Watch.OFF)
                .pollInterval(Duration.ofMillis(10))
                .build();
        return new FileLog(path, source, FileSourceTest.ABILITIES, true);
    }
}
