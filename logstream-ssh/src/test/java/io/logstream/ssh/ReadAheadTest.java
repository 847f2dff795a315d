package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With OpenSSH's SFTP server. */
@Timeout(60)
class ReadAheadTest {
    private static final int READ = 5;
    private static final long AHEAD = 8 << 20;

    @TempDir
    private Path directory;

    /** How many bytes of files were asked for. */
    private final AtomicLong asked = new AtomicLong();

    /** A connection that counts what is asked for. */
    private Link counted(Link link) {
        return new Link() {
            @Override
            public InputStream in() {
                return link.in();
            }

            @Override
            public OutputStream out() {
                return new FilterOutputStream(link.out()) {
                    private ByteBuffer rest = ByteBuffer.allocate(0);

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        out.write(bytes, offset, length);
                        ByteBuffer all = ByteBuffer.allocate(rest.remaining() + length)
                                .put(rest)
                                .put(bytes, offset, length)
                                .flip();
                        while (all.remaining() >= 4 && all.remaining() - 4 >= all.getInt(all.position())) {
                            ByteBuffer packet = all.slice(all.position() + 4, all.getInt(all.position()));
                            all.position(all.position() + 4 + packet.remaining());
                            if (packet.get(0) == READ) {
                                asked.addAndGet(packet.getInt(packet.limit() - 4));
                            }
                        }
                        rest = all.slice();
                    }
                };
            }

            @Override
            public Exception whyEnded(boolean begun, IOException cause) {
                return cause;
            }

            @Override
            public void close() {
                link.close();
            }
        };
    }

    /** Waits for the next bytes. */
    private static ReadAhead.Step next(ReadAhead reads) throws Exception {
        ReadAhead.Step step = reads.next(0);
        while (step == ReadAhead.Step.IDLE || step == ReadAhead.Step.PENDING) {
            reads.ask(0);
            MemoryHost.awaitAnswers(reads.file().sftp());
            step = reads.next(0);
        }
        return step;
    }

    private static ReadAhead reads(Search search) throws Exception {
        return new ReadAhead(Objects.requireNonNull(search.open(0)), () -> {});
    }

    @Test
    void largeReadsAreLeft_forAFileThatIsReadOn_whereFifteenStandStill() throws Exception {
        Path log = Files.write(directory.resolve("app.log"), new byte[2 << 20]);
        try (Sftp sftp = new Sftp(new SftpServerDialer().dial(), "here", SshConnection::startThread)) {
            sftp.ready().get(20, TimeUnit.SECONDS);
            Search search = new Search(sftp, log.toString(), Duration.ofSeconds(20));
            for (int i = 0; i < 15; i++) {
                ReadAhead stuck = reads(search);
                for (int round = 0; round < 3; round++) {
                    stuck.took(stuck.bytes().remaining());
                    assertThat(next(stuck)).isEqualTo(ReadAhead.Step.BYTES);
                }
            }
            ReadAhead reads = reads(search);
            int large = 0;
            while (reads.file().offset() < 2 << 20) {
                assertThat(next(reads)).isEqualTo(ReadAhead.Step.BYTES);
                large += reads.bytes().remaining() > Sftp.LEAST_READ ? 1 : 0;
                reads.took(reads.bytes().remaining());
            }
            assertThat(large).isGreaterThan(4); // every second one
        }
    }

    @Test
    void whatIsAskedForAndNotHandedOver_isBounded_howeverManyFilesAreFarBehind() throws Exception {
        int files = 100;
        Path log = Files.write(directory.resolve("app.log"), new byte[2 << 20]);
        try (Sftp sftp = new Sftp(counted(new SftpServerDialer().dial()), "here", SshConnection::startThread)) {
            sftp.ready().get(20, TimeUnit.SECONDS);
            Search search = new Search(sftp, log.toString(), Duration.ofSeconds(20));
            List<ReadAhead> all = new ArrayList<>();
            for (int i = 0; i < files; i++) {
                all.add(reads(search));
            }
            MemoryHost.awaitAnswers(sftp);
            asked.set(0);
            long handed = 0;
            for (int round = 0; round < 3; round++) { // each has more under way, and more that waits
                for (ReadAhead reads : all) {
                    assertThat(next(reads)).isEqualTo(ReadAhead.Step.BYTES);
                    if (round < 2) {
                        int length = reads.bytes().remaining();
                        handed += length;
                        reads.took(length);
                    }
                }
            }
            MemoryHost.awaitAnswers(sftp);
            assertThat(sftp.longestRead()).as("of OpenSSH").isGreaterThan(Sftp.LEAST_READ);
            assertThat(asked.get() - handed).isBetween(AHEAD / 2, AHEAD + files * 2L * Sftp.LEAST_READ);
            for (ReadAhead reads : all) { // and nothing is left out, nor is a large read lost to the others
                while (reads.file().offset() < 2 << 20) {
                    assertThat(next(reads)).isEqualTo(ReadAhead.Step.BYTES);
                    reads.took(reads.bytes().remaining());
                }
                reads.close();
            }
            MemoryHost.awaitAnswers(sftp);
            int free = 0;
            while (sftp.takeAhead(true)) {
                free++;
            }
            assertThat(free).isEqualTo((int) (AHEAD / sftp.longestRead()));
        }
    }
}
