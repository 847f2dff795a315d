package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client, with OpenSSH's server and with servers that answer whatever a test wants. */
class SftpTest {
    private static final byte[] VERSION = {0, 0, 0, 5, 2, 0, 0, 0, 3};

    @TempDir
    private Path directory;

    @Test
    void file_isReadAndDescribed_byTheRealServer() throws Exception {
        Path file = directory.resolve("log");
        byte[] content = new byte[100_000];
        new Random(1).nextBytes(content);
        Files.write(file, content);
        try (Sftp sftp = real()) {
            Sftp.Handle handle = get(sftp.open(file.toString()));
            List<CompletableFuture<ByteBuffer>> reads = new ArrayList<>();
            for (int at = 0; at < content.length; at += 10_000) {
                reads.add(sftp.read(handle, at, 10_000));
            }
            ByteBuffer got = ByteBuffer.allocate(content.length);
            for (CompletableFuture<ByteBuffer> read : reads) {
                got.put(get(read).duplicate());
            }
            assertThat(got.array()).isEqualTo(content);
            assertThat(get(sftp.read(handle, content.length, 10)).remaining()).isZero();
            assertThat(get(sftp.stat(handle)).size()).isEqualTo(content.length);
            assertThat(get(sftp.stat(file.toString()))).isEqualTo(get(sftp.stat(handle)));
            Sftp.Handle names = get(sftp.openDirectory(directory.toString()));
            assertThat(get(sftp.readDirectory(names)))
                    .extracting(Sftp.Name::name)
                    .contains("log");
            assertThat(get(sftp.readDirectory(names))).isEmpty();
        }
    }

    @Test
    void missingFile_isAStatus_andTheConnectionGoesOn() throws Exception {
        try (Sftp sftp = real()) {
            assertThatThrownBy(() -> get(sftp.open(directory + "/none")))
                    .hasCauseInstanceOf(SftpStatus.class)
                    .satisfies(e ->
                            assertThat(SftpStatus.isNoSuchFile(e.getCause())).isTrue());
            assertThat(get(sftp.stat(directory.toString())).isRegular()).isFalse();
        }
    }

    @Test
    void everyRequest_fails_whenTheServerDies() throws Exception {
        SftpServerDialer dialer = new SftpServerDialer();
        try (Sftp sftp = new Sftp(dialer.dial(), "here", SshConnection::startThread)) {
            get(sftp.ready());
            dialer.breakConnections();
            assertThatThrownBy(() -> {
                        while (true) {
                            get(sftp.stat("/"));
                        }
                    })
                    .hasCauseInstanceOf(IOException.class);
            assertThat(sftp.isOpen()).isFalse();
            assertThatThrownBy(() -> get(sftp.stat("/"))).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void answerCutAtEveryByte_failsTheRequests() throws Exception {
        byte[] answers = answers();
        for (int cut = 0; cut < answers.length; cut++) {
            assertFailsOrAnswers(Arrays.copyOf(answers, cut));
        }
    }

    @Test
    void answerWithEveryByteChanged_failsOrAnswers() throws Exception {
        byte[] answers = answers();
        for (int i = 0; i < answers.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = answers.clone();
                changed[i] ^= (byte) (1 << bit);
                assertFailsOrAnswers(changed);
            }
        }
    }

    @Test
    void randomBytes_failTheRequests() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            byte[] begun = bytes;
            if (i % 2 == 0) {
                begun = Arrays.copyOf(VERSION, VERSION.length + bytes.length);
                System.arraycopy(bytes, 0, begun, VERSION.length, bytes.length);
            }
            assertFailsOrAnswers(begun);
        }
    }

    @Test
    void hugePacket_isRefused_beforeItIsRead() throws Exception {
        byte[] huge = ByteBuffer.allocate(VERSION.length + 4)
                .put(VERSION)
                .putInt(Sftp.MAX_PACKET + 1)
                .array();
        assertThatThrownBy(() -> ask(huge)).hasMessageContaining("packet of " + (Sftp.MAX_PACKET + 1) + " bytes");
    }

    @Test
    void answerToNothing_endsTheConnection() throws Exception {
        assertThatThrownBy(() -> ask(concat(VERSION, attributes(99)))).hasMessageContaining("not asked");
    }

    @Test
    void shellThatPrints_isNamedAsTheReason() throws Exception {
        assertThatThrownBy(() -> ask("Welcome to this host!\n".getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("does its shell print something");
    }

    private static void assertFailsOrAnswers(byte[] answers) throws Exception {
        try {
            ask(answers);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(IOException.class);
        }
    }

    /** Asks three things of a server that says this. */
    private static void ask(byte[] answers) throws Exception {
        InputStream in = new ByteArrayInputStream(answers);
        Link link = new Link() {
            @Override
            public InputStream in() {
                return in;
            }

            @Override
            public OutputStream out() {
                return OutputStream.nullOutputStream();
            }

            @Override
            public Exception whyEnded(boolean begun, IOException cause) {
                return cause;
            }

            @Override
            public void close() {}
        };
        try (Sftp sftp = new Sftp(link, "scripted", SshConnection::startThread)) {
            CompletableFuture<?> first = sftp.stat("/a");
            CompletableFuture<?> second = sftp.open("/a");
            CompletableFuture<?> third = sftp.read(new Sftp.Handle(new byte[4]), 0, 3);
            get(first);
            get(second);
            get(third);
        }
    }

    private static byte[] answers() {
        byte[] handle = ByteBuffer.allocate(4 + 13)
                .putInt(13)
                .put((byte) 102)
                .putInt(2)
                .putInt(4)
                .putInt(7)
                .array();
        byte[] data = ByteBuffer.allocate(4 + 12)
                .putInt(12)
                .put((byte) 103)
                .putInt(3)
                .putInt(3)
                .put(new byte[] {'a', 'b', '\n'})
                .array();
        return concat(concat(VERSION, attributes(1)), concat(handle, data));
    }

    private static byte[] attributes(int id) {
        return ByteBuffer.allocate(4 + 37)
                .putInt(37)
                .put((byte) 105)
                .putInt(id)
                .putInt(15)
                .putLong(3)
                .putInt(0)
                .putInt(0)
                .putInt(0100644)
                .putInt(1)
                .putInt(2)
                .array();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static Sftp real() throws Exception {
        return get(new Sftp(new SftpServerDialer().dial(), "here", SshConnection::startThread).ready());
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }
}
