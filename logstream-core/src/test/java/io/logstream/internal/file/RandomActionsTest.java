package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.StressTime;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random programs of what can happen to a log, on the real file system and in simulated time, compared with all that was
 * ever written. {@code -Dfile.programs=N} sets their number; {@code -Dfile.seed=N} plays one again.
 */
class RandomActionsTest {
    private static final int PROGRAMS = 10_000;
    private static final int STRESS_PROGRAMS = 100_000;
    private static final int ACTIONS = 24;
    /** More failures than these tell nothing new. */
    private static final int MOST_FAILED = 40;

    @TempDir
    Path directory;

    private long gaps;
    private long pieces;

    @Test
    @Tag("long")
    void nothingIsLostInSilenceOrTwice_whateverHappensToTheLog() throws Exception {
        Long seed = Long.getLong("file.seed");
        if (seed != null) {
            run(seed);
            return;
        }
        runAll(0, Long.getLong("file.programs", PROGRAMS), Duration.ZERO);
    }

    @Test
    @Tag("stress")
    void nothingIsLostInSilenceOrTwice_onNewSeeds() throws Exception {
        long first = new SplittableRandom().nextLong() >>> 16;
        long count = runAll(first, STRESS_PROGRAMS, StressTime.get());
        System.out.println(count + " programs of what happens to a log, seeds from " + first + " on");
    }

    /** At least so many programs, and for at least so long. Returns how many there were. */
    private long runAll(long firstSeed, long programs, Duration time) throws Exception {
        long end = System.nanoTime() + time.toNanos();
        List<Long> failed = new ArrayList<>();
        AssertionError firstFailure = null;
        long count = 0;
        while ((count < programs || System.nanoTime() - end < 0) && failed.size() < MOST_FAILED) {
            try {
                run(firstSeed + count);
            } catch (AssertionError e) {
                failed.add(firstSeed + count);
                firstFailure = firstFailure == null ? e : firstFailure;
            }
            count++;
        }
        if (firstFailure != null) {
            throw new AssertionError(
                    "of " + count + " seeds these fail: " + failed + "; the first one:\n" + firstFailure.getMessage(),
                    firstFailure);
        }
        // The programs do what they are for: much is told, and some of it is lost.
        assertThat(pieces).isGreaterThan(20 * count);
        assertThat(gaps).isBetween(count / 20, 5 * count);
        return count;
    }

    private void run(long seed) throws Exception {
        Path own = Files.createDirectory(directory.resolve("seed" + seed));
        Program program;
        try (Rig rig = new Rig(own)) {
            rig.pollInterval = Duration.ofMillis(250);
            program = new Program(rig, seed);
            try {
                program.run();
                ModelAccount account = program.account();
                gaps += account.gaps();
                pieces += account.told();
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError(
                        e + "\nplay it again with -Dfile.seed=" + seed + "\n" + program.actions + "\n"
                                + program.log.output(),
                        e);
            }
        }
        program.log.clear();
    }

    /** How a log is treated. */
    private enum Kind {
        /** Every rotation is a rename and nothing is removed, so nothing may be missing. */
        RENAMES,
        /** Every rotation is a copy and a cut, and nothing is removed. */
        COPIES,
        /** Anything happens, but all rotations are of one of these kinds, as a log's configuration has it. */
        WILD
    }

    private static final class Program {
        /** Late lines are looked for as long as a minute. */
        private static final long LATE = Duration.ofSeconds(30).toNanos();

        private final Rig rig;
        private final SplittableRandom random;
        private final Kind kind;
        private final boolean copies;
        final ModelLog log;
        final StringBuilder actions = new StringBuilder();
        private boolean open;

        Program(Rig rig, long seed) throws IOException {
            this.rig = rig;
            this.random = new SplittableRandom(seed);
            this.kind = seed % 4 == 0 ? Kind.RENAMES : seed % 4 == 1 ? Kind.COPIES : Kind.WILD;
            this.copies = kind == Kind.COPIES || (kind == Kind.WILD && random.nextInt(3) == 0);
            boolean linked = random.nextInt(4) == 0;
            int keep = kind != Kind.WILD || random.nextBoolean() ? 1000 : random.nextInt(4);
            this.log = new ModelLog(rig, keep, linked);
            rig.access = log;
            actions.append(kind).append(" keep ").append(keep).append(linked ? " linked:" : ":");
        }

        void run() throws Exception {
            log.write(1, 60, true);
            pass(Duration.ofMillis(1));
            int count = 1 + random.nextInt(ACTIONS);
            for (int i = 0; i < count; i++) {
                act();
            }
            settle();
        }

        ModelAccount account() {
            ModelAccount account = new ModelAccount(log);
            if (kind == Kind.WILD) {
                account.checkHonest(!copies);
            } else {
                account.checkComplete();
            }
            return account;
        }

        private void act() throws Exception {
            switch (random.nextInt(kind == Kind.WILD ? 16 : 10)) {
                case 0, 1 -> write(1 + random.nextInt(6), 12 + random.nextInt(40), true);
                case 2 -> write(1 + random.nextInt(2), 16, false);
                case 3 -> write(30 + random.nextInt(60), 20 + random.nextInt(30), random.nextBoolean());
                case 4 -> pass(Duration.ofMillis(random.nextInt(300)));
                case 5 -> pass(Duration.ofMillis(500 + random.nextInt(4000)));
                case 6 -> pause();
                case 7 -> restart();
                case 8 -> readALittle();
                case 9 -> rotate();
                default -> harm();
            }
        }

        private void harm() throws Exception {
            switch (random.nextInt(10)) {
                case 0 -> deleteOrMake();
                case 1 -> refill(-1 - random.nextInt(200));
                case 2 -> refill(0);
                case 3 -> refill(1 + random.nextInt(1000));
                case 4 -> {
                    note("replace");
                    log.replace(1 + random.nextInt(5));
                }
                case 5 -> switchLink();
                case 6 -> deny();
                case 7 -> writeLate();
                case 8 -> {
                    if (log.current != null) {
                        note("truncate");
                        log.truncate();
                    }
                }
                default -> rotate();
            }
        }

        private void write(int count, int size, boolean endsLast) throws IOException {
            note("write " + count + "*" + size + (endsLast ? "" : " open"));
            log.write(count, size, endsLast);
        }

        private void rotate() throws IOException {
            if (log.current == null) {
                return;
            }
            if (copies) {
                note("copytruncate");
                log.copyTruncate();
                if (kind == Kind.COPIES) {
                    write(1, 16, true); // a cut can't be seen in an empty file
                }
                return;
            }
            note("rename");
            log.rotate();
            if (kind == Kind.RENAMES && random.nextBoolean()) {
                note("late");
                log.writeLate(1, LATE);
            }
            if (kind == Kind.RENAMES || random.nextInt(4) > 0) {
                note("make");
                log.create();
            }
        }

        private void deleteOrMake() throws IOException {
            if (log.current == null) {
                note("make");
                log.create();
            } else {
                note("delete");
                log.delete();
                if (random.nextBoolean()) {
                    write(1 + random.nextInt(20), 24, true);
                }
            }
        }

        private void refill(int difference) throws IOException {
            if (log.current != null) {
                note("refill " + difference);
                log.refill(log.size() + difference);
            }
        }

        private void switchLink() throws IOException {
            if (log.isLinked()) {
                note("switch");
                log.switchLink(1 + random.nextInt(5));
            }
        }

        private void deny() {
            boolean denied = !log.isDenied();
            note(denied ? "chmod 000" : "chmod 644");
            log.deny(denied);
        }

        private void writeLate() throws IOException {
            if (log.writeLate(1 + random.nextInt(3), LATE)) {
                note("late");
            }
        }

        private void pause() {
            Duration pause = Duration.ofMillis(random.nextInt(3000));
            note("pause " + pause.toMillis());
            rig.context.time.advance(pause);
        }

        private void pass(Duration time) throws Exception {
            note("pass " + time.toMillis());
            look(() -> rig.run(time));
        }

        private void readALittle() throws Exception {
            note("read");
            rig.sink.room = 600;
            look(rig::read);
            rig.sink.room = 1 << 20;
        }

        private void restart() throws Exception {
            note("restart");
            stop();
            look(() -> {});
        }

        private void stop() {
            rig.close();
            open = false;
            log.forget();
        }

        /** Something that the reader does, which may fail only where a file must not be opened. */
        private interface Look {
            void run() throws Exception;
        }

        private void look(Look look) throws Exception {
            try {
                if (!open) {
                    rig.open(rig.sink.places.isEmpty() ? Start.beginning() : Start.at(rig.position()));
                    open = true;
                }
                look.run();
                log.progress();
            } catch (AccessDeniedException e) {
                // Also when it is allowed again: an open file is read to its end first.
                log.progress();
                note("fails");
                stop();
            }
        }

        /** Until all is told that will be: also of what is written late, for which the reader looks a minute long. */
        private void settle() throws Exception {
            log.deny(false);
            if (log.current == null) {
                log.create();
            }
            passUntilQuiet();
            log.write(1, 40, true);
            passUntilQuiet();
            note("pause 61000");
            rig.context.time.advance(Duration.ofSeconds(61));
            log.write(1, 40, true);
            passUntilQuiet();
        }

        private void passUntilQuiet() throws Exception {
            int before;
            do {
                before = log.output().length();
                pass(Duration.ofSeconds(2));
            } while (log.output().length() > before);
        }

        private void note(String action) {
            actions.append(' ').append(action).append(',');
        }
    }
}
