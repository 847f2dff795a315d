package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the real SFTP server answers when it is asked for a file that it can't look at. */
class ExistsTest {
    @TempDir
    private Path directory;

    private static boolean get(CompletableFuture<Boolean> answer) throws Exception {
        return answer.get(60, TimeUnit.SECONDS);
    }

    /** It is asked as somebody who is not root. */
    @Test
    void fileInADirectoryThatMayNotBeSearched_isARefusal_andNoOutage() throws Exception {
        RealSshd.assumeThere(SftpServerDialer.SERVER);
        Path closed = Files.createDirectory(
                directory.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
        SftpServerDialer nobody = new SftpServerDialer(
                "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SftpServerDialer.SERVER);
        try (SshConnection over = SftpServerDialer.connection(nobody)) {
            assertThatThrownBy(() -> get(over.exists(closed + "/log")))
                    .hasCauseInstanceOf(LogStreamException.class)
                    .hasMessageContaining("closed/log");
            assertThat(get(over.exists("/"))).isTrue();
        }
    }

    @Test
    void nameThatIsTooLong_isTheNameOfNothing() throws Exception {
        RealSshd.assumeThere(SftpServerDialer.SERVER);
        try (SshConnection over = SftpServerDialer.connection(new SftpServerDialer())) {
            assertThat(get(over.exists(directory + "/" + "x".repeat(256)))).isFalse();
            assertThat(get(over.exists(directory + "/x".repeat(2000)))).isFalse();
        }
    }
}
