package io.logstream.ssh;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A channel of bytes to an SFTP server. Threadsafe. */
interface Link extends Closeable {

    /** What the server says; read by one thread. */
    InputStream in();

    /** What the server is told; written by one thread. */
    OutputStream out();

    /**
     * Why the channel has ended.
     *
     * @param begun whether the server has answered before: then it is an outage, whatever it looks like
     * @param cause what was noticed
     * @return an {@link IOException} if it may help to try again, a {@link io.logstream.LogStreamException} if not
     */
    Exception whyEnded(boolean begun, IOException cause);

    /** Ends the channel, and wakes whoever reads or writes. Closing twice does nothing. */
    @Override
    void close();
}
