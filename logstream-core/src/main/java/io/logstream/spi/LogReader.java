package io.logstream.spi;

import io.logstream.Channel;
import io.logstream.internal.StreamPump;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads one log from one place on. Called by one thread at a time, not always the same one.
 */
public interface LogReader extends Closeable {

    /** What a call of {@link #read} found. */
    enum Outcome {
        /** There may be more at once. */
        MORE,
        /**
         * What is there is not known yet: it was asked for, and the answer calls {@link SourceContext#wake}. History is not
         * complete by that, and a reader that is opened again after a failure has not yet succeeded.
         */
        PENDING,
        /** There is nothing more now; {@link SourceContext#wake} or {@link SourceContext#wakeWithin} says when to look. */
        WAIT,
        /** The log is complete, and all of it was handed over. */
        END
    }

    /**
     * Hands over what is there, about {@link LineSink#room()} bytes. Never waits for a network or for new lines.
     *
     * @param sink where it goes, valid during this call
     * @return whether there is more
     * @throws IOException if the log can't be read now; it is opened again later
     */
    Outcome read(LineSink sink) throws IOException;

    /**
     * Frees what the reader holds. Also called after a failed {@link #read}, and from another thread while a {@link #read}
     * is stuck, which may then return normally or throw an {@link IOException}. Closing twice does nothing.
     */
    @Override
    void close() throws IOException;

    /**
     * Reads a blocking stream on a thread of its own from {@link SourceContext#blocking()}. Such a reader has no positions:
     * after a failure it can't be resumed exactly.
     *
     * @param in the stream, closed with the reader
     * @param channel the channel that it is
     * @param context the context that the source was opened with
     * @return the reader
     */
    static LogReader ofInputStream(InputStream in, Channel channel, SourceContext context) {
        return new StreamPump(in, channel, context);
    }
}
