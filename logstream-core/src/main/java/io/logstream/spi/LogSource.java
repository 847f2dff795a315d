package io.logstream.spi;

import java.io.IOException;

/**
 * An immutable description of one log: where it is and how it is read. It may be opened again, also while it is open.
 *
 * <p>Errors: an {@link IOException} from {@link #open} or {@link LogReader#read} is retried with back-off, from the last
 * {@linkplain LineSink#position position}. A {@link io.logstream.LogStreamException} ends the stream as failed: use it
 * where trying again would not help. Anything else is taken for a bug of the source, ends the stream as failed, and is
 * logged. A log that is not there yet is no error: the reader says {@link LogReader.Outcome#WAIT} and hands over one event
 * {@link io.logstream.SourceEvent.Kind#WAITING} until it appears.
 *
 * <p>Implementations are threadsafe.
 */
public interface LogSource {

    /**
     * What is read, stable over restarts of the process: two sources with the same identity read the same log. It is hashed
     * into resume tokens and shown in messages.
     *
     * @return a text without secrets
     */
    String identity();

    /**
     * Whether its readers end by themselves, with {@link LogReader.Outcome#END}, when the log is gone: then a discovery that
     * says so ({@link LogDiscovery.Sink#gone}) does not end them. Otherwise a reader is ended where it has nothing more.
     *
     * @return false, unless a source knows better
     */
    default boolean endsItself() {
        return false;
    }

    /**
     * Opens the log. May block; runs on a thread of the hub, and is interrupted when the stream is closed.
     *
     * @param start where reading begins
     * @param context what the hub offers to this reader
     * @return a reader at that place
     * @throws IOException if the log can't be opened now; it is tried again later
     * @throws InterruptedException if the thread was interrupted
     */
    LogReader open(Start start, SourceContext context) throws IOException, InterruptedException;
}
