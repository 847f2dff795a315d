package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.FuseMount;
import io.logstream.file.FileSource.Watch;
import io.logstream.spi.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Through a real mount that tells no changes, while the files are written behind it. It keeps no attributes, so that the
 * simulated time is all the time there is.
 */
@Timeout(60)
class MountTest {
    private static final Duration DRAINED = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    private FuseMount mount;
    private Rig behind;
    private Rig rig;

    @BeforeEach
    void mount() throws Exception {
        Path real = Files.createDirectory(directory.resolve("real"));
        Path seen = Files.createDirectory(directory.resolve("seen"));
        mount = FuseMount.bindfs(real, seen, "attr_timeout=0,entry_timeout=0,negative_timeout=0");
        behind = new Rig(real);
        rig = new Rig(seen);
        rig.watch = Watch.AUTO;
    }

    @AfterEach
    void unmount() throws Exception {
        if (rig != null) {
            rig.close();
        }
        if (mount != null) {
            mount.unmount();
        }
    }

    private String poll() throws Exception {
        return rig.pass(rig.pollInterval);
    }

    @Test
    void lines_areToldWithinOnePoll() throws Exception {
        rig.open(Start.end());
        assertThat(poll()).isEqualTo("<WAITING>");
        behind.append("0\n");
        assertThat(poll()).isEqualTo("<APPEARED>0\n");
        for (int i = 1; i <= 100; i++) {
            behind.append(i + "\n");
            assertThat(poll()).isEqualTo(i + "\n");
        }
        String burst = Rig.lines("burst ", 1, 20_000);
        behind.append(burst);
        assertThat(poll()).isEqualTo(burst);
        assertThat(rig.context.wakes.availablePermits()).isZero();
    }

    @Test
    void rotations_areReadInOrder_lateLinesIncluded() throws Exception {
        behind.append("a1\n");
        rig.open(Start.beginning());
        assertThat(poll()).isEqualTo("a1\n");
        behind.append("a2\n");
        behind.rename("", ".1");
        behind.append("b1\n");
        Rig.append(behind.beside(".1"), "a3\n");
        assertThat(rig.pass(DRAINED)).isEqualTo("a2\na3\n<ROTATED>b1\n");
        Rig.append(behind.beside(".1"), "a4\n");
        assertThat(rig.pass(DRAINED)).isEqualTo("a4\n");
        behind.append("b2, not seen before it is rotated\n");
        behind.rename(".1", ".2");
        behind.rename("", ".1");
        behind.append("c1, rotated at once\n");
        behind.rename(".2", ".3");
        behind.rename(".1", ".2");
        behind.rename("", ".1");
        behind.append("d1, which is seen\n");
        assertThat(rig.pass(DRAINED))
                .isEqualTo("b2, not seen before it is rotated\n"
                        + "<ROTATED>c1, rotated at once\n<ROTATED>d1, which is seen\n");
    }

    @Test
    void cuts_beginAnew_andTheCopyIsRead() throws Exception {
        String all = Rig.lines("line before the cut ", 1, 10);
        behind.append(all);
        rig.open(Start.beginning());
        assertThat(poll()).isEqualTo(all);
        behind.append("not yet seen\n");
        behind.copyTruncate(".1");
        behind.append("b1\n");
        assertThat(rig.pass(DRAINED)).isEqualTo("not yet seen\n<TRUNCATED>b1\n");
        behind.truncate();
        behind.append("c1, longer than what was there\n");
        assertThat(rig.pass(DRAINED)).isEqualTo("<TRUNCATED>c1, longer than what was there\n");
    }

    @Test
    void deletedAndReplacedFiles_areReadWhole() throws Exception {
        behind.append("a1\n");
        rig.open(Start.beginning());
        assertThat(poll()).isEqualTo("a1\n");
        Files.delete(behind.log);
        assertThat(rig.pass(DRAINED)).isEqualTo("<DISAPPEARED>");
        behind.append("b1, after a while\n");
        assertThat(rig.pass(DRAINED)).isEqualTo("<APPEARED>b1, after a while\n");
        Rig.append(behind.beside(".new"), "c1, from a rename to the path\n");
        behind.rename(".new", "");
        assertThat(rig.pass(DRAINED)).isEqualTo("<ROTATED>c1, from a rename to the path\n");
    }

    @Test
    void restart_goesOnAtTheByte() throws Exception {
        behind.append("a1\na2\n");
        rig.open(Start.beginning());
        assertThat(poll()).isEqualTo("a1\na2\n");
        behind.append("a3\n");
        behind.rename("", ".1");
        behind.append("b1\n");
        assertThat(rig.open(Start.at(rig.position())).pass(DRAINED)).isEqualTo("a3\n<ROTATED>b1\n");
    }
}
