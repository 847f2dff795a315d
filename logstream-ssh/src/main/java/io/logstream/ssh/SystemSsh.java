package io.logstream.ssh;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The command line of the system's {@code ssh}. What is in it wins over the user's configuration. */
final class SystemSsh {
    private SystemSsh() {}

    /** For the SFTP server. */
    static List<String> command(SshConnection.Builder how) {
        return command(how, List.of("-s", "--", how.host, "sftp"));
    }

    /** For a command, whose line for the host's shell is to be added. */
    static List<String> forCommands(SshConnection.Builder how) {
        return command(how, List.of("--", how.host));
    }

    private static List<String> command(SshConnection.Builder how, List<String> last) {
        List<String> command = new ArrayList<>(how.command);
        if (how.config != null) {
            command.addAll(List.of("-F", how.config.toString()));
        }
        option(command, "BatchMode", "yes");
        option(command, "LogLevel", "ERROR");
        option(command, "StrictHostKeyChecking", how.anyHostKey ? "no" : "yes");
        option(command, "VerifyHostKeyDNS", "no");
        option(command, "NoHostAuthenticationForLocalhost", "no");
        option(command, "ConnectTimeout", seconds(how.connectTimeout));
        option(command, "ServerAliveInterval", seconds(how.keepAlive));
        option(command, "ServerAliveCountMax", String.valueOf(how.keepAliveCount));
        option(command, "ControlMaster", "no"); // one that is there is used; none is left behind
        option(command, "ClearAllForwardings", "yes");
        option(command, "PermitLocalCommand", "no");
        option(command, "RemoteCommand", "none");
        option(command, "Tunnel", "no");
        if (how.anyHostKey) {
            option(command, "UserKnownHostsFile", "/dev/null");
            option(command, "GlobalKnownHostsFile", "/dev/null");
        } else if (how.knownHosts != null) {
            option(command, "UserKnownHostsFile", quoted(how.knownHosts));
            option(command, "GlobalKnownHostsFile", "/dev/null");
        }
        for (Path identity : how.identities) {
            option(command, "IdentityFile", quoted(identity));
        }
        if (!how.identities.isEmpty()) {
            option(command, "IdentitiesOnly", "yes");
        }
        if (how.compression != null) {
            option(command, "Compression", how.compression ? "yes" : "no");
        }
        if (how.port > 0) {
            command.addAll(List.of("-p", String.valueOf(how.port)));
        }
        if (!how.user.isEmpty()) {
            command.addAll(List.of("-l", how.user));
        }
        command.addAll(List.of("-T", "-a", "-x"));
        command.addAll(last);
        return command;
    }

    private static void option(List<String> command, String name, String value) {
        command.addAll(List.of("-o", name + "=" + value));
    }

    private static String seconds(Duration duration) {
        return String.valueOf(Math.max(1, duration.toSeconds()));
    }

    /** As ssh's configuration wants it. */
    private static String quoted(Path path) {
        return '"' + path.toString().replace("%", "%%") + '"';
    }
}
