package io.logstream.docker;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connection to a daemon that never blocks. Used by one thread at a time, and closed by any.
 */
interface Connection extends Closeable {
    /**
     * Goes on with whatever must be done before bytes can be sent.
     *
     * @return false if that takes more time: whoever waits is told when to ask again
     */
    boolean isReady() throws IOException;

    /** Sends some of the bytes; where not all could be sent, whoever waits is told when to try again. */
    void write(ByteBuffer bytes) throws IOException;

    /**
     * Receives some bytes; where there are none, whoever waits is told when to try again.
     *
     * @return how many, 0 if there are none now, -1 if no more come
     */
    int read(ByteBuffer into) throws IOException;

    /** Closes it at once. */
    @Override
    void close();
}
