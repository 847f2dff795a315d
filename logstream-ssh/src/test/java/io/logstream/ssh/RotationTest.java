package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What rotation does to a remote log, with the real SFTP server over pipes. */
class RotationTest {
    /** Does not take an old file for quiet while the test is about to write to it. */
    private static final UnaryOperator<SshFileSource.Builder> UNHURRIED =
            builder -> builder.drainTime(Duration.ofSeconds(3));

    @TempDir
    private Path directory;

    private final SftpServerDialer dialer = new SftpServerDialer();
    private final SshConnection connection = SftpServerDialer.connection(dialer);
    private LogHub hub = LogHub.create();
    private Path log;
    private final CollectingViewer viewer = new CollectingViewer();
    private Subscription subscription;

    @BeforeEach
    void begin() {
        log = directory.resolve("app.log");
    }

    @AfterEach
    void end() {
        hub.close();
        connection.close();
    }

    private void follow(Replay replay) {
        follow(replay, builder -> builder);
    }

    private void follow(Replay replay, UnaryOperator<SshFileSource.Builder> how) {
        SshFileSource source =
                how.apply(SshFileSource.builder(connection, log.toString())).build();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .allowBlock(BackpressurePolicy.FOREVER)
                .build();
        SubscribeOptions from = SubscribeOptions.builder()
                .replay(replay)
                .policy(BackpressurePolicy.block())
                .build();
        subscription = hub.open("log", source, options).subscribe(from, viewer);
    }

    private void write(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void rotate() throws IOException {
        Files.move(log, directory.resolve("app.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void oldIsReadBeforeNew_whenTheOldWriterWritesOn() throws Exception {
        write(log, "one\n");
        follow(Replay.all(), UNHURRIED);
        viewer.awaitLine("one");
        rotate();
        write(directory.resolve("app.log.1"), "late\n");
        write(log, "two\n");
        write(directory.resolve("app.log.1"), "later\n");
        viewer.awaitLine("two");
        assertThat(viewer.lines()).containsExactly("one", "late", "later", "two");
        assertThat(viewer.kinds()).contains(Kind.ROTATED);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void lateLineOfARotatedFile_follows_afterTheNewOneWasEntered() throws Exception {
        write(log, "one\n");
        follow(Replay.all());
        viewer.awaitLine("one");
        rotate();
        write(log, "two\n");
        viewer.awaitLine("two");
        write(directory.resolve("app.log.1"), "half of ");
        write(directory.resolve("app.log.1"), "a late line\n");
        viewer.awaitLine("half of a late line");
        write(log, "three\n");
        viewer.awaitLine("three");
        assertThat(viewer.lines()).containsExactly("one", "two", "half of a late line", "three");
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void nothingIsLost_whenItIsRotatedAgainAndAgain() throws Exception {
        follow(Replay.all());
        viewer.awaitEvent(Kind.WAITING);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            String text = "first of " + i + "\n" + "second of " + i + "\n";
            write(log, text);
            all.append(text);
            viewer.awaitLine("second of " + i);
            rotate();
        }
        assertThat(new String(viewer.bytes(Channel.STDOUT), StandardCharsets.UTF_8))
                .isEqualTo(all.toString());
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void unfinishedLine_ends_whereTheNextFileBegins() throws Exception {
        write(log, "one\nnot finish");
        follow(Replay.all());
        viewer.awaitLine("one");
        rotate();
        write(log, "two\n");
        viewer.awaitLine("two");
        assertThat(viewer.bytes(Channel.STDOUT))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("one\nnot finish\ntwo\n");
    }

    @Test
    void gapTells_whenAFileCameAndWentBetweenTwoLooks() throws Exception {
        write(log, "one\n");
        follow(Replay.all());
        viewer.awaitLine("one");
        Files.move(log, directory.resolve("app.log.2"));
        write(log, "between\n");
        rotate();
        write(log, "two\n");
        viewer.awaitLine("two");
        // Either it was looked at in between, or a gap says that lines may be missing.
        if (!viewer.lines().contains("between")) {
            assertThat(viewer.gaps()).extracting(Gap::reason).contains(Gap.Reason.ROTATED);
        }
    }

    @Test
    void restIsReadFromTheCopy_whenCopiedAndCut() throws Exception {
        write(log, "one\n");
        follow(Replay.all());
        viewer.awaitLine("one");
        write(log, "two\n");
        Files.copy(log, directory.resolve("app.log.1"));
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
        write(log, "three\n");
        viewer.awaitLine("three");
        assertThat(viewer.lines()).containsExactly("one", "two", "three");
        assertThat(viewer.kinds()).contains(Kind.TRUNCATED);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void newLinesAreReadOnce_whenCutAndGrownPastTheOldOffset() throws Exception {
        write(log, "short\n");
        follow(Replay.all());
        viewer.awaitLine("short");
        Files.writeString(log, "a much longer first line\nand a second one\n"); // cut and written in one call each
        viewer.awaitLine("and a second one");
        assertThat(viewer.lines()).containsExactly("short", "a much longer first line", "and a second one");
        assertThat(viewer.kinds()).contains(Kind.TRUNCATED);
    }

    @Test
    void newFileIsReadWhole_whenDeletedAndMadeAgain() throws Exception {
        write(log, "one\n");
        follow(Replay.all());
        viewer.awaitLine("one");
        Files.delete(log);
        viewer.awaitEvent(Kind.DISAPPEARED);
        write(log, "two\n");
        viewer.awaitLine("two");
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.kinds()).contains(Kind.APPEARED);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void rotatedFileIsFinishedFirst_afterARestart() throws Exception {
        write(log, "one\n");
        follow(Replay.all());
        viewer.awaitLine("one");
        ResumeToken token = tokenBehind(4);
        hub.close();
        write(log, "two\n");
        rotate();
        write(log, "three\n");
        hub = LogHub.create();
        follow(Replay.after("log", token));
        viewer.awaitLine("three");
        assertThat(viewer.lines()).containsExactly("one", "two", "three");
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void gapComesFirst_whenTheFileIsGoneAfterARestart() throws Exception {
        write(log, "one\n");
        follow(Replay.all());
        viewer.awaitLine("one");
        ResumeToken token = tokenBehind(4);
        hub.close();
        Files.delete(log);
        write(log, "quite another file\n");
        hub = LogHub.create();
        follow(Replay.after("log", token));
        viewer.awaitLine("quite another file");
        assertThat(viewer.told()).containsSubsequence("line one", "gap MISMATCH", "line quite another file");
    }

    @Test
    void directory_isRefused() throws Exception {
        Files.createDirectory(log);
        follow(Replay.all());
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.toString()).contains("is a directory");
    }

    @Test
    void logGoesOn_whenWhatWasRefusedIsGoneAgain() throws Exception {
        write(log, "one\n");
        follow(Replay.all(), UNHURRIED);
        viewer.awaitLine("one");
        rotate();
        Files.createDirectory(log);
        for (int i = 0; i < 50; i++) { // meanwhile the directory is seen, and the old log is not quiet
            write(directory.resolve("app.log.1"), "old " + i + "\n");
            viewer.awaitLine("old " + i);
        }
        Files.delete(log);
        viewer.await("told that it is gone", () -> viewer.kinds().contains(Kind.DISAPPEARED));
        write(log, "new\n");
        viewer.awaitLine("new");
    }

    @Test
    void fifo_isRefusedWithoutBeingOpened() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", log.toString()).start().waitFor())
                .isZero();
        follow(Replay.all());
        assertThat(viewer.awaitEnd().toString()).contains("is a FIFO");
    }

    @Test
    void manyFiles_shareOneConnection() throws Exception {
        int count = 200;
        CollectingViewer[] viewers = new CollectingViewer[count];
        for (int i = 0; i < count; i++) {
            Path file = directory.resolve("many-" + i);
            write(file, "first of " + i + "\n");
            viewers[i] = new CollectingViewer();
            hub.open("many-" + i, SshFileSource.of(connection, file.toString()))
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewers[i]);
        }
        for (int i = 0; i < count; i++) {
            viewers[i].awaitLine("first of " + i);
            write(directory.resolve("many-" + i), "second of " + i + "\n");
        }
        for (int i = 0; i < count; i++) {
            viewers[i].awaitLine("second of " + i);
        }
        assertThat(dialer.running()).hasSize(1);
    }

    private ResumeToken tokenBehind(int bytes) {
        viewer.await(
                "the token behind the lines", () -> subscription.stats().delivered() > 0 && viewer.size() >= bytes);
        return subscription.tokens().get("log");
    }
}
