package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random programs of what can happen to a log, compared with all that was ever written. Everything rotated away stays
 * beside the log, so that nothing may be lost, told twice or torn, whenever the reader comes to look or is opened again.
 */
class RandomActionsTest {
    private static final int PROGRAMS = 100;
    private static final int ACTIONS = 40;

    @TempDir
    Path directory;

    @Test
    void nothingIsLostOrTwice_whateverHappensToTheLog() throws Exception {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            Path own = Files.createDirectory(directory.resolve("seed" + seed));
            try (Rig rig = new Rig(own)) {
                new Program(rig, seed).run();
            }
        }
    }

    /** One program. Either all its rotations are renames, or all are copies, as a log's configuration has it. */
    private static final class Program {
        private final Rig rig;
        private final Random random;
        private final boolean copies;
        private final StringBuilder actions = new StringBuilder();
        private final StringBuilder written = new StringBuilder();
        private final StringBuilder read = new StringBuilder();
        private int rotated;
        private int line;

        Program(Rig rig, int seed) {
            this.rig = rig;
            this.random = new Random(seed);
            this.copies = seed % 3 == 0;
            actions.append("seed ").append(seed).append(':');
        }

        void run() throws Exception {
            write("the first line, long enough to know a copy by\n");
            rig.open(Start.beginning());
            pass(Duration.ofMillis(1));
            for (int i = 0; i < ACTIONS; i++) {
                act(random.nextInt(100));
            }
            pass(Duration.ofSeconds(60));
            String text =
                    read.toString().replace("<end>\n", "").replaceAll("<(ROTATED|TRUNCATED|APPEARED|DISAPPEARED)>", "");
            assertThat(text).as(actions.toString()).isEqualTo(written.toString());
        }

        private void act(int choice) throws Exception {
            if (choice < 45) {
                note("append");
                write(rig.log, choice % 5 == 0 ? "unfinished " + line++ : lines(choice % 7));
            } else if (choice < 60) {
                note("pass");
                pass(Duration.ofMillis(random.nextInt(100)));
            } else if (choice < 65) {
                note("passLong");
                pass(Duration.ofSeconds(1 + random.nextInt(4)));
            } else if (choice < 75) {
                note("reopen");
                reopen();
            } else if (choice < 80) {
                note("read");
                rig.sink.room = 600;
                rig.read();
                rig.sink.room = 1 << 20;
            } else {
                rotate();
            }
        }

        private void reopen() throws Exception {
            read.append(rig.sink.takeText());
            if (!rig.sink.places.isEmpty()) {
                rig.open(Start.at(rig.position()));
            }
        }

        private void rotate() throws IOException {
            note(copies ? "copyTruncate" : "rename");
            for (int i = rotated; i > 0; i--) {
                rig.rename("." + i, "." + (i + 1));
            }
            rotated++;
            if (copies) {
                rig.copyTruncate(".1");
                // A copy is told from others by what is in it, and a cut can't be seen in an empty file.
                write(lines(1));
            } else {
                rig.rename("", ".1");
                if (random.nextBoolean()) {
                    write(rig.beside(".1"), "late " + line++ + "\n");
                }
                write("");
            }
        }

        private void write(String text) throws IOException {
            write(rig.log, text);
        }

        private void write(Path file, String text) throws IOException {
            Rig.append(file, text);
            written.append(text);
        }

        private String lines(int count) {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < count * 10; i++) {
                lines.append("line ").append(line++).append(" of this program\n");
            }
            return lines.toString();
        }

        private void pass(Duration time) throws IOException {
            read.append(rig.pass(time));
        }

        private void note(String action) {
            actions.append(' ').append(action);
        }
    }
}
