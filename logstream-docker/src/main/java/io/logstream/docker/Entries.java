package io.logstream.docker;

import java.io.IOException;

/** Takes the entries of a log in the order of its file. */
interface Entries {
    /**
     * Takes one entry, valid during the call.
     *
     * @param channel the ordinal of its {@link io.logstream.Channel}
     * @param bytes where it is: from, up to; with its line end, if it has one
     * @param time when it was written, in nanoseconds since 1970
     */
    void entry(int channel, byte[] bytes, int from, int to, long time) throws IOException;
}
