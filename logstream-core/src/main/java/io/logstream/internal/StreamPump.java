package io.logstream.internal;

import io.logstream.Channel;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Turns a blocking stream into a reader: a thread of its own fills one buffer, reads empty it. */
public final class StreamPump implements LogReader {
    private static final int SIZE = 64 * 1024;

    private final InputStream in;
    private final Channel channel;
    private final SourceContext context;
    private byte[] filling = new byte[SIZE];
    private byte[] emptying = new byte[SIZE];
    private int filled;
    private boolean started;
    private boolean ended;
    private boolean closed;
    private @Nullable IOException failure;

    /** See {@link LogReader#ofInputStream}. */
    public StreamPump(InputStream in, Channel channel, SourceContext context) {
        this.in = in;
        this.channel = channel;
        this.context = context;
    }

    @Override
    public Outcome read(LineSink sink) throws IOException {
        int length;
        synchronized (this) {
            if (!started) {
                started = true;
                start();
            }
            if (filled == 0) {
                if (failure != null) {
                    throw failure;
                }
                return ended ? Outcome.END : Outcome.WAIT;
            }
            byte[] full = filling;
            filling = emptying;
            emptying = full;
            length = filled;
            filled = 0;
            notifyAll();
        }
        sink.bytes(channel, ByteBuffer.wrap(emptying, 0, length), LineSink.NO_TIME);
        return Outcome.MORE;
    }

    private void start() throws IOException {
        try {
            context.blocking().execute(this::pump);
        } catch (RejectedExecutionException e) {
            throw new IOException("no thread left to read a blocking stream", e);
        }
    }

    /** Copies from the stream to the buffer until the stream ends, waiting while the buffer is full. */
    private void pump() {
        byte[] chunk = new byte[8 * 1024];
        try {
            for (int n = in.read(chunk); n >= 0 && put(chunk, n); n = in.read(chunk)) {
                context.wake();
            }
            finish(null);
        } catch (IOException e) {
            finish(e);
        } catch (Throwable e) {
            finish(new IOException("reading the stream failed with " + e, e));
        }
    }

    private synchronized boolean put(byte[] chunk, int length) throws InterruptedException {
        while (SIZE - filled < length && !closed) {
            wait();
        }
        System.arraycopy(chunk, 0, filling, filled, closed ? 0 : length);
        filled += closed ? 0 : length;
        return !closed;
    }

    private void finish(@Nullable IOException e) {
        synchronized (this) {
            ended = true;
            failure = e;
        }
        context.wake();
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        in.close();
    }
}
