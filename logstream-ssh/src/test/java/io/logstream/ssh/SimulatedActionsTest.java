package io.logstream.ssh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random programs of writing, rotating, copying and cutting, late lines and broken connections, in simulated time and between
 * any two requests: no line comes twice or out of order, and where one is missing a gap tells, at its place. {@code
 * -Dssh.sim=N} plays one of them.
 */
class SimulatedActionsTest {
    private static final int PROGRAMS = 200;
    private static final Pattern PIECE = Pattern.compile("(line|late) (\\d+)\\n|<([^>]*)>\\n?");

    @Test
    void nothingIsLostInSilenceOrTwice_whateverHappensBetweenTwoRequests() {
        Long one = Long.getLong("ssh.sim");
        for (long seed = one == null ? 1 : one; seed <= (one == null ? PROGRAMS : one); seed++) {
            new Program(seed).run();
        }
    }

    @Tag("stress")
    @Test
    void nothingIsLostInSilenceOrTwice_withNewSeeds() {
        long end = System.nanoTime()
                + Duration.ofSeconds(Long.getLong("stress.seconds", 600)).toNanos();
        for (long seed = System.nanoTime(); end - System.nanoTime() > 0; seed++) {
            new Program(seed).run();
        }
    }

    /** One random program. */
    private static final class Program {
        private final Random random;
        private final FollowRig rig = new FollowRig();
        private final StringBuilder done = new StringBuilder();
        private final List<MemoryHost.Node> rotated = new ArrayList<>();
        private final Set<Integer> late = new HashSet<>();
        private final boolean dated;
        /** About how many requests there are from one action to the next, as long as there are actions. */
        private final int between;

        private MemoryHost.Node current;
        private int written;
        private int names;
        private int actions;
        private boolean copied;

        Program(long seed) {
            random = new Random(seed * 0x9E3779B97F4A7C15L);
            dated = random.nextBoolean();
            between = 4 << random.nextInt(6);
            done.append("seed ")
                    .append(seed)
                    .append(dated ? " dated" : " shifted")
                    .append(':');
        }

        void run() {
            try (rig) {
                if (random.nextInt(4) > 0) {
                    write();
                }
                rig.step(); // it begins with what is there then
                rig.host.before(type -> {
                    if (actions > 0 && random.nextInt(between) == 0) {
                        actions--;
                        act();
                    }
                });
                for (int round = 0; round < 12; round++) {
                    actions = random.nextInt(8);
                    rig.follow(Duration.ofMillis(random.nextInt(3) == 0 ? random.nextInt(4000) : random.nextInt(200)));
                    if (random.nextInt(4) == 0) {
                        note("break");
                        rig.breakConnection();
                    }
                    if (random.nextInt(8) == 0 && !rig.marks.isEmpty()) {
                        int newest = rig.marks.size() - 1;
                        note("restart");
                        rig.restart(rig.marks.get(Math.max(0, newest - random.nextInt(4))));
                    }
                }
                actions = 0;
                finishCopy();
                if (!rig.host.exists(FollowRig.LOG)) {
                    current = rig.host.create(FollowRig.LOG);
                }
                write();
                String last = "line " + (written - 1) + "\n";
                rig.until(last);
                rig.follow(Duration.ofSeconds(3));
                check();
            } catch (AssertionError | Exception e) {
                throw new AssertionError(done + "\n" + rig.text, e);
            }
        }

        private void note(String what) {
            done.append(' ').append(what).append('@').append(rig.time.nanoTime() / 1_000_000);
        }

        private void act() {
            switch (random.nextInt(14)) {
                case 0, 1 -> {
                    if (rig.host.exists(FollowRig.LOG)) {
                        finishCopy();
                        note("move");
                        if (rig.host.size(FollowRig.LOG) > 0) { // docs/ssh.md: late lines of files that nobody saw
                            rotated.add(current);
                        }
                        move(FollowRig.LOG);
                        if (random.nextInt(3) > 0) {
                            create();
                        }
                    } else {
                        create();
                    }
                }
                case 2 -> {
                    if (rig.host.exists(FollowRig.LOG) && !copied) {
                        note("copy");
                        shift();
                        rig.host.copy(FollowRig.LOG, fresh());
                        copied = true;
                        if (random.nextBoolean()) {
                            finishCopy();
                        }
                    }
                }
                case 3 -> {
                    if (!rotated.isEmpty()
                            && rotated.get(rotated.size() - 1) != current
                            && rig.host.exists(FollowRig.LOG)) {
                        note("late " + written);
                        late.add(written);
                        rig.host.write(rotated.get(rotated.size() - 1), "late " + written++ + "\n");
                    }
                }
                case 4 -> rig.time.advance(Duration.ofMillis(random.nextInt(1200)));
                case 5 -> compress();
                case 6 -> {
                    note("backup");
                    rig.host.copy(FollowRig.LOG, FollowRig.LOG + ".bak");
                }
                default -> write();
            }
        }

        /** One that is not written late. */
        private void compress() {
            List<String> all = rig.host.names().stream()
                    .filter(name -> name.matches(".*[.-]\\d+"))
                    .toList();
            if (!all.isEmpty() && !copied) {
                String one = all.get(random.nextInt(all.size()));
                note("compress " + one);
                rotated.clear();
                rig.host.compress(one);
            }
        }

        private void finishCopy() {
            if (copied) {
                note("cut");
                rig.host.truncate(FollowRig.LOG);
                copied = false;
            }
        }

        private void create() {
            note("create");
            current = rig.host.create(FollowRig.LOG);
            if (random.nextBoolean()) {
                write();
            }
        }

        private void write() {
            if (copied) {
                return; // what is written between the copy and the cut is lost, and nobody can tell
            }
            note("write " + written);
            StringBuilder text = new StringBuilder();
            for (int left = 1 + random.nextInt(random.nextInt(6) == 0 ? 200 : 3); left > 0; left--) {
                text.append("line ").append(written++).append('\n');
            }
            if (current == null) {
                current = rig.host.create(FollowRig.LOG);
            }
            rig.host.write(current, text.toString());
        }

        private void move(String from) {
            shift();
            rig.host.rename(from, fresh());
        }

        /** Where each rotation gives all of them new names, makes room for the newest. */
        private void shift() {
            for (int i = names; !dated && i > 0; i--) {
                rig.host.rename(FollowRig.LOG + "." + i, FollowRig.LOG + "." + (i + 1));
                rig.host.rename(FollowRig.LOG + "." + i + ".gz", FollowRig.LOG + "." + (i + 1) + ".gz");
            }
        }

        private String fresh() {
            names++;
            return FollowRig.LOG + (dated ? "-2030010" + (100 + names) : ".1");
        }

        private void check() {
            Set<Integer> got = new HashSet<>();
            int next = 0;
            boolean gap = false;
            boolean gaps = rig.text.indexOf("<gap") >= 0;
            Matcher pieces = PIECE.matcher(rig.text);
            int end = 0;
            while (pieces.find()) {
                if (pieces.start() != end) {
                    throw new AssertionError("a broken line: " + rig.text.substring(end, pieces.start()));
                }
                end = pieces.end();
                if (pieces.group(3) != null) {
                    gap |= pieces.group(3).startsWith("gap");
                    continue;
                }
                int number = Integer.parseInt(pieces.group(2));
                if (!got.add(number)) {
                    throw new AssertionError(number + " came twice");
                }
                if (late.contains(number)) {
                    continue;
                }
                if (number < next) {
                    throw new AssertionError(number + " came after " + (next - 1));
                }
                while (late.contains(next)) {
                    next++;
                }
                if (number > next && !gap) {
                    throw new AssertionError(next + " to " + (number - 1) + " are missing without a gap");
                }
                next = number + 1;
                gap = false;
            }
            if (end != rig.text.length()) {
                throw new AssertionError("a broken end: " + rig.text.substring(end));
            }
            if (!got.containsAll(late) && !gaps) {
                late.removeAll(got);
                throw new AssertionError("late lines " + late + " are missing without a gap");
            }
        }
    }
}
