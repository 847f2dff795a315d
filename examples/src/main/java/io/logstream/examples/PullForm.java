package io.logstream.examples;

import io.logstream.Gap;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.SubscribeOptions;
import io.logstream.file.FileSource;
import java.nio.file.Path;
import java.time.Duration;

/** The pull form: a loop of your own asks for the next entry of a file, up to the file's present end. */
final class PullForm {
    private PullForm() {}

    public static void main(String[] args) throws InterruptedException {
        Path path = Path.of(args[0]);
        FileSource source = FileSource.builder(path).follow(false).build();
        SubscribeOptions options =
                SubscribeOptions.builder().replay(Replay.all()).build();
        try (LogHub hub = LogHub.create();
                LogCursor cursor = hub.open("file", source).tail(options)) {
            while (cursor.end().isEmpty()) {
                LogEntry entry = cursor.await(Duration.ofSeconds(1));
                if (entry instanceof LogLine line) {
                    System.out.println(line.lineNumber() + ": " + line.text());
                } else if (entry instanceof Gap gap) {
                    System.out.println(gap.lines() + " lines are missing: " + gap.reason());
                } else if (entry instanceof SourceEvent event) {
                    System.out.println("event: " + event.kind());
                }
            }
            System.out.println("end: " + cursor.end().orElseThrow().kind());
        }
    }
}
