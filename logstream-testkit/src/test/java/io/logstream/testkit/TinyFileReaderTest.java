package io.logstream.testkit;

import io.logstream.testkit.LogUnderTest.Ability;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.io.TempDir;

class TinyFileReaderTest extends LogSourceTck {
    @TempDir
    private Path directory;

    @Override
    protected LogUnderTest newLog() {
        Path path = directory.resolve("tiny.log");
        EnumSet<Ability> abilities = EnumSet.of(
                Ability.POSITIONS, Ability.HISTORY, Ability.PARTIAL_LINES, Ability.ANY_BYTES, Ability.APPEARS);
        return new FileLog(path, new TinyFileReader(path), abilities);
    }
}
