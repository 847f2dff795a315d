package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A throw-away source: frames {@code channel, 0, 0, 0, length (4), bytes} that arrive in pieces cut anywhere. */
record ScriptedDockerFrames(DockerWire wire) implements LogSource {
    @Override
    public String identity() {
        return "frames:" + wire.name();
    }

    @Override
    public LogReader open(Start start, SourceContext context) {
        ByteBuffer at =
                start instanceof Start.At p ? ByteBuffer.wrap(p.position().data()) : ByteBuffer.allocate(12);
        long from = start instanceof Start.End ? wire.size() : at.getLong(0);
        DockerWire.Connection connection = wire.connect(from, context::wake);
        return new LogReader() {
            private final ByteBuffer header = ByteBuffer.allocate(8);
            private long frame = from; // where the present frame, or the next one, begins
            private int taken; // of the bytes of the present frame
            private int skip = at.getInt(8);

            @Override
            public Outcome read(LineSink sink) throws IOException {
                ByteBuffer piece = connection.poll();
                tell(sink);
                while (piece != null && piece.hasRemaining()) {
                    take(piece, sink);
                }
                tell(sink);
                boolean complete = piece == null && connection.isComplete(header.position() > 0);
                return piece != null ? Outcome.MORE : complete ? Outcome.END : Outcome.WAIT;
            }

            private void take(ByteBuffer piece, LineSink sink) {
                if (header.hasRemaining()) {
                    header.put(piece.get());
                } else {
                    int length = Math.min(header.getInt(4) - taken, piece.remaining());
                    int skipped = Math.min(length, Math.max(0, skip - taken));
                    ByteBuffer part = piece.slice(piece.position() + skipped, length - skipped);
                    sink.bytes(Channel.values()[header.get(0) - 1], part, LineSink.NO_TIME);
                    piece.position(piece.position() + length);
                    taken += length;
                }
                if (!header.hasRemaining() && taken == header.getInt(4)) {
                    header.clear();
                    frame += 8 + taken;
                    taken = skip = 0;
                }
            }

            private void tell(LineSink sink) {
                byte[] data = ByteBuffer.allocate(12)
                        .putLong(frame)
                        .putInt(Math.max(taken, skip))
                        .array();
                sink.position(SourcePosition.of(data, -1));
            }

            @Override
            public void close() {
                connection.close();
            }
        };
    }
}
