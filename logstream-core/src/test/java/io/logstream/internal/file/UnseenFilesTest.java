package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.file.FileSource.Watch;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that come and go between two looks: the watch counts them, and a gap stands before the first line after them. */
@Timeout(60)
class UnseenFilesTest {
    private static final Duration LONG = Duration.ofSeconds(12);

    @TempDir
    Path directory;

    private final FaultyAccess access = new FaultyAccess();
    private Rig rig;

    @BeforeEach
    void rig() {
        rig = rig(directory.resolve("app.log"));
    }

    private Rig rig(Path log) {
        Rig made = new Rig(directory, String.valueOf(log.getFileName()));
        made.watch = Watch.ON;
        made.access = access;
        return made;
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private interface Act {
        void run() throws IOException;
    }

    private static Runnable unchecked(Act act) {
        return () -> {
            try {
                act.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private void begin(String text) throws Exception {
        rig.append(text);
        rig.open(Start.beginning());
        assertThat(rig.pass(LONG)).isEqualTo(text);
        rig.context.wakes.drainPermits();
    }

    private void awaitEvent() throws InterruptedException {
        assertThat(rig.context.wakes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }

    /** A log comes and goes. */
    private void unseen() throws IOException {
        rig.append("unseen\n");
        Files.delete(rig.log);
    }

    private void rotate(String next) throws IOException {
        Files.deleteIfExists(rig.beside(".3"));
        for (int i = 2; i > 0; i--) {
            if (Files.exists(rig.beside("." + i))) {
                rig.rename("." + i, "." + (i + 1));
            }
        }
        rig.rename("", ".1");
        rig.append(next);
    }

    @Test
    void gapComesFirst_whenAFileCameAndWentBefore() throws Exception {
        begin("a1\n");
        Files.delete(rig.log);
        unseen();
        rig.append("b1\n");
        awaitEvent();
        assertThat(rig.pass(LONG)).isEqualTo("<gap -1 ROTATED><ROTATED>b1\n");
    }

    @Test
    void noGap_whenOneFileFollowsAnother() throws Exception {
        begin("a1\n");
        for (int i = 1; i <= 5; i++) {
            Files.delete(rig.log);
            rig.append("b" + i + "\n");
            awaitEvent();
            assertThat(rig.pass(LONG)).isEqualTo("<ROTATED>b" + i + "\n");
        }
    }

    @Test
    void fileIsReadBehindTheGap_thoughItGoesAwayAfterTheFirstLook() throws Exception {
        begin("a1\n");
        Files.delete(rig.log);
        unseen();
        rig.append("b1\n");
        awaitEvent();
        rig.read();
        rig.rename("", ".1");
        assertThat(rig.pass(LONG)).isEqualTo("<gap -1 ROTATED><ROTATED>b1\n<DISAPPEARED>");
    }

    @Test
    void gapComesFirst_whenAFileCameAndWentWhileThereWasNone() throws Exception {
        rig.open(Start.beginning());
        assertThat(rig.pass(LONG)).isEqualTo("<WAITING>");
        unseen();
        rig.append("b1\n");
        awaitEvent();
        assertThat(rig.pass(LONG)).isEqualTo("<APPEARED><gap -1 ROTATED>b1\n");
    }

    @Test
    void gapComesFirst_whenAFileCameAndWentLongAfterTheLastOne() throws Exception {
        begin("a1\n");
        Files.delete(rig.log);
        awaitEvent();
        assertThat(rig.pass(Duration.ofSeconds(90))).isEqualTo("<DISAPPEARED>");
        unseen();
        rig.append("b1\n");
        awaitEvent();
        String text = rig.pass(LONG);
        assertThat(text).endsWith("<gap -1 ROTATED>b1\n");
    }

    @Test
    void gapComesFirst_whenFilesAreRotatedAwayWhileReadingIsResumed() throws Exception {
        begin("a1\n");
        SourcePosition here = rig.position();
        rig.close();
        rotate("b1\n");
        rotate("c1\n");
        rotate("d1\n");
        AtomicInteger lists = new AtomicInteger();
        access.beforeList = unchecked(() -> {
            if (lists.incrementAndGet() == 2) {
                rotate("e1\n");
                rotate("f1\n");
            }
        });
        rig.open(Start.at(here));
        String text = rig.pass(LONG);
        assertThat(text).contains("c1\n", "d1\n", "e1\n", "f1\n").doesNotContain("b1");
        assertThat(text.indexOf("<gap")).isBetween(0, text.indexOf("c1"));
    }

    @Test
    void gapComesFirst_whenAllBetweenIsRemovedWhileReadingIsResumed() throws Exception {
        begin("a1\n");
        SourcePosition here = rig.position();
        rig.close();
        rotate("b1\n");
        rotate("c1\n");
        rotate("d1\n");
        AtomicInteger lists = new AtomicInteger();
        access.beforeList = unchecked(() -> {
            if (lists.incrementAndGet() == 2) {
                for (int i = 1; i <= 3; i++) {
                    Files.delete(rig.beside("." + i));
                }
            }
        });
        rig.open(Start.at(here));
        String text = rig.pass(LONG);
        assertThat(text.indexOf("<gap")).isBetween(0, text.indexOf("d1"));
    }

    @Test
    void gapComesFirst_whenTheFileBetweenIsMissingAtEachSecondLook() throws Exception {
        rig.watch = Watch.OFF;
        begin("a1\n");
        rig.rename("", ".2");
        rig.append("b1\n");
        rig.rename("", ".1");
        rig.append("c1\n");
        AtomicInteger lists = new AtomicInteger();
        Path hidden = directory.resolve("hidden");
        access.beforeList = unchecked(() -> {
            boolean hide = lists.incrementAndGet() % 2 == 0;
            if (hide || Files.exists(hidden)) {
                Files.move(hide ? rig.beside(".1") : hidden, hide ? hidden : rig.beside(".1"));
            }
        });
        assertThat(rig.pass(LONG)).isEqualTo("<gap -1 ROTATED><ROTATED>c1\n");
    }

    @Test
    void gapComesFirst_whenPolled_andRotationKeepsFilesButNotTheOneBefore() throws Exception {
        rig.watch = Watch.OFF;
        begin("a1\n");
        Files.delete(rig.log);
        unseen();
        rig.append("c1\n");
        AtomicInteger lists = new AtomicInteger();
        access.beforeList = unchecked(() -> {
            if (lists.incrementAndGet() == 1) {
                rotate("d1\n");
            }
        });
        assertThat(rig.pass(LONG)).isEqualTo("<gap -1 ROTATED><ROTATED>c1\n<ROTATED>d1\n");
    }

    @Test
    void noGap_whenPolled_andNothingIsKept() throws Exception {
        rig.watch = Watch.OFF;
        begin("a1\n");
        Files.delete(rig.log);
        rig.append("b1\n");
        assertThat(rig.pass(LONG)).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void gapComesFirst_whenAFileCameAndWentBehindALinkThatWasSwitched() throws Exception {
        Path one = Files.createDirectory(directory.resolve("one"));
        Path two = Files.createDirectory(directory.resolve("two"));
        Path log = two.resolve("link");
        Rig.append(one.resolve("link"), "x1\n");
        Rig.append(log, "y1\n");
        Path link = Files.createSymbolicLink(directory.resolve("link"), one.resolve("link"));
        rig = rig(link);
        rig.open(Start.beginning());
        assertThat(rig.pass(LONG)).isEqualTo("x1\n");
        rig.context.wakes.drainPermits();
        Files.delete(link);
        Files.createSymbolicLink(link, log);
        awaitEvent();
        rig.read();
        Files.delete(log);
        Rig.append(log, "unseen\n");
        Files.delete(log);
        Rig.append(log, "z1\n");
        assertThat(rig.pass(LONG)).isEqualTo("<ROTATED>y1\n<gap -1 ROTATED><ROTATED>z1\n");
    }

    @Test
    void copiesDoNotCount_whenAFileCameAndWentAfterThem() throws Exception {
        String line = " line that is long enough to be known again\n";
        begin("a" + line);
        rig.copyTruncate(".2");
        rig.append("b" + line);
        rig.copyTruncate(".1");
        rig.append("c1\n");
        rig.readAll();
        Files.delete(rig.log);
        unseen();
        rig.append("z1\n");
        assertThat(rig.pass(LONG)).endsWith("c1\n<gap -1 ROTATED><ROTATED>z1\n");
    }
}
