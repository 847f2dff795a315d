package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A reader of a source that is opened meanwhile, on a thread of its own, as that may take as long as a network takes. */
final class OpeningReader implements LogReader {
    private volatile @Nullable LogReader opened;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable Thread opening;
    private volatile boolean isClosed;

    OpeningReader(LogSource source, Start start, SourceContext context) {
        context.blocking().execute(() -> open(source, start, context));
    }

    private void open(LogSource source, Start start, SourceContext context) {
        opening = Thread.currentThread();
        try {
            LogReader reader = isClosed ? null : source.open(start, context);
            opened = reader;
            if (isClosed && reader != null) {
                reader.close();
            }
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            failure = e;
        } finally {
            synchronized (this) {
                opening = null;
                Thread.interrupted();
            }
        }
        context.wake();
    }

    @Override
    public Outcome read(LineSink sink) throws IOException {
        Throwable why = failure;
        if (why instanceof LogStreamException) {
            throw new LogStreamException(String.valueOf(why.getMessage()), why);
        } else if (why != null) {
            throw new IOException(String.valueOf(why.getMessage()), why);
        }
        LogReader reader = opened;
        return reader == null ? Outcome.PENDING : reader.read(sink);
    }

    @Override
    public void close() throws IOException {
        isClosed = true;
        synchronized (this) {
            Thread thread = opening;
            if (thread != null) {
                thread.interrupt();
            }
        }
        LogReader reader = opened;
        if (reader != null) {
            reader.close();
        }
    }
}
