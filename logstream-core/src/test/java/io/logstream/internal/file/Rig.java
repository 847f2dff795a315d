package io.logstream.internal.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.logstream.file.FileSource.Watch;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One log in a directory, a reader on it, and a clock: the reader runs only when the test says so. */
final class Rig implements AutoCloseable {
    static final Duration MOMENT = Duration.ofMillis(50);
    static final Duration DRAINED = Duration.ofSeconds(2);

    final Path directory;
    final Path log;
    final HandContext context = new HandContext();
    final TextSink sink = new TextSink();
    FileWatch watching = new FileWatch();
    FileAccess access = FileAccess.system();
    Watch watch = Watch.OFF;
    boolean follow = true;
    boolean followLinks = true;
    Duration pollInterval = MOMENT;
    private @Nullable FileReader reader;

    Rig(Path directory) {
        this(directory, "app.log");
    }

    Rig(Path directory, String name) {
        this.directory = directory;
        this.log = directory.resolve(name);
    }

    Rig open(Start start) throws IOException, InterruptedException {
        close();
        FileSettings settings =
                new FileSettings(log, follow, pollInterval, watch, Duration.ofMillis(500), 64 * 1024, followLinks);
        reader = FileReader.open(settings, start, context, access, watching);
        return this;
    }

    FileReader reader() {
        return reader;
    }

    /** One call of read. */
    Outcome read() throws IOException {
        return reader.read(sink);
    }

    /** Reads until there is nothing more now. */
    Outcome readAll() throws IOException {
        Outcome outcome = read();
        while (outcome == Outcome.MORE) {
            outcome = read();
        }
        return outcome;
    }

    /** Lets this time pass, reading whenever the reader wants to. Returns what was handed over since the last call. */
    String pass(Duration time) throws IOException {
        run(time);
        return sink.takeText();
    }

    /** Lets this time pass, reading whenever the reader wants to. */
    void run(Duration time) throws IOException {
        Duration left = time;
        while (readAll() != Outcome.END) {
            Duration step = context.takeWithin();
            if (step == null || step.compareTo(left) > 0) {
                context.time.advance(left);
                break;
            }
            context.time.advance(step);
            left = left.minus(step);
        }
    }

    String moment() throws IOException {
        return pass(MOMENT.multipliedBy(3));
    }

    SourcePosition position() {
        return sink.lastPosition();
    }

    void append(String text) throws IOException {
        append(log, text);
    }

    static void append(Path file, String text) throws IOException {
        Files.writeString(file, text, ISO_8859_1, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    Path beside(String suffix) {
        return directory.resolve("app.log" + suffix);
    }

    void rename(String from, String to) throws IOException {
        Files.move(beside(from), beside(to), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Empties the file in place. */
    void truncate() throws IOException {
        Files.newByteChannel(log, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                .close();
    }

    void copyTruncate(String suffix) throws IOException {
        Files.copy(log, beside(suffix));
        truncate();
    }

    static String lines(String prefix, int from, int to) {
        StringBuilder lines = new StringBuilder();
        for (int i = from; i <= to; i++) {
            lines.append(prefix).append(i).append('\n');
        }
        return lines.toString();
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
        }
    }
}
