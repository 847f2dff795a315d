package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruncationTest {
    @TempDir
    Path directory;

    private Rig rig;
    private final String old = Rig.lines("old ", 1, 20);

    @BeforeEach
    void rig() throws Exception {
        rig = new Rig(directory);
        rig.append(old);
        rig.open(Start.beginning());
        assertThat(rig.moment()).isEqualTo(old);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void beginsAnew_whenCutAndEmpty() throws Exception {
        rig.truncate();
        assertThat(rig.moment()).isEqualTo("<TRUNCATED>");
        rig.append("new\n");
        assertThat(rig.moment()).isEqualTo("new\n");
    }

    @Test
    void losesNothing_whenCopiedAndCut() throws Exception {
        rig.copyTruncate(".1");
        rig.append("new 1\n");
        assertThat(rig.moment()).isEqualTo("<TRUNCATED>new 1\n");
    }

    @Test
    void readsTheRestFromTheCopy_whenCopiedAndCutWhileBehind() throws Exception {
        rig.append("last 1\nlast 2\nlast");
        rig.copyTruncate(".1");
        rig.append("new 1\n");
        assertThat(rig.moment()).isEqualTo("last 1\nlast 2\nlast<end>\n<TRUNCATED>new 1\n");
    }

    @Test
    void tellsAGap_whenCutWhileKnownToBeBehind() throws Exception {
        rig.append(Rig.lines("lost ", 1, 200_000));
        rig.read();
        assertThat(rig.sink.takeText()).startsWith("lost 1\n").hasSizeLessThan(300_000);
        rig.truncate();
        rig.append("new 1\n");
        assertThat(rig.moment()).isEqualTo("<gap -1 TRUNCATED><TRUNCATED>new 1\n");
    }

    @Test
    void readsEveryNewLineOnce_whenCutAndGrownPastTheOldOffset() throws Exception {
        rig.truncate();
        String fresh = Rig.lines("fresh ", 1, 200);
        rig.append(fresh);
        assertThat(rig.moment()).isEqualTo("<TRUNCATED>" + fresh);
    }

    @Test
    void tellsAGap_whenCutAgainBeforeAnythingNewWasRead() throws Exception {
        Files.writeString(rig.log, "seen, not read\n" + old);
        rig.read();
        Files.writeString(rig.log, "new\n" + old);
        assertThat(rig.moment()).isEqualTo("<TRUNCATED><gap -1 TRUNCATED><TRUNCATED>new\n" + old);
    }

    @Test
    void readsTheNewLines_whenWrittenAnewWithTheSameSize() throws Exception {
        String fresh = old.replace("old", "new");
        Files.writeString(rig.log, fresh);
        assertThat(rig.moment()).isEqualTo("<TRUNCATED>" + fresh);
    }

    @Test
    void endsTheUnfinishedLine_whenCut() throws Exception {
        rig.append("unfinished");
        assertThat(rig.moment()).isEqualTo("unfinished");
        rig.truncate();
        rig.append("new\n");
        assertThat(rig.moment()).isEqualTo("<end>\n<TRUNCATED>new\n");
    }

    @Test
    void goesOnWithTheNextFile_whenTheRotatedOneIsOverwritten() throws Exception {
        rig.rename("", ".1");
        rig.append("next\n");
        rig.moment();
        Files.writeString(rig.beside(".1"), "x".repeat(5000));
        // They may have been lines.
        assertThat(rig.pass(Rig.DRAINED)).isEqualTo("<gap -1 ROTATED><ROTATED>next\n");
    }
}
