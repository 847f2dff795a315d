package io.logstream.ssh;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One host on the way, and how to log in to it: the last is where the connection leads, those before it are jumped over.
 *
 * @param knownAs what it is called in the files of known hosts
 * @param knownPort the port that belongs to that name there
 * @param anyHostKey whether any host is taken for the right one
 * @param identities files with keys, in the order in which they are tried
 * @param onlyThese whether keys of the agent that are not among them are left out
 * @param agent the socket of the agent, or null
 */
record Hop(
        String host,
        int port,
        String user,
        String knownAs,
        int knownPort,
        List<Path> knownHosts,
        boolean anyHostKey,
        List<Path> identities,
        boolean onlyThese,
        @Nullable Path agent,
        boolean compression) {

    @Override
    public String toString() {
        return user + "@" + host + ":" + port;
    }
}
