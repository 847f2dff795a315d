package io.logstream.spi;

import java.io.Closeable;
import java.io.IOException;

/**
 * An immutable description of a set of logs that come and go: the files of a pattern, the containers with a label, the
 * tasks of a job array. Each of them becomes a stream of its own in a merged subscription. Threadsafe.
 */
public interface LogDiscovery {

    /**
     * What is looked for, stable over restarts of the process.
     *
     * @return a text without secrets
     */
    String identity();

    /**
     * Begins to look. May block; errors as for {@link LogSource#open}.
     *
     * @param context what the hub offers
     * @return a scan that has told nothing yet
     * @throws IOException if it can't look now; it is tried again later
     * @throws InterruptedException if the thread was interrupted
     */
    Scan open(SourceContext context) throws IOException, InterruptedException;

    /** Looks for logs. Called by one thread at a time. */
    interface Scan extends Closeable {

        /**
         * Tells what has come and gone since the last call; all there is has been told with the first call that says
         * something else than {@link LogReader.Outcome#MORE} and {@link LogReader.Outcome#PENDING}.
         *
         * @param sink where it goes
         * @return {@link LogReader.Outcome#END} if no more logs can come
         * @throws IOException if it can't look now; it is opened again later
         */
        LogReader.Outcome scan(Sink sink) throws IOException;
    }

    /** Takes what a scan finds. Telling something again does nothing. */
    interface Sink {

        /**
         * A log is there.
         *
         * @param stream the id of its stream, stable over restarts of the process
         * @param source what reads it
         */
        void found(String stream, LogSource source);

        /**
         * A log is gone: its stream ends when what is there has been read, or when its source ends it ({@link
         * LogSource#endsItself}).
         *
         * @param stream the id of its stream
         */
        void gone(String stream);
    }
}
