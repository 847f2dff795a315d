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
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** A throw-away source: a peer that pushes, and beats when it has nothing; a thread of its own takes what it sends. */
record FreezingPush(FreezingPeer peer, Duration patience) implements LogSource {
    @Override
    public String identity() {
        return "push:" + peer.name();
    }

    @Override
    public LogReader open(Start start, SourceContext context) {
        long offset = start instanceof Start.At at
                ? ByteBuffer.wrap(at.position().data()).getLong()
                : 0;
        long from = start instanceof Start.End ? peer.size() : offset;
        BlockingQueue<byte[]> pieces = new ArrayBlockingQueue<>(4);
        FreezingPeer.Connection connection = peer.connect(from);
        context.blocking().execute(() -> {
            while (connection.pushTo(pieces)) {
                context.wake();
            }
        });
        return new LogReader() {
            private ByteBuffer piece = ByteBuffer.allocate(0);
            private long next = from;
            private long heard = context.time().nanoTime();

            @Override
            public Outcome read(LineSink sink) throws IOException {
                tell(sink);
                while (sink.room() > 0) {
                    byte[] beat = piece.hasRemaining() ? null : pieces.poll();
                    heard = beat == null ? heard : context.time().nanoTime();
                    piece = beat == null ? piece : ByteBuffer.wrap(beat);
                    if (beat == null && !piece.hasRemaining()) {
                        if (context.time().nanoTime() - heard > patience.toNanos()) {
                            throw new IOException("the peer has been silent for " + patience);
                        }
                        context.wakeWithin(patience);
                        return Outcome.WAIT;
                    }
                    int length = Math.min(sink.room(), piece.remaining());
                    sink.bytes(Channel.STDOUT, piece.slice(piece.position(), length), LineSink.NO_TIME);
                    piece.position(piece.position() + length);
                    next += length;
                    tell(sink);
                }
                return Outcome.MORE;
            }

            private void tell(LineSink sink) {
                sink.position(
                        SourcePosition.of(ByteBuffer.allocate(8).putLong(next).array(), -1));
            }

            @Override
            public void close() {
                connection.close();
                pieces.clear();
            }
        };
    }
}
