package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A throw-away source: a file that only grows, looked at every few milliseconds. */
record TinyFileReader(Path path) implements LogSource {
    @Override
    public String identity() {
        return "tiny:" + path;
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException {
        long size = Files.exists(path) ? Files.size(path) : 0;
        long offset = start instanceof Start.At at
                ? ByteBuffer.wrap(at.position().data()).getLong()
                : 0;
        long from = start instanceof Start.End ? size : offset;
        return new LogReader() {
            private @Nullable RandomAccessFile file;
            private final byte[] buffer = new byte[8192];
            private long next = from;
            private boolean waiting;

            @Override
            public Outcome read(LineSink sink) throws IOException {
                if (file == null && !Files.exists(path)) {
                    if (!waiting) {
                        sink.event(SourceEvent.of(SourceEvent.Kind.WAITING, "no such file"));
                        waiting = true;
                    }
                    context.wakeWithin(Duration.ofMillis(5));
                    return Outcome.WAIT;
                }
                file = file == null ? new RandomAccessFile(path.toFile(), "r") : file;
                file.seek(next);
                tell(sink);
                int length = file.read(buffer, 0, Math.min(buffer.length, sink.room()));
                if (length <= 0) {
                    context.wakeWithin(Duration.ofMillis(5));
                    return Outcome.WAIT;
                }
                sink.bytes(Channel.STDOUT, ByteBuffer.wrap(buffer, 0, length), LineSink.NO_TIME);
                next += length;
                tell(sink);
                return Outcome.MORE;
            }

            private void tell(LineSink sink) {
                sink.position(
                        SourcePosition.of(ByteBuffer.allocate(8).putLong(next).array(), -1));
            }

            @Override
            public void close() throws IOException {
                if (file != null) {
                    file.close();
                }
            }
        };
    }
}
