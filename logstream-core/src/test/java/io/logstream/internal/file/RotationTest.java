package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotationTest {
    @TempDir
    Path directory;

    private Rig rig;

    @BeforeEach
    void rig() throws Exception {
        rig = new Rig(directory);
        rig.append("a1\na2\n");
        rig.open(Start.beginning());
        assertThat(rig.moment()).isEqualTo("a1\na2\n");
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void readsOldBeforeNew_whenTheOldWriterWritesOn() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        StringBuilder text = new StringBuilder(rig.moment());
        for (int i = 3; i <= 6; i++) {
            Rig.append(rig.beside(".1"), "a" + i + "\n");
            text.append(rig.pass(Duration.ofMillis(300)));
        }
        rig.append("b2\n");
        text.append(rig.pass(Rig.DRAINED));
        assertThat(text).hasToString("a3\na4\na5\na6\n<ROTATED>b1\nb2\n");
    }

    @Test
    void losesNothing_whenABurstIsRotatedAtOnce() throws Exception {
        String burst = Rig.lines("burst ", 1, 20_000);
        rig.append(burst);
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo(burst + "<ROTATED>b1\n");
    }

    @Test
    void readsTheFilesBetween_whenRotatedThreeTimesAtOnce() throws Exception {
        rig.append("a3\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        rig.rename(".1", ".2");
        rig.rename("", ".1");
        rig.append("c1\n");
        rig.rename(".2", ".3");
        rig.rename(".1", ".2");
        rig.rename("", ".1");
        rig.append("d1\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo("a3\n<ROTATED>b1\n<ROTATED>c1\n<ROTATED>d1\n");
    }

    @Test
    void readsTheFilesBetween_whenTheyHaveDates() throws Exception {
        rig.rename("", "-20260101");
        rig.append("b1\n");
        rig.rename("", "-20260102.1");
        rig.append("c1\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo("<ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void readsTheFilesBetween_whenTheDateIsBeforeTheExtension() throws Exception {
        Files.move(rig.log, directory.resolve("app-2026-01-30.log"));
        rig.append("b1\n");
        Files.move(rig.log, directory.resolve("app-2026-01-31.log"));
        Rig.append(directory.resolve("app-1.log"), "another log\n");
        rig.append("c1\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo("<ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void readsTheFilesBetween_whenTheyHaveGrowingNumbers() throws Exception {
        StringBuilder expected = new StringBuilder();
        Set<FileTime> births = new HashSet<>();
        for (int i = 1; i <= 12; i++) {
            rig.rename("", "." + i);
            do {
                Files.deleteIfExists(rig.log);
                rig.append("b" + i + "\n");
            } while (!births.add((FileTime) Files.getAttribute(rig.log, "creationTime")));
            expected.append("<ROTATED>b" + i + "\n");
        }
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo(expected.toString());
    }

    @Test
    void tellsAGapAndReadsTheFileBetween_whenItHasTheNameOfTheOneBefore() throws Exception {
        rig.rename("", ".old");
        rig.append("b1\n");
        rig.rename("", ".old");
        rig.append("c1\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo("<gap -1 ROTATED><ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void tellsAGap_whenOneOfTheFilesBetweenWasRemoved() throws Exception {
        rig.append("a3\n");
        rig.rename("", ".3");
        rig.append("b1\n");
        rig.rename("", ".1");
        rig.append("c1\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo("a3\n<gap -1 ROTATED><ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void readsTheFileBetween_whenTheOldOneIsWrittenAfterIt() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        rig.rename(".1", ".2");
        rig.rename("", ".1");
        rig.append("c1\n");
        Files.setLastModifiedTime(rig.beside(".1"), FileTime.fromMillis(System.currentTimeMillis() - 1000));
        Rig.append(rig.beside(".2"), "a3\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("a3\n<ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void readsNoCopyAgain_whenTheLogIsDeletedAndMadeAgain() throws Exception {
        rig.append("long enough that a copy of it is known to be one\n");
        rig.copyTruncate(".1");
        rig.append("b1\n");
        assertThat(rig.moment()).endsWith("<TRUNCATED>b1\n");
        Files.delete(rig.log);
        rig.append("c1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>c1\n");
    }

    @Test
    void readsNoOlderFiles_whenTheyAreBesideTheLog() throws Exception {
        Rig.append(rig.beside(".err"), "another log\n");
        Rig.append(rig.beside(".20260101"), "a1\na2\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("b1\n");
        rig.rename(".1", ".2");
        rig.rename("", ".1");
        rig.append("c1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>c1\n");
    }

    @Test
    void tellsAGap_whenAFileBetweenIsCompressed() throws Exception {
        rig.rename("", ".2");
        Rig.append(rig.beside(".1.gz"), "compressed");
        rig.append("c1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<gap -1 ROTATED><ROTATED>c1\n");
    }

    @Test
    void tellsNoGap_whileTheRotatedFileIsCompressed() throws Exception {
        rig.append("a3\n");
        rig.rename("", ".1");
        Rig.append(rig.beside(".1.gz"), "half of it");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("a3\n<ROTATED>b1\n");
    }

    @Test
    void tellsNoGap_whenOlderFilesAreCompressedUnderGrowingNumbers() throws Exception {
        Rig.append(rig.beside(".56.gz"), "compressed");
        Files.setLastModifiedTime(rig.beside(".56.gz"), FileTime.fromMillis(0));
        rig.rename("", ".57");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
    }

    @Test
    void readsNoOtherLog_whenItsNumberBeginsLikeTheOneOfThis() throws Exception {
        Path one = directory.resolve("job-1");
        Rig other = new Rig(directory, "job-1");
        Rig.append(one, "1\n");
        assertThat(other.open(Start.beginning()).moment()).isEqualTo("1\n");
        Rig.append(directory.resolve("job-12"), "another log\n");
        Files.delete(one);
        Rig.append(one, "2\n");
        assertThat(other.pass(Rig.DRAINED)).isEqualTo("<ROTATED>2\n");
        other.close();
    }

    @Test
    void readsLateLinesBetweenTwoLines_whenTheOldFileIsWrittenAfterItWasQuiet() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Rig.append(rig.beside(".1"), "late 1\nlate 2\nunfin");
        assertThat(rig.pass(Duration.ofSeconds(2))).isEqualTo("late 1\nlate 2\n");
        rig.append("b2\nb");
        assertThat(rig.pass(Duration.ofSeconds(2))).isEqualTo("b2\nb");
        Rig.append(rig.beside(".1"), "ished\n");
        assertThat(rig.pass(Duration.ofSeconds(2))).isEmpty();
        rig.append("3\n");
        assertThat(rig.pass(Duration.ofSeconds(2))).isEqualTo("3\nunfinished\n");
        Rig.append(rig.beside(".1"), "never ended");
        assertThat(rig.pass(Duration.ofSeconds(70))).isEqualTo("never ended<end>\n");
    }

    @Test
    void goesOnInBothFilesAfterARestart_whenTheOldOneIsWrittenLate() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Start here = Start.at(rig.position());
        rig.close();
        Rig.append(rig.beside(".1"), "late 1\n");
        rig.append("b2\n");
        assertThat(rig.open(here).pass(Duration.ofSeconds(2))).isEqualTo("b2\nlate 1\n");

        Start there = Start.at(rig.position());
        rig.close();
        rig.rename("", ".2");
        rig.append("c1\n");
        Rig.append(rig.beside(".2"), "b3\n");
        Rig.append(rig.beside(".1"), "late 2\n");
        assertThat(rig.open(there).pass(Duration.ofSeconds(9))).isEqualTo("b3\nlate 2\n<ROTATED>c1\n");
        Rig.append(rig.beside(".1"), "late 3\n");
        Rig.append(rig.beside(".2"), "late b4\n");
        assertThat(rig.pass(Duration.ofSeconds(2))).isEqualTo("late 3\nlate b4\n");
    }

    @Test
    void readsTheRestOfTheOldFileAsLateLines_whenItIsNeverQuiet() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= 70; i++) {
            Rig.append(rig.beside(".1"), "a" + i + "\n");
            text.append(rig.pass(Duration.ofMillis(100)));
        }
        text.append(rig.pass(Duration.ofSeconds(2)));
        assertThat(text.toString().replace("<ROTATED>b1\n", "")).isEqualTo(Rig.lines("a", 1, 70));
        assertThat(text.toString()).matches("(?s)(a\\d+\n){48,53}<ROTATED>b1\n.*");
    }

    @Test
    void readsLateLines_whenTheOldFileIsCutBefore() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Files.writeString(rig.beside(".1"), "a3\n");
        assertThat(rig.pass(Duration.ofSeconds(3))).isEqualTo("a3\n");
        Files.writeString(rig.beside(".1"), "anything else in its place\n");
        assertThat(rig.pass(Duration.ofSeconds(3))).isEqualTo("<gap -1 TRUNCATED>");
    }

    @Test
    void readsLateLines_asLongAsTheOldFileIsNotQuietForAMinute() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        StringBuilder text = new StringBuilder(rig.pass(Rig.DRAINED));
        for (int i = 3; i <= 10; i++) {
            Rig.append(rig.beside(".1"), "a" + i + "\n");
            text.append(rig.pass(Duration.ofSeconds(50)));
        }
        assertThat(text).hasToString("<ROTATED>b1\n" + Rig.lines("a", 3, 10));
    }

    @Test
    void goesOnWhereItStopped_whenADrainedFileComesBack() throws Exception {
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        rig.rename("", ".2");
        rig.rename(".1", "");
        rig.append("a3\n");
        assertThat(rig.pass(Duration.ofSeconds(9))).isEqualTo("<ROTATED>a3\n");
    }

    @Test
    void endsTheUnfinishedLine_beforeTheNextFile() throws Exception {
        rig.append("unfinished");
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("unfinished<end>\n<ROTATED>b1\n");
    }

    @Test
    void readsTheNewFileWhole_whenReplacedAtomically() throws Exception {
        Path prepared = directory.resolve("prepared");
        Rig.append(prepared, "b1\nb2\nb3\n");
        Files.move(prepared, rig.log, StandardCopyOption.ATOMIC_MOVE);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\nb2\nb3\n");
    }

    @Test
    void readsTheNewFileWhole_whenDeletedAndMadeAgain() throws Exception {
        Files.delete(rig.log);
        rig.append("b1\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>b1\n");
        Files.delete(rig.log);
        rig.append("much bigger than it was before\n");
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<ROTATED>much bigger than it was before\n");
    }

    @Test
    void waitsForItToComeBack_whenDeleted() throws Exception {
        rig.append("a3\n");
        Files.delete(rig.log);
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("a3\n<DISAPPEARED>");
        assertThat(rig.pass(Rig.DRAINED)).isEmpty();
        rig.append("b1\n");
        assertThat(rig.moment()).isEqualTo("<APPEARED>b1\n");
    }

    @Test
    void waitsForItToComeBack_whenDeletedLongAgo() throws Exception {
        rig.append("a3");
        Files.delete(rig.log);
        assertThat(rig.pass(Duration.ofMinutes(5))).isEqualTo("a3<DISAPPEARED>");
        rig.append("b1\n");
        assertThat(rig.moment()).isEqualTo("<APPEARED><end>\nb1\n");
    }

    @Test
    void goesOn_whenRenamedAndRenamedBack() throws Exception {
        rig.rename("", ".away");
        assertThat(rig.pass(Duration.ofMinutes(5))).isEqualTo("<DISAPPEARED>");
        Rig.append(rig.beside(".away"), "a3\n");
        rig.rename(".away", "");
        assertThat(rig.moment()).isEqualTo("<APPEARED>a3\n");
    }

    @Test
    void readsOn_whenTheWriterGoesOnWithoutMakingANewFile() throws Exception {
        rig.rename("", ".1");
        assertThat(rig.pass(Duration.ofSeconds(30))).isEqualTo("<DISAPPEARED>");
        Rig.append(rig.beside(".1"), "a3\n");
        assertThat(rig.moment()).isEqualTo("a3\n");
        rig.append("b1\n");
        assertThat(rig.moment()).isEqualTo("<APPEARED>b1\n");
    }

    @Test
    void drainsAndSwitches_whenASymbolicLinkIsSwitched() throws Exception {
        Path one = Files.createDirectory(directory.resolve("one"));
        Path two = Files.createDirectory(directory.resolve("two"));
        Rig.append(one.resolve("app.log"), "x1\n");
        Rig.append(two.resolve("app.log"), "y1\n");
        Path link = Files.createSymbolicLink(directory.resolve("link"), one);
        Rig linked = new Rig(link);
        assertThat(linked.open(Start.beginning()).moment()).isEqualTo("x1\n");
        Path other = Files.createSymbolicLink(directory.resolve("other"), two);
        Files.move(other, link, StandardCopyOption.ATOMIC_MOVE);
        Rig.append(one.resolve("app.log"), "x2\n");
        assertThat(linked.pass(Rig.DRAINED)).isEqualTo("x2\n<ROTATED>y1\n");
        linked.close();
    }

    @Test
    void tellsNothing_whenOnlyTouched() throws Exception {
        Files.setLastModifiedTime(rig.log, FileTime.fromMillis(0));
        Files.createLink(rig.beside(".hard"), rig.log);
        Files.setPosixFilePermissions(rig.log, Set.of());
        assertThat(rig.pass(Rig.DRAINED)).isEmpty();
    }
}
