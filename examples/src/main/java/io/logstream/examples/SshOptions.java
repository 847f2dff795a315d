package io.logstream.examples;

import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How other machines are reached. */
final class SshOptions {
    @Option(
            names = "--ssh-config",
            paramLabel = "FILE",
            description = "The configuration of ssh (default: ~/.ssh/config).")
    @Nullable
    Path config;

    @Option(
            names = "--identity",
            paramLabel = "FILE",
            description = "A private key to log in with; may be given again for more.")
    List<Path> identities = new ArrayList<>();

    @Option(
            names = "--known-hosts",
            paramLabel = "FILE",
            description = "The keys of known hosts (default: ssh's). A host whose key is not known is refused.")
    @Nullable
    Path knownHosts;

    @Option(
            names = "--ssh-command",
            paramLabel = "PROGRAM",
            description = "Connect with this program, for instance ssh, which understands all of its configuration"
                    + " (default: with the built-in SSH).")
    @Nullable
    String command;

    @Option(
            names = "--ssh-mode",
            paramLabel = "MODE",
            description =
                    "How a new line is noticed: sftp looks at the file, exec also runs tail on the host, for lines"
                            + " within a millisecond (default: sftp).")
    SshFileSource.Mode mode = SshFileSource.Mode.SFTP;

    private final Map<String, SshConnection> connections = new ConcurrentHashMap<>();

    /**
     * The connection to a host, which lasts as long as the command.
     *
     * @throws IllegalArgumentException if this names none
     */
    SshConnection connection(@Nullable String user, String host, @Nullable String port) {
        SshConnection.Builder builder =
                SshConnection.builder(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
        if (command != null) {
            builder.command(List.of(command));
        }
        if (user != null) {
            builder.user(user);
        }
        if (port != null) {
            builder.port(Integer.parseInt(port));
        }
        if (config != null) {
            builder.config(config);
        }
        if (knownHosts != null) {
            builder.knownHosts(knownHosts);
        }
        identities.forEach(builder::identity);
        SshConnection fresh = builder.build();
        return connections.computeIfAbsent(fresh.host(), same -> fresh);
    }
}
