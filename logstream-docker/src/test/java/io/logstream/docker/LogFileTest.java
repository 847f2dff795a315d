package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.spi.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which logs are read from their files, with a scripted daemon. */
class LogFileTest extends FakeCase {

    /** One file that is emptied may be full again before it is read on, and then its lines are not those that were expected. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"''; true", "\"max-size\":\"1m\",\"max-file\":\"2\"; true", "\"max-size\":\"1m\"; false"})
    void logIsReadFromItsFiles_unlessItHasOneThatIsEmptied(String options, boolean isRead, @TempDir Path directory)
            throws Exception {
        web.driverOptions = options;
        web.write(Channel.STDOUT, "one\n");
        Path file = directory.resolve("json.log");
        web.logPath = file.toString();
        String time = FakeContainer.time(web.entries.get(0).time());
        Files.writeString(file, "{\"log\":\"of the file\\n\",\"stream\":\"stdout\",\"time\":\"" + time + "\"}\n");
        web.write(Channel.STDOUT, "two\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        DockerSource files = DockerSource.builder(daemon, "web").readFiles(true).build();
        try (DockerReader reader = new DockerReader(files, Start.beginning(), context)) {
            readUntil(reader, context, sink, "two");
            assertThat(sink.text).hasToString((isRead ? "of the file" : "one") + "\ntwo\n");
        }
    }
}
