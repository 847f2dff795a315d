package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeTest {
    private static final Duration LONG = Duration.ofSeconds(9);

    @TempDir
    Path directory;

    private Rig rig;
    private Start here;

    @BeforeEach
    void readAndStop() throws Exception {
        rig = new Rig(directory);
        rig.append(Rig.lines("a", 1, 40));
        rig.open(Start.beginning()).moment();
        here = Start.at(rig.position());
        rig.close();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void goesOn_whenTheFileHasGrown() throws Exception {
        assertThat(rig.open(here).moment()).isEmpty();
        rig.append("a41\n");
        assertThat(rig.open(here).moment()).isEqualTo("a41\n");
    }

    @Test
    void finishesTheOldFile_whenRotatedOnce() throws Exception {
        rig.append("a41\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.open(here).pass(LONG)).isEqualTo("a41\n<ROTATED>b1\n");
    }

    @Test
    void finishesAllFilesInOrder_whenRotatedTwice() throws Exception {
        rig.append("a41");
        rig.rename("", ".1");
        rig.append("b1\n");
        rig.rename(".1", ".2");
        rig.rename("", ".1");
        rig.append("c1\n");
        assertThat(rig.open(here).pass(LONG)).isEqualTo("a41<end>\n<ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void finishesTheOldFileAndEnds_whenRotatedAndNotFollowing() throws Exception {
        rig.append("a41\n");
        rig.rename("", ".1");
        rig.append("b1\n");
        rig.follow = false;
        assertThat(rig.open(here).pass(Duration.ZERO)).isEqualTo("a41\n<ROTATED>b1\n");
    }

    @Test
    void finishesTheOldFileAndWaits_whenRotatedAndNoNewOneIsThere() throws Exception {
        rig.append("a41\n");
        rig.rename("", ".1");
        assertThat(rig.open(here).pass(LONG)).isEqualTo("a41\n<DISAPPEARED>");
        rig.append("b1\n");
        assertThat(rig.pass(LONG)).isEqualTo("<APPEARED>b1\n");
    }

    @Test
    void tellsAGapFirst_whenTheRotatedFileIsGone() throws Exception {
        Path prepared = directory.resolve("prepared");
        Rig.append(prepared, "b1\n");
        Files.move(prepared, rig.log, StandardCopyOption.REPLACE_EXISTING);
        assertThat(rig.open(here).moment()).isEqualTo("<gap -1 ROTATED><ROTATED>b1\n");
    }

    @Test
    void tellsAGapFirstAndReadsWhatIsStillThere_whenRotatedMoreOftenThanFilesAreKept() throws Exception {
        rig.append("a41\n");
        Files.delete(rig.log);
        rig.append("b1\nb2\n");
        rig.rename("", ".2");
        rig.append("c1\n");
        rig.rename("", ".1");
        rig.append("d1\n");
        assertThat(rig.open(here).pass(LONG)).isEqualTo("<gap -1 ROTATED><ROTATED>b1\nb2\n<ROTATED>c1\n<ROTATED>d1\n");
    }

    @Test
    void readsWhatWasWrittenAfterTheCut_whenTheFileWasCopiedThenCutThenRenamed() throws Exception {
        String rest = Rig.lines("a", 41, 60_000);
        rig.append(rest);
        rig.copyTruncate(".2");
        rig.append("b1\n");
        rig.rename("", ".1");
        Files.setLastModifiedTime(rig.beside(".1"), FileTime.fromMillis(System.currentTimeMillis() + 1000));
        rig.append("c1\n");
        rig.open(here).read();
        String begun = rig.sink.takeText();
        assertThat(begun.length()).isLessThan(rest.length());
        Start inTheCopy = Start.at(rig.position());
        String all = begun + rig.open(inTheCopy).pass(LONG);
        assertThat(all.startsWith(rest)).isTrue();
        assertThat(all.substring(rest.length())).isEqualTo("<ROTATED>b1\n<ROTATED>c1\n");
    }

    @Test
    void tellsAGapFirst_whenTruncated() throws Exception {
        rig.truncate();
        rig.append("new 1\n");
        assertThat(rig.open(here).moment()).isEqualTo("<gap -1 TRUNCATED><TRUNCATED>new 1\n");
    }

    @Test
    void tellsAGapFirst_whenTruncatedAndGrownPastTheOffset() throws Exception {
        rig.truncate();
        String fresh = Rig.lines("new ", 1, 100);
        rig.append(fresh);
        assertThat(rig.open(here).moment()).isEqualTo("<gap -1 TRUNCATED><TRUNCATED>" + fresh);
    }

    @Test
    void readsTheRestFromTheCopy_whenCopiedAndCut() throws Exception {
        rig.append("a41\n");
        rig.copyTruncate(".1");
        rig.append("new 1\n");
        assertThat(rig.open(here).moment()).isEqualTo("a41\n<TRUNCATED>new 1\n");
    }

    @Test
    void tellsAGapFirst_whenTheInodeIsReused() throws Exception {
        // A file that was last written when it was made tells no birth time.
        Files.setLastModifiedTime(rig.log, FileTime.fromMillis(0));
        rig.open(here).moment();
        rig.close();
        FileMark mark = FileMark.of(rig.position());
        FileMark reused = new FileMark(
                mark.device(),
                mark.inode(),
                mark.birthNanos() - 1,
                mark.modifiedNanos(),
                mark.generation(),
                mark.offset(),
                mark.head() + 1,
                mark.anchor(),
                mark.older());
        String all = Files.readString(rig.log);
        assertThat(rig.open(Start.at(reused.position(-1))).moment()).isEqualTo("<gap -1 ROTATED><ROTATED>" + all);
    }

    @Test
    void tellsAGapFirst_whenTheFileAppearsLater() throws Exception {
        Files.delete(rig.log);
        assertThat(rig.open(here).moment()).isEqualTo("<WAITING>");
        rig.append("b1\n");
        assertThat(rig.moment()).matches("<APPEARED><gap -1 (ROTATED|TRUNCATED)><(ROTATED|TRUNCATED)>b1\n");
    }

    @Test
    void endsTheUnfinishedLine_whenRotatedInTheMiddleOfIt() throws Exception {
        rig.append("half");
        rig.open(here).moment();
        Start inLine = Start.at(rig.position());
        rig.close();
        rig.rename("", ".1");
        rig.append("b1\n");
        assertThat(rig.open(inLine).pass(LONG)).isEqualTo("<end>\n<ROTATED>b1\n");
    }

    @Test
    void keepsFilesApart_whenTheyBeginAlike() throws Exception {
        String header = "#".repeat(3000) + "\n";
        rig.truncate();
        rig.append(header + "a1\n");
        rig.open(Start.beginning()).moment();
        Start alike = Start.at(rig.position());
        rig.close();
        rig.rename("", ".1");
        rig.append(header + "b1\n");
        assertThat(rig.open(alike).pass(LONG)).isEqualTo("<ROTATED>" + header + "b1\n");
    }

    @Test
    void keepsTheLineNumber_whenThePositionHasOne() throws Exception {
        SourcePosition position = SourcePosition.of(rig.position().data(), 4711);
        rig.sink.places.clear();
        rig.open(Start.at(position)).moment();
        assertThat(rig.sink.places.get(0).position().linesBefore()).isEqualTo(4711);
    }

    @Test
    void isRefused_whenThePositionIsForeign() {
        Start foreign = Start.at(SourcePosition.of(new byte[57], -1));
        assertThatThrownBy(() -> rig.open(foreign))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("position");
    }
}
