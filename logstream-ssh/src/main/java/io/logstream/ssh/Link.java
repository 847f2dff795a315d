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
     * Starts a command on the same host, over a channel of its own. It may wait for that, but not for the command.
     *
     * @param line what the login shell there is given
     * @param sink told what the command does, once this has returned or before
     * @throws IOException if it can't be done now
     */
    default Exec exec(String line, Exec.Sink sink) throws IOException, InterruptedException {
        throw new IOException("no commands can be run here");
    }

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
