package io.logstream.internal.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.Start;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a file begins with that is no content: byte order marks and holes. */
class BeginningTest {
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

    static Stream<Charset> wideCharsets() {
        return Stream.of(UTF_16LE, UTF_16BE);
    }

    private void write(byte... bytes) throws IOException {
        Files.write(rig.log, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void write(String text, Charset charset) throws IOException {
        write(text.getBytes(charset));
    }

    private static String asUtf8(String handedOver) {
        return new String(handedOver.getBytes(ISO_8859_1), UTF_8);
    }

    @Test
    void byteOrderMark_isLeftOut_atTheBeginningOfEachFile() throws Exception {
        write("\ufeffa1\n\ufeffa2\n", UTF_8);
        rig.open(Start.beginning());
        assertThat(asUtf8(rig.moment())).isEqualTo("a1\n\ufeffa2\n");
        rig.rename("", ".1");
        write("\ufeffb1\n", UTF_8);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void fileWithNothingButAByteOrderMark_hasNoLine() throws Exception {
        write("\ufeff", UTF_8);
        rig.open(Start.beginning());
        assertThat(rig.moment()).isEmpty();
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
    }

    @ParameterizedTest
    @MethodSource("wideCharsets")
    void wideFile_isHandedOverAsUtf8_howeverItIsWritten(Charset charset) throws Exception {
        String text = "\ufeffa1 \u20ac \ud83d\ude00\r\na2 \u0a0a\u0d0d\n\ud83d\ude00\ud83d\ude00\nunfinished";
        StringBuilder handed = new StringBuilder();
        byte[] bytes = text.getBytes(charset);
        write(bytes[0], bytes[1]); // a writer writes it at once
        rig.open(Start.beginning());
        for (int i = 2; i < bytes.length; i++) {
            write(bytes[i]);
            handed.append(rig.moment());
        }
        assertThat(asUtf8(handed.toString())).isEqualTo(text.substring(1));
    }

    @ParameterizedTest
    @MethodSource("wideCharsets")
    void everyPositionOfAWideFile_leadsToTheRest(Charset charset) throws Exception {
        String text = "\ufeffa1 \u20ac\na2 \ud83d\ude00\na3\n";
        byte[] bytes = text.getBytes(charset);
        for (int cut = 2; cut < bytes.length; cut++) {
            Files.deleteIfExists(rig.log);
            write(Arrays.copyOf(bytes, cut));
            String before = asUtf8(rig.open(Start.beginning()).moment());
            Start here = Start.at(rig.position());
            write(Arrays.copyOfRange(bytes, cut, bytes.length));
            String after = asUtf8(rig.open(here).moment());
            assertThat(before + after).isEqualTo(text.substring(1));
        }
    }

    @ParameterizedTest
    @MethodSource("wideCharsets")
    void lastLinesOfAWideFile_areFound(Charset charset) throws Exception {
        write("\ufeff\u0a0a1\n\u0a0a2\n\u0a0a3\n", charset);
        assertThat(asUtf8(rig.open(Start.last(2)).moment())).isEqualTo("\u0a0a2\n\u0a0a3\n");
        assertThat(rig.position().linesBefore()).isEqualTo(-1);
    }

    @ParameterizedTest
    @MethodSource("wideCharsets")
    void lateLinesOfAWideFile_areHandedOverAsUtf8(Charset charset) throws Exception {
        write("\ufeffa1\n", charset);
        rig.open(Start.beginning()).moment();
        rig.rename("", ".1");
        write("\ufeffb1\n", charset);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Files.write(rig.beside(".1"), "\u0a0a late\nunfin".getBytes(charset), StandardOpenOption.APPEND);
        assertThat(asUtf8(rig.pass(Rig.DRAINED))).isEqualTo("\u0a0a late\n");
        Files.write(rig.beside(".1"), "ished\n".getBytes(charset), StandardOpenOption.APPEND);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("unfinished\n");
    }

    @ParameterizedTest
    @MethodSource("wideCharsets")
    void rotationOfWideFiles_gluesNothingAndAddsNothing(Charset charset) throws Exception {
        write("\ufeffa1\n", charset);
        rig.open(Start.beginning()).moment();
        rig.rename("", ".1");
        write("\ufeffb1\nb2", charset);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\nb2");
        rig.rename("", ".2");
        write("c1\n", UTF_8);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<end>\n<ROTATED>c1\n");
    }

    @Test
    void hole_isPassedOver_whenTheWriterDoesNotGoBack() throws Exception {
        try (RandomAccessFile writer = new RandomAccessFile(rig.log.toFile(), "rw")) {
            writer.write("a1\na2\n".repeat(50_000).getBytes(UTF_8));
            rig.open(Start.beginning()).moment();
            rig.truncate();
            assertThat(rig.moment()).isEqualTo("<TRUNCATED>");
            writer.write("b1\nb2".getBytes(UTF_8));
            assertThat(rig.moment()).isEqualTo("b1\nb2");
            Start here = Start.at(rig.position());
            writer.write("\u0000\u0000\u0000\u0000\u0000\n\u0000\u0000b4\n".getBytes(UTF_8));
            assertThat(rig.open(here).moment()).isEqualTo("\u0000\u0000\u0000\u0000\u0000\n\u0000\u0000b4\n");
        }
    }

    @Test
    void hole_isPassedOver_whenReadingStopsInIt() throws Exception {
        write(new byte[100_000]);
        rig.open(Start.beginning());
        assertThat(rig.moment()).isEmpty();
        Start here = Start.at(rig.position());
        write(new byte[5]);
        rig.append("b1\n");
        assertThat(rig.open(here).moment()).isEqualTo("b1\n");
    }

    @Test
    void nulsAtTheEndOfARemoteFile_areHeldBack_untilTheyAreBytesOrOld() throws Exception {
        FaultyAccess remote = new FaultyAccess();
        remote.local = false;
        rig.access = remote;
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        write(new byte[6]);
        assertThat(rig.pass(Duration.ofSeconds(3))).isEmpty();
        try (RandomAccessFile server = new RandomAccessFile(rig.log.toFile(), "rw")) {
            server.seek(3);
            server.write("a2\na3\n".getBytes(UTF_8));
        }
        assertThat(rig.pass(Duration.ofSeconds(1))).isEqualTo("a2\na3\n");
        rig.append("a4\n\u0000\u0000");
        assertThat(rig.pass(Duration.ofSeconds(3))).isEqualTo("a4\n");
        assertThat(rig.pass(LONG)).isEqualTo("\u0000\u0000");
    }
}
