package io.logstream;

import java.nio.ByteBuffer;

/**
 * A stream of lines that come from the program itself. Threadsafe: any thread may publish, lines of one thread stay in
 * order.
 *
 * <p>Publishing waits only where {@link StreamOptions.Builder#allowBlock} lets a viewer block it, and never on a delivery
 * thread of the hub. After {@link #close()} it throws an {@link IllegalStateException}.
 */
public interface LogFeed extends AutoCloseable {

    /**
     * The stream that shows these lines.
     *
     * @return the broadcaster
     */
    Broadcaster broadcaster();

    /**
     * Publishes one line on {@link Channel#STDOUT}.
     *
     * @param text the line, without a line feed at its end; line feeds inside make several lines
     */
    default void line(String text) {
        line(Channel.STDOUT, text);
    }

    /**
     * Publishes one line.
     *
     * @param channel its channel
     * @param text the line, without a line feed at its end; line feeds inside make several lines
     */
    void line(Channel channel, String text);

    /**
     * Publishes bytes as they come, cut into lines by the stream.
     *
     * @param channel their channel
     * @param bytes the bytes, copied before this returns; consumed up to the limit
     */
    void bytes(Channel channel, ByteBuffer bytes);

    /**
     * Publishes an event.
     *
     * @param event what happened
     */
    void event(SourceEvent event);

    /** Ends the stream as {@link EndReason.Kind#COMPLETED}. Its history stays for the linger. Closing twice does nothing. */
    @Override
    void close();
}
