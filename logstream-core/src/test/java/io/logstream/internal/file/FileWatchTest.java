package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.file.FileSource.Watch;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the real watch: virtual time stands still unless a test moves it, so whatever happens was told by an event. */
@Timeout(60)
class FileWatchTest {
    /** In this time a watched file that is quiet is looked at once, and what was rotated is drained. */
    private static final Duration SWEPT = Duration.ofSeconds(12);

    @TempDir
    Path directory;

    private Rig rig;

    @BeforeEach
    void rig() {
        rig = new Rig(directory);
        rig.watch = Watch.ON;
    }

    @AfterEach
    void close() {
        rig.close();
    }

    /** Reads at each event until this was handed over. */
    private void awaitText(String expected) throws Exception {
        rig.readAll();
        while (!rig.sink.text.toString().equals(expected)) {
            assertThat(rig.sink.text.length()).isLessThan(expected.length());
            assertThat(rig.context.wakes.tryAcquire(20, TimeUnit.SECONDS))
                    .as("an event after %s", rig.sink.text)
                    .isTrue();
            rig.readAll();
        }
        rig.sink.takeText();
    }

    /** Appends a line, and reads only once that was told. */
    private void appendTold(Path file, String line) throws Exception {
        rig.readAll();
        rig.context.wakes.drainPermits();
        Rig.append(file, line);
        assertThat(rig.context.wakes.tryAcquire(20, TimeUnit.SECONDS))
                .as("an event after %s", line)
                .isTrue();
        awaitText(line);
    }

    @Test
    void tellsOfLines_whenTheFileGrows() throws Exception {
        rig.append("one\n");
        rig.open(Start.beginning());
        awaitText("one\n");
        for (int i = 0; i < 20; i++) {
            appendTold(rig.log, "more " + i + "\n");
        }
    }

    @Test
    void tellsOfTheFile_whenItsDirectoriesAreMadeLater() throws Exception {
        rig = new Rig(directory.resolve("a/b/c"));
        rig.watch = Watch.ON;
        rig.open(Start.end());
        awaitText("<WAITING>");
        Files.createDirectories(rig.directory);
        rig.append("one\n");
        awaitText("<APPEARED>one\n");
        appendTold(rig.log, "two\n");
    }

    @Test
    void tellsOfTheNewFile_whenRotated() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        awaitRestless();
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        appendTold(rig.log, "b2\n");
    }

    @Test
    void tellsOfLines_whenTheyComeThroughALinkThatIsSwitched() throws Exception {
        Path one = Files.createDirectory(directory.resolve("one"));
        Path two = Files.createDirectory(directory.resolve("two"));
        Rig.append(one.resolve("app.log"), "x1\n");
        Rig.append(two.resolve("app.log"), "y1\n");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("one"));
        rig = new Rig(link);
        rig.watch = Watch.AUTO;
        rig.access = new FaultyAccess();
        rig.open(Start.beginning());
        awaitText("x1\n");
        appendTold(one.resolve("app.log"), "x2\n");
        rig.context.wakes.drainPermits();
        Files.delete(link);
        Files.createSymbolicLink(link, Path.of("two"));
        awaitRestless();
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>y1\n");
        appendTold(two.resolve("app.log"), "y2\n");
    }

    @Test
    void tellsAGap_whenAFileCameAndWentAfterARestart() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        SourcePosition here = rig.position();
        rig.close();
        rig.rename("", ".1");
        rig.append("b1\n");
        rig.open(Start.at(here));
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        rig.context.wakes.drainPermits();
        Files.delete(rig.log);
        rig.append("c1\n");
        Files.delete(rig.log);
        rig.append("d1\n");
        awaitRestless();
        assertThat(rig.pass(SWEPT)).isEqualTo("<gap -1 ROTATED><ROTATED>d1\n");
    }

    @Test
    void tellsAGap_whenAFileCameAndWentWhileItsDirectoryWasAway() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        rig = new Rig(inner);
        rig.watch = Watch.ON;
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        rig.run(SWEPT);
        Path moved = Files.move(inner, directory.resolve("moved"));
        awaitRestless();
        Path log = moved.resolve("app.log");
        Files.delete(log);
        Rig.append(log, "b1\n");
        Files.delete(log);
        Rig.append(log, "c1\n");
        rig.context.wakes.drainPermits();
        Files.move(moved, inner);
        assertThat(rig.context.wakes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertThat(rig.pass(SWEPT)).isEqualTo("<gap -1 ROTATED><ROTATED>c1\n");
    }

    @Test
    void isWatchedInTheRightPlace_whenADirectoryFurtherUpWasReplacedWhileItWasOpened() throws Exception {
        Path upper = Files.createDirectory(directory.resolve("upper"));
        rig = new Rig(Files.createDirectory(upper.resolve("inner")));
        rig.watch = Watch.ON;
        FaultyAccess faulty = new FaultyAccess();
        rig.access = faulty;
        rig.append("a1\n");
        faulty.beforeOpen = () -> {
            faulty.beforeOpen = () -> {};
            try {
                Files.move(upper, directory.resolve("moved"));
                Files.createDirectories(rig.directory);
                rig.append("b1\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        rig.open(Start.beginning());
        awaitText("b1\n");
        appendTold(rig.log, "b2\n");
    }

    @Test
    void tellsNoGap_whenTheFileWasAwayAndIsBack() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        rig.run(Rig.DRAINED); // from now on it is known how many files get the log's name
        rig.context.wakes.drainPermits();
        rig.rename("", ".away");
        awaitRestless();
        rig.rename(".away", "");
        appendTold(rig.log, "a2\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEmpty();
    }

    @Test
    void tellsNoGap_whenTheDirectoryIsMadeLongBeforeTheFile() throws Exception {
        rig = new Rig(directory.resolve("a"));
        rig.watch = Watch.ON;
        rig.open(Start.end());
        awaitText("<WAITING>");
        Files.createDirectories(rig.directory);
        rig.run(Duration.ofSeconds(9));
        rig.append("one\n");
        awaitText("<APPEARED>one\n");
        appendTold(rig.log, "two\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEmpty();
    }

    @Test
    void looksAtAll_whenEventsOverflow() throws Exception {
        rig.open(Start.end());
        rig.readAll();
        for (int i = 0; i < 2000; i++) {
            Files.createFile(directory.resolve("other" + i));
        }
        rig.append("one\n");
        awaitText("<WAITING><APPEARED>one\n");
    }

    @Test
    void hasCountedAllFiles_onceItCaughtUp() throws Exception {
        AtomicInteger made = new AtomicInteger();
        FileWatch.Registration registration = rig.watching.register(
                Watch.ON, FileAccess.system(), directory, "app.log", true, new FileWatch.Listener() {
                    @Override
                    public void changed(boolean path) {}

                    @Override
                    public void made(int files) {
                        made.addAndGet(files == FileWatch.UNCOUNTED ? 1_000_000 : files);
                    }
                });
        assertThat(registration).isNotNull();
        for (int round = 1; round <= 500; round++) {
            for (int i = 0; i < 20; i++) {
                Files.delete(Files.createFile(rig.log));
            }
            registration.catchUp();
            assertThat(made).hasValue(20 * round);
        }
        for (int i = 0; i < 2_000; i++) {
            Files.delete(Files.createFile(rig.log));
        }
        registration.catchUp();
        assertThat(made.get()).isGreaterThanOrEqualTo(12_000);
        registration.cancel();
    }

    @Test
    void isPolledAndWatchedAgain_whenTheDirectoryIsDeletedAndMadeAgain() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        rig = new Rig(inner);
        rig.watch = Watch.ON;
        rig.append("one\n");
        rig.open(Start.beginning());
        awaitText("one\n");
        Files.delete(rig.log);
        Files.delete(inner);
        awaitRestless();
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<DISAPPEARED>");
        rig.context.wakes.drainPermits();
        Files.createDirectory(inner);
        rig.append("two\n");
        awaitText("<APPEARED>two\n");
        appendTold(rig.log, "three\n");
    }

    @Test
    void readsTheNewFile_andIsToldAgain_whenTheDirectoryIsRenamedAndMadeAnew() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        rig = new Rig(inner);
        rig.watch = Watch.ON;
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        Path moved = Files.move(inner, directory.resolve("moved"));
        Rig.append(moved.resolve("app.log"), "a2\n");
        assertThat(rig.moment()).isEqualTo("a2\n"); // polled, once it is noticed that its path leads nowhere
        Files.createDirectory(inner);
        rig.append("b1\n");
        awaitRestless();
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Rig.append(moved.resolve("app.log"), "a3\n");
        assertThat(rig.pass(SWEPT)).isEqualTo("a3\n");
        appendTold(rig.log, "b2\n");
    }

    @Test
    void isTold_whenTheDirectoryIsRenamed_andRenamedBack() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        rig = new Rig(inner);
        rig.watch = Watch.ON;
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        Path moved = Files.move(inner, directory.resolve("moved"));
        awaitRestless();
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<DISAPPEARED>");
        Rig.append(moved.resolve("app.log"), "a2\n");
        assertThat(rig.pass(SWEPT)).isEqualTo("a2\n");
        rig.context.wakes.drainPermits();
        Files.move(moved, inner);
        awaitText("<APPEARED>");
        appendTold(rig.log, "a3\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        awaitRestless();
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void areToldAgain_whenTheDirectoryOfSeveralFilesIsRenamedAndMadeAnew() throws Exception {
        Path inner = Files.createDirectory(directory.resolve("inner"));
        rig = new Rig(inner);
        rig.watch = Watch.ON;
        rig.append("a1\n");
        rig.open(Start.beginning());
        awaitText("a1\n");
        try (Rig other = new Rig(inner)) {
            other.watch = Watch.ON;
            other.watching = rig.watching; // which goes on to watch the old directory for this one
            other.open(Start.beginning()).readAll();
            Files.move(inner, directory.resolve("moved"));
            Files.createDirectory(inner);
            rig.append("b1\n");
            awaitRestless();
            assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
            rig.context.wakes.drainPermits();
            appendTold(rig.log, "b2\n");
        }
        appendTold(rig.log, "b3\n");
    }

    @Test
    void isPolled_whenItCannotBeWatched() throws Exception {
        awaitNoThread(); // of the test before
        FaultyAccess remote = new FaultyAccess();
        remote.local = false;
        rig.access = remote;
        rig.watch = Watch.AUTO;
        rig.append("one\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("one\n");
        assertThat(threads()).isEmpty();
        rig.append("two\n");
        assertThat(rig.moment()).isEqualTo("two\n");
    }

    @Test
    void isPolled_whenWritesOnAnotherPathAreNotToldOf() throws Exception {
        rig.append("one\n");
        Path other = Files.createDirectory(directory.resolve("other")).resolve("other.log");
        Files.createLink(other, rig.log);
        rig.open(Start.beginning());
        assertThat(rig.pass(SWEPT)).isEqualTo("one\n");
        for (int i = 0; i < 2; i++) {
            assertThat(rig.context.lastWithin()).isGreaterThan(Rig.MOMENT);
            Rig.append(other, "not told\n");
            assertThat(rig.pass(SWEPT)).isEqualTo("not told\n");
        }
        assertThat(rig.context.lastWithin()).isLessThanOrEqualTo(Rig.MOMENT);
        appendTold(rig.log, "told\n");
        assertThat(rig.pass(SWEPT)).isEmpty();
        assertThat(rig.context.lastWithin()).isGreaterThan(Rig.MOMENT);
    }

    @Test
    void asksSeldom_whenWatchedAndQuiet() throws Exception {
        FaultyAccess counting = new FaultyAccess();
        rig.access = counting;
        rig.append("one\n");
        rig.open(Start.beginning()).pass(Duration.ofSeconds(2));
        counting.reads = 0;
        counting.stats = 0;
        rig.pass(Duration.ofSeconds(60));
        assertThat(counting.reads).isLessThanOrEqualTo(16);
        assertThat(counting.stats).isLessThanOrEqualTo(16);
    }

    @Test
    void leavesNothingBehind_whenOpenedAndClosedOften() throws Exception {
        rig.append("one\n");
        Rig second = new Rig(directory);
        second.watch = Watch.ON;
        rig.open(Start.beginning()).readAll();
        rig.close();
        awaitNoThread();
        int before = descriptors();
        for (int i = 0; i < 500; i++) {
            rig.open(i % 2 == 0 ? Start.end() : Start.last(1));
            second.open(Start.end());
            assertThat(rig.readAll()).isEqualTo(Outcome.WAIT);
            rig.close();
            second.close();
        }
        awaitNoThread();
        assertThat(descriptors()).isLessThanOrEqualTo(before + 2);
    }

    /** Reads at each event until the reader has seen one that makes it look again soon, not only at its next sweep. */
    private void awaitRestless() throws Exception {
        do {
            assertThat(rig.context.wakes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            rig.readAll();
        } while (rig.context.lastWithin().compareTo(Duration.ofMillis(100)) > 0);
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("logstream-file-watch"))
                .toList();
    }

    private static void awaitNoThread() throws InterruptedException, IOException {
        for (Thread thread : threads()) {
            thread.join(20_000);
            assertThat(thread.isAlive()).isFalse();
        }
    }
}
