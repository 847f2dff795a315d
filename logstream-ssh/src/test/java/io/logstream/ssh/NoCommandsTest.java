package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.AcceptAllPublickeyAuthenticator;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.shell.ProcessShellFactory;
import org.apache.sshd.server.subsystem.SubsystemFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that runs no commands and says so, as those do which are there for SFTP alone. */
@Timeout(60)
class NoCommandsTest {
    private static final String PROGRAM = "/usr/lib/openssh/sftp-server";

    @TempDir
    private Path directory;

    private static final class Subsystem implements SubsystemFactory {
        @Override
        public String getName() {
            return "sftp";
        }

        @Override
        public Command createSubsystem(ChannelSession channel) {
            return new ProcessShellFactory(PROGRAM, PROGRAM).createShell(channel);
        }
    }

    @Test
    void commandFails_atOnce() throws Exception {
        RealSshd.assumeThere(PROGRAM);
        var hostKey = KeyUtils.generateKeyPair(KeyPairProvider.ECDSA_SHA2_NISTP256, 256);
        Path userKey = directory.resolve("user");
        RealSshd.run("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", userKey.toString());
        Path config = Files.createFile(
                directory.resolve("config"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (SshServer server = SshServer.setUpDefaultServer()) {
            server.setHost("127.0.0.1");
            server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
            server.setPublickeyAuthenticator(AcceptAllPublickeyAuthenticator.INSTANCE);
            server.setSubsystemFactories(List.of(new Subsystem()));
            server.start();
            Path known = Files.writeString(
                    directory.resolve("known"),
                    "[127.0.0.1]:" + server.getPort() + " " + PublicKeyEntry.toString(hostKey.getPublic()) + "\n");
            try (SshConnection over = SshConnection.builder("127.0.0.1")
                    .port(server.getPort())
                    .user("anybody")
                    .config(config)
                    .identity(userKey)
                    .knownHosts(known)
                    .build()) {
                assertThat(over.exists(directory.toString()).get()).isTrue();
                assertThatThrownBy(() -> over.run(List.of("/bin/true"), new byte[0], Duration.ofMinutes(5))
                                .get())
                        .hasCauseInstanceOf(IOException.class)
                        .hasMessageContaining("the host does not run the command");
                assertThat(over.size()).isOne();
            }
            CollectingViewer.until(
                    "no session is left", () -> server.getActiveSessions().isEmpty());
        }
    }
}
