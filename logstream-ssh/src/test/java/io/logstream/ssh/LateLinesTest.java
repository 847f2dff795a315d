package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.SourcePosition;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With OpenSSH's SFTP server; time is what the test says. */
@Timeout(60)
class LateLinesTest {
    private static final long MINUTE = Duration.ofSeconds(61).toNanos();
    private static final long MOMENT = Duration.ofSeconds(1).toNanos();

    @TempDir
    private Path directory;

    private int room = Integer.MAX_VALUE;
    private final StringBuilder handed = new StringBuilder();
    private final LineSink sink = new LineSink() {
        @Override
        public int room() {
            return room;
        }

        @Override
        public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
            handed.append(StandardCharsets.UTF_8.decode(bytes));
        }

        @Override
        public void endLine(Channel channel) {
            handed.append('|');
        }

        @Override
        public void gap(long lines, Gap.Reason reason) {
            handed.append("<gap>");
        }

        @Override
        public void event(SourceEvent event) {}

        @Override
        public void position(@Nullable SourcePosition next) {}
    };

    private SshConnection connection;
    private Path log;
    private LateLines late;

    @BeforeEach
    void openAnEmptyLog() throws Exception {
        connection = SftpServerDialer.connection(new SftpServerDialer());
        log = Files.createFile(directory.resolve("app.log.1"));
        late = new LateLines(() -> {}, true);
        late.add(new Search(connection.sftp(), log.toString(), Duration.ofSeconds(20)).open(0), 0);
    }

    @AfterEach
    void close() {
        late.close();
        connection.close();
    }

    private void hand(long now) {
        try {
            late.hand(sink, now);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatCameLate_isHandedOver_howeverLongNobodyAskedForIt() throws Exception {
        Files.writeString(log, "late\nunfinished");
        CollectingViewer.until("the late line", () -> {
            hand(MINUTE);
            return handed.toString().equals("late\n");
        });
        long[] now = {2 * MINUTE};
        CollectingViewer.until("the rest, a minute later", () -> {
            hand(now[0]);
            now[0] += MOMENT; // an answer that was asked for before does not count, and it is asked for again
            return handed.toString().equals("late\nunfinished|");
        });
    }

    @Test
    void otherFiles_waitForRoom_whereOneHasFilledIt() throws Exception {
        Path other = Files.writeString(directory.resolve("app.log.2"), "two\n");
        Files.writeString(log, "one\n");
        Sftp sftp = connection.sftp();
        late.add(new Search(sftp, other.toString(), Duration.ofSeconds(20)).open(0), 0);
        room = 0;
        hand(MINUTE); // asks
        MemoryHost.awaitAnswers(sftp);
        hand(MINUTE);
        assertThat(handed).hasToString("one\n");
        hand(MINUTE);
        assertThat(handed).hasToString("one\ntwo\n");
    }

    @Test
    void whatCameLate_isHandedOver_whenAnAnswerOfLongAgoSaysThatThereIsNothing() throws Exception {
        askAMomentAfterRotation();
        Files.writeString(log, "late\n");
        hand(MINUTE); // nobody asked for it meanwhile
        assertThat(late.isEmpty()).as("it is let go").isFalse();
        CollectingViewer.until("the late line", () -> {
            hand(MINUTE);
            return handed.toString().equals("late\n");
        });
    }

    @Test
    void lateLine_isHandedOverWhole_whenAnAnswerOfLongAgoHasHalfOfIt() throws Exception {
        Files.writeString(log, "la");
        askAMomentAfterRotation();
        Files.writeString(log, "te\n", StandardOpenOption.APPEND);
        CollectingViewer.until("the late line", () -> {
            hand(MINUTE);
            return handed.toString().endsWith("te\n");
        });
        assertThat(handed).hasToString("late\n");
    }

    /** The answer is there, and was not taken. */
    private void askAMomentAfterRotation() throws Exception {
        hand(MOMENT);
        MemoryHost.awaitAnswers(connection.sftp());
    }

    @Test
    void quietFile_isLetGo_onceItsEndWasSeen() {
        hand(MINUTE);
        assertThat(late.isEmpty()).isFalse();
        CollectingViewer.until("it is let go", () -> {
            hand(MINUTE);
            return late.isEmpty();
        });
        assertThat(handed).isEmpty();
    }
}
