package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import io.logstream.testkit.LogUnderTest.Ability;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.io.TempDir;

/** {@link LogReader#ofInputStream} on the output of a process. */
class ProcessOutputTest extends LogSourceTck {
    @TempDir
    private Path directory;

    private record ProcessOutput(Path path) implements LogSource {
        @Override
        public String identity() {
            return "tail -f " + path;
        }

        @Override
        public LogReader open(Start start, SourceContext context) throws IOException {
            Process process = new ProcessBuilder("tail", "-c", "+1", "-f", path.toString()).start();
            InputStream output = new FilterInputStream(process.getInputStream()) {
                @Override
                public void close() throws IOException {
                    process.destroyForcibly();
                    super.close();
                    process.getErrorStream().close();
                    process.getOutputStream().close();
                }
            };
            return LogReader.ofInputStream(output, Channel.STDOUT, context);
        }
    }

    @Override
    protected LogUnderTest newLog() throws IOException {
        Path path = Files.createFile(directory.resolve("output"));
        return new FileLog(path, new ProcessOutput(path), EnumSet.of(Ability.PARTIAL_LINES, Ability.ANY_BYTES));
    }
}
