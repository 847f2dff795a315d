package io.logstream.ssh;

import java.io.IOException;

/** Makes channels to one SFTP server. Threadsafe. */
@FunctionalInterface
interface Dialer {

    /**
     * Connects, or begins to. It may wait until there is a connection, and is then to be interrupted if nobody wants it.
     *
     * @throws IOException if it can't be done now
     * @throws io.logstream.LogStreamException if trying again would not help
     */
    Link dial() throws IOException, InterruptedException;
}
