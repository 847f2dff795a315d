package io.logstream.ssh;

import java.io.IOException;

/** Makes channels to one SFTP server. Threadsafe. */
@FunctionalInterface
interface Dialer {

    /**
     * Begins to connect, without waiting for it.
     *
     * @throws IOException if it can't be done now
     * @throws io.logstream.LogStreamException if trying again would not help
     */
    Link dial() throws IOException;
}
