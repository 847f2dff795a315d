package io.logstream.ssh;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a connection leads, as far as its options say so; the rest is in ssh's configuration.
 *
 * @param host a name of the configuration, or of a host
 * @param port 0 where not said
 * @param user empty where not said
 * @param config the file of the configuration, or null for the usual one
 * @param identities files with keys, in place of those of the configuration if there are any
 */
record Destination(
        String host,
        int port,
        String user,
        @Nullable Path config,
        List<Path> identities,
        @Nullable Path knownHosts,
        boolean anyHostKey,
        @Nullable Boolean compression) {}
