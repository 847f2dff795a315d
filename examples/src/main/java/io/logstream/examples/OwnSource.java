package io.logstream.examples;

import io.logstream.Channel;
import io.logstream.LogHub;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A source of your own: it counts to a number, and it can go on from any place that it has reached before. */
record OwnSource(int upTo) implements LogSource {

    @Override
    public String identity() {
        return "count to " + upTo;
    }

    @Override
    public LogReader open(Start start, SourceContext context) {
        int first = start instanceof Start.At at
                ? ByteBuffer.wrap(at.position().data()).getInt()
                : 0;
        return new LogReader() {
            private int done = first;

            @Override
            public Outcome read(LineSink sink) {
                while (done < upTo && sink.room() > 0) {
                    sink.position(position(done));
                    byte[] line = ("number " + ++done + "\n").getBytes(StandardCharsets.UTF_8);
                    sink.bytes(Channel.STDOUT, ByteBuffer.wrap(line), LineSink.NO_TIME);
                }
                sink.position(position(done));
                return done < upTo ? Outcome.MORE : Outcome.END;
            }

            @Override
            public void close() {}
        };
    }

    private static SourcePosition position(int done) {
        return SourcePosition.of(ByteBuffer.allocate(4).putInt(done).array(), done);
    }

    public static void main(String[] args) throws InterruptedException {
        try (LogHub hub = LogHub.create()) {
            hub.open("count", new OwnSource(3))
                    .subscribe(lines -> lines.forEach(line -> System.out.println(line.text())))
                    .awaitEnd(Duration.ofSeconds(10));
        }
    }
}
