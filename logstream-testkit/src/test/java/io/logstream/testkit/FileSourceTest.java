package io.logstream.testkit;

import io.logstream.file.FileSource;
import io.logstream.testkit.LogUnderTest.Ability;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest extends LogSourceTck {
    static final EnumSet<Ability> ABILITIES = EnumSet.of(
            Ability.POSITIONS,
            Ability.EXACT_START,
            Ability.HISTORY,
            Ability.PARTIAL_LINES,
            Ability.ANY_BYTES,
            Ability.FORGET,
            Ability.APPEARS);

    @TempDir
    private Path directory;

    @Override
    protected LogUnderTest newLog() {
        Path path = directory.resolve("app.log");
        return new FileLog(path, FileSource.of(path), ABILITIES);
    }
}
