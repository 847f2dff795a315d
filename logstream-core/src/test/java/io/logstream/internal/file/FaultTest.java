package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultTest {
    @TempDir
    Path directory;

    private final FaultyAccess faulty = new FaultyAccess();
    private Rig rig;

    @BeforeEach
    void rig() {
        rig = new Rig(directory);
        rig.access = faulty;
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void losesNothing_whenAReadFailsAndTheReaderIsOpenedAgain() throws Exception {
        rig.append("one\n");
        rig.open(Start.beginning()).moment();
        rig.append("two\n");
        faulty.onRead = new IOException("Input/output error");
        assertThatThrownBy(() -> rig.read()).isSameAs(faulty.onRead);
        faulty.onRead = null;
        assertThat(rig.open(Start.at(rig.position())).moment()).isEqualTo("two\n");
    }

    @Test
    void losesNothing_whenAHandleIsStaleWhileTheLogIsRotated() throws Exception {
        String first = Rig.lines("line of the first file ", 1, 20);
        rig.append(first);
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo(first);
        rig.append("a21\n");
        faulty.onRead = new IOException("Stale file handle");
        faulty.onStat = new IOException("Stale file handle");
        assertThatThrownBy(() -> rig.moment()).isSameAs(faulty.onRead);
        rig.append("a22\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        faulty.onRead = null;
        assertThatThrownBy(() -> rig.open(Start.at(rig.position()))).isSameAs(faulty.onStat);
        faulty.onStat = null;
        rig.open(Start.at(rig.position()));
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("a21\na22\n<ROTATED>b1\n");
        faulty.onStat = new IOException("Stale file handle");
        rig.append("b2\n");
        assertThat(rig.moment()).isEqualTo("b2\n");
        assertThatThrownBy(() -> rig.pass(Rig.DRAINED)).isSameAs(faulty.onStat);
    }

    @Test
    void losesNothing_whenReadsComeShort() throws Exception {
        String all = Rig.lines("line ", 1, 50);
        rig.append(all);
        faulty.mostBytesPerRead = 70;
        assertThat(rig.open(Start.beginning()).pass(Duration.ofSeconds(20))).isEqualTo(all);
        faulty.mostBytesPerRead = 7;
        rig.append("more\n");
        assertThat(rig.moment()).isEmpty();
        faulty.mostBytesPerRead = 1000;
        assertThat(rig.moment()).isEqualTo("more\n");
    }

    @Test
    void beginsNotAnew_whenTheSizeOfARemoteFileLags() throws Exception {
        faulty.local = false;
        rig.append("one\ntwo\n");
        rig.open(Start.beginning()).moment();
        faulty.visible = 4;
        assertThat(rig.pass(Duration.ofSeconds(2))).isEmpty();
        faulty.visible = Long.MAX_VALUE;
        rig.append("three\n");
        assertThat(rig.moment()).isEqualTo("three\n");
        rig.truncate();
        assertThat(rig.pass(Duration.ofSeconds(4))).isEqualTo("<TRUNCATED>");
    }

    @Test
    void findsBothFiles_whenInodesArePathsAndTheLogIsRotated() throws Exception {
        rig.access = new PathInodes();
        String first = Rig.lines("a line of the old file ", 1, 3);
        rig.append(first);
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo(first);
        Rig.append(rig.log, "last of the old file\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.moment()).isEqualTo("last of the old file\n");
        assertThatThrownBy(() -> rig.pass(Duration.ofSeconds(4)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("names another file");
        assertThat(rig.open(Start.at(rig.position())).pass(Rig.DRAINED)).isEqualTo("<TRUNCATED>b1\n");
        rig.append("b2\n");
        assertThat(rig.moment()).isEqualTo("b2\n");
    }

    @Test
    void tellsAGap_whenInodesArePathsAndTheOldFileIsGone() throws Exception {
        rig.access = new PathInodes();
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        Files.delete(rig.log);
        rig.append("b1\nb2\n");
        assertThatThrownBy(() -> rig.pass(Duration.ofSeconds(4))).isInstanceOf(IOException.class);
        assertThat(rig.open(Start.at(rig.position())).moment()).isEqualTo("<gap -1 TRUNCATED><TRUNCATED>b1\nb2\n");
    }

    @Test
    void goesOn_whenTheSizeAtAPathIsAheadOfTheData() throws Exception {
        faulty.local = false;
        rig.append("one\n");
        rig.open(Start.beginning()).moment();
        faulty.visible = 4;
        rig.append("two\n");
        assertThat(rig.pass(Duration.ofMinutes(1))).isEmpty();
        faulty.visible = Long.MAX_VALUE;
        assertThat(rig.moment()).isEqualTo("two\n");
    }

    @Test
    void isOpenedAgainAtMostOnce_whenItIsQuiet_andNeverWhileItGrows() throws Exception {
        faulty.local = false;
        int[] opened = {0};
        faulty.beforeOpen = () -> opened[0]++;
        rig.append("0\n");
        rig.open(Start.beginning()).moment();
        for (int i = 1; i <= 100; i++) {
            rig.append(i + "\n");
            assertThat(rig.pass(Duration.ofMillis(200))).isEqualTo(i + "\n");
        }
        assertThat(opened[0]).isEqualTo(1);
        faulty.beforeOpen = () -> {
            opened[0]++;
            try {
                rig.append("meanwhile\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        assertThat(rig.pass(Duration.ofMillis(3500))).isEqualTo("meanwhile\n");
        assertThat(opened[0]).isEqualTo(2);
        faulty.beforeOpen = () -> opened[0]++;
        assertThat(rig.pass(Duration.ofMinutes(1))).isEmpty();
        assertThat(opened[0]).isEqualTo(3);
    }

    /** A remote file system that numbers paths: a file has another inode under another name. */
    private static final class PathInodes extends FaultyAccess {
        PathInodes() {
            local = false;
        }

        @Override
        public @Nullable FileStat stat(Path path) throws IOException {
            FileStat stat = super.stat(path);
            return stat == null
                    ? null
                    : new FileStat(
                            stat.kind(), 1, path.hashCode(), FileStat.UNKNOWN, stat.size(), stat.modifiedNanos());
        }
    }

    @Test
    void readsTheOldFileFirst_whenTheNewOneCannotBeOpened() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        rig.append("a2\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        faulty.onOpen = new AccessDeniedException("app.log");
        assertThat(rig.moment()).isEqualTo("a2\n");
        assertThatThrownBy(() -> rig.pass(Rig.DRAINED)).isSameAs(faulty.onOpen);
        assertThatThrownBy(() -> rig.open(Start.at(rig.position()))).isSameAs(faulty.onOpen);
        faulty.onOpen = null;
        assertThat(rig.open(Start.at(rig.position())).pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void goesOnWhereItStopped_whenTheFileComesBackUnreadable() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        rig.rename("", ".away");
        assertThat(rig.pass(Duration.ofMinutes(5))).isEqualTo("<DISAPPEARED>");
        rig.rename(".away", "");
        rig.append("a2\n");
        faulty.onRead = new IOException("Input/output error");
        assertThatThrownBy(() -> rig.moment()).isSameAs(faulty.onRead);
        faulty.onRead = null;
        assertThat(rig.open(Start.at(rig.position())).moment()).isEqualTo("a2\n");
    }

    @Test
    void handsOverLateLines_onceTheyCanBeRead() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Rig.append(rig.beside(".1"), "late\n");
        faulty.onRead = new IOException("Input/output error");
        assertThatThrownBy(() -> rig.pass(Duration.ofSeconds(20))).isSameAs(faulty.onRead);
        faulty.onRead = null;
        assertThat(rig.open(Start.at(rig.position())).pass(Rig.DRAINED)).isEqualTo("late\n");
    }

    @Test
    void tellsAGap_whenAnEmptyFileIsMovedBack_writtenAndCutBeforeItWasRead() throws Exception {
        rig.append("");
        rig.open(Start.beginning()).moment();
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        rig.rename("", ".0");
        rig.rename(".1", "");
        rig.append("what is cut\n");
        assertThat(rig.moment()).isEmpty();
        rig.truncate();
        rig.append("x\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED><gap -1 TRUNCATED><TRUNCATED>x\n");
    }

    @Test
    void readsARotatedFileOnlyOnce_whenItIsMovedBack_andTheDirectoryCannotBeListedAtFirst() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        rig.rename("", ".0");
        rig.rename(".1", "");
        faulty.onList = new IOException("Input/output error");
        assertThat(rig.moment()).isEmpty();
        faulty.onList = null;
        rig.append("a2\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>a2\n");
    }

    @Test
    void followsTheNextFile_withAGap_whenTheDirectoryMayNotBeListed() throws Exception {
        faulty.onList = new AccessDeniedException(directory.toString());
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        rig.append("a2\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("a2\n<gap -1 ROTATED><ROTATED>b1\n");
        assertThat(rig.open(Start.at(rig.position())).moment()).isEmpty();
        rig.append("b2\n");
        assertThat(rig.moment()).isEqualTo("b2\n");
    }

    @Test
    void tellsGaps_whenNamesChangeWheneverTheyAreLookedAt() throws Exception {
        rig.append("a1\n");
        rig.open(Start.beginning()).moment();
        rig.rename("", ".2");
        rig.append("b1\n");
        rig.rename("", ".1");
        rig.append("c1\n");
        faulty.beforeList = this::renameOldest;
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<gap -1 ROTATED><ROTATED>b1\n<gap -1 ROTATED><ROTATED>c1\n");
    }

    private void renameOldest() {
        try {
            boolean there = Files.exists(rig.beside(".2"));
            rig.rename(there ? ".2" : ".3", there ? ".3" : ".2");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void takesTheFileThatIsThere_whenItIsReplacedWhileItIsOpened() throws Exception {
        rig.append("a1\n");
        int[] left = {3};
        faulty.beforeOpen = () -> {
            if (left[0]-- > 0) {
                try {
                    rig.rename("", "." + left[0]);
                    rig.append("b" + left[0] + "\n");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        assertThat(rig.open(Start.beginning()).pass(Rig.DRAINED)).isEqualTo("b0\n");
    }

    @Test
    void isRefused_whenItIsNotThereAndNotFollowed() {
        rig.follow = false;
        assertThatThrownBy(() -> rig.open(Start.end()))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("is not there");
    }

    @Test
    void goesOn_whenTheThreadIsInterrupted() throws Exception {
        rig.append("one\n");
        rig.open(Start.beginning());
        Thread.currentThread().interrupt();
        assertThat(rig.readAll()).isEqualTo(Outcome.WAIT);
        assertThat(Thread.interrupted()).isTrue();
        rig.append("two\n");
        assertThat(rig.moment()).isEqualTo("one\ntwo\n");
    }

    @Test
    void readsNoMore_afterClose() throws Exception {
        rig.append("one\n");
        rig.open(Start.beginning());
        rig.reader().close();
        rig.reader().close();
        assertThatThrownBy(() -> rig.read()).isInstanceOf(IOException.class).hasMessageContaining("closed");
    }

    @Test
    void costsLittle_whenIdle() throws Exception {
        rig.pollInterval = Duration.ofMillis(250);
        rig.append("one\n");
        rig.open(Start.beginning()).pass(Duration.ofSeconds(5));
        faulty.stats = 0;
        faulty.reads = 0;
        rig.pass(Duration.ofSeconds(10));
        assertThat(faulty.reads).isLessThanOrEqualTo(41);
        assertThat(faulty.stats).isLessThanOrEqualTo(41);
    }
}
