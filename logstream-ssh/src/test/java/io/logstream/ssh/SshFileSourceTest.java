package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import io.logstream.testkit.LogSourceTck;
import io.logstream.testkit.LogUnderTest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a source, with the real SFTP server over pipes. */
class SshFileSourceTest extends LogSourceTck {
    @TempDir
    private Path directory;

    @Override
    protected LogUnderTest newLog() {
        Path path = directory.resolve("app.log");
        SftpServerDialer dialer = new SftpServerDialer();
        SshConnection connection = SftpServerDialer.connection(dialer);
        SshFileSource source = SshFileSource.of(connection, path.toString());
        return new LogUnderTest() {
            @Override
            public LogSource source() {
                return source;
            }

            @Override
            public Set<Ability> abilities() {
                return EnumSet.of(
                        Ability.POSITIONS,
                        Ability.EXACT_START,
                        Ability.HISTORY,
                        Ability.PARTIAL_LINES,
                        Ability.ANY_BYTES,
                        Ability.BREAK,
                        Ability.FORGET,
                        Ability.APPEARS);
            }

            @Override
            public void append(Channel channel, byte[] bytes) throws IOException {
                Files.write(path, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }

            @Override
            public void breakConnections() {
                dialer.breakConnections();
            }

            @Override
            public void forget() throws IOException {
                FileChannel.open(path, StandardOpenOption.WRITE).truncate(0).close();
            }

            @Override
            public void close() {
                connection.close();
            }
        };
    }
}
