package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.spi.Start;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is no file, or a link; from the beginning, or later. */
@Timeout(60)
class RefusalTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private Rig rig;

    @BeforeEach
    void rig() {
        rig = new Rig(directory);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private enum NoFile {
        DIRECTORY("is a directory", "the path of one file in it") {
            @Override
            void make(Path path) throws IOException {
                Files.createDirectory(path);
            }
        },
        FIFO("is a FIFO (named pipe)", "LogReader.ofInputStream") {
            @Override
            void make(Path path) throws Exception {
                run("mkfifo", path.toString());
            }
        },
        SOCKET("is a socket", "LogReader.ofInputStream") {
            @Override
            void make(Path path) throws IOException {
                try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                    server.bind(UnixDomainSocketAddress.of(path)); // which leaves it there
                }
            }
        },
        DEVICE("is a device", "LogReader.ofInputStream") {
            @Override
            void make(Path path) throws IOException {
                Files.createSymbolicLink(path, Path.of("/dev/zero"));
            }
        };

        final String what;
        final String advice;

        NoFile(String what, String advice) {
            this.what = what;
            this.advice = advice;
        }

        abstract void make(Path path) throws Exception;

        private static void run(String... command) throws Exception {
            assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void isRefused_whenItIsNoFile(NoFile no) throws Exception {
        no.make(rig.log);
        assertThatThrownBy(() -> rig.open(Start.beginning()))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining(rig.log + " " + no.what)
                .hasMessageContaining(no.advice);
    }

    @ParameterizedTest
    @EnumSource
    void isRefused_whenNoFileAppears(NoFile no) throws Exception {
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("<WAITING>");
        no.make(rig.log);
        assertThatThrownBy(() -> rig.pass(LONG))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining(no.what);
    }

    @ParameterizedTest
    @EnumSource
    void oldFileIsReadFirst_whenItIsReplacedByNoFile(NoFile no) throws Exception {
        rig.append("a1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("a1\n");
        rig.append("a2\n");
        rig.rename("", ".1");
        no.make(rig.log);
        assertThat(rig.moment()).isEqualTo("a2\n");
        Rig.append(rig.beside(".1"), "a3\n");
        assertThat(rig.moment()).isEqualTo("a3\n");
        assertThatThrownBy(() -> rig.pass(LONG))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining(no.what);
        assertThat(rig.sink.takeText()).isEmpty();
    }

    @Test
    void filesBetweenAreRead_whenTheNewestIsReplacedByNoFile() throws Exception {
        rig.append("a1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("a1\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.moment()).isEmpty(); // it is drained
        rig.rename(".1", ".2");
        rig.rename("", ".1");
        NoFile.FIFO.make(rig.log);
        assertThatThrownBy(() -> rig.run(LONG)).isInstanceOf(LogStreamException.class);
        assertThat(rig.sink.takeText()).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void goesOn_whenAFileIsThereAgainInTime() throws Exception {
        rig.append("a1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("a1\n");
        rig.rename("", ".1");
        Files.createDirectory(rig.log);
        assertThat(rig.moment()).isEmpty();
        Files.delete(rig.log);
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void linkIsRefused_whereLinksAreNotFollowed() throws Exception {
        rig.followLinks = false;
        Path target = directory.resolve("target");
        Rig.append(target, "t1\n");
        Files.createSymbolicLink(rig.log, target);
        assertThatThrownBy(() -> rig.open(Start.beginning()))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("is a symbolic link")
                .hasMessageContaining("followLinks(true)");

        Files.delete(rig.log);
        rig.append("b1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("b1\n");
        rig.append("b2\n");
        Files.delete(rig.log);
        Files.createSymbolicLink(rig.log, target);
        assertThat(rig.moment()).isEqualTo("b2\n");
        assertThatThrownBy(() -> rig.pass(LONG)).isInstanceOf(LogStreamException.class);

        Files.delete(rig.log);
        Files.createSymbolicLink(rig.log, Path.of("nowhere"));
        assertThatThrownBy(() -> rig.open(Start.beginning())).isInstanceOf(LogStreamException.class);
    }

    @Test
    void linkedDirectory_isFollowed_alsoWhereLinksAreNot() throws Exception {
        Path real = Files.createDirectory(directory.resolve("real"));
        rig = new Rig(Files.createSymbolicLink(directory.resolve("link"), real));
        rig.followLinks = false;
        rig.append("a1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("a1\n");
    }

    @Test
    void danglingLink_isWaitedFor() throws Exception {
        Files.createSymbolicLink(rig.log, Path.of("later"));
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("<WAITING>");
        Rig.append(directory.resolve("later"), "a1\n");
        assertThat(rig.moment()).isEqualTo("<APPEARED>a1\n");
        Files.move(directory.resolve("later"), directory.resolve("later.1"));
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<DISAPPEARED>");
        Rig.append(directory.resolve("later.1"), "a2\n");
        Rig.append(directory.resolve("later"), "b1, longer than the old one\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("a2\n<APPEARED>b1, longer than the old one\n");
    }

    @Test
    void loopOfLinks_isAnError_thatGoesAway() throws Exception {
        Files.createSymbolicLink(rig.log, Path.of("loop"));
        Files.createSymbolicLink(directory.resolve("loop"), Path.of("app.log"));
        assertThatThrownBy(() -> rig.open(Start.beginning()))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining(rig.log.toString());
        Files.delete(rig.log);
        rig.append("a1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("a1\n");
        rig.append("a2\n");
        Files.delete(rig.log);
        Files.createSymbolicLink(rig.log, Path.of("loop"));
        assertThat(rig.moment()).isEqualTo("a2\n");
        assertThatThrownBy(() -> rig.pass(LONG)).isInstanceOf(FileSystemException.class);
    }
}
