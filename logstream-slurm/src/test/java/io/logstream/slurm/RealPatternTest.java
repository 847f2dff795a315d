package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names of files that a real sbatch wrote, compared with those that are worked out for them. */
class RealPatternTest {
    private static final int RANDOM = 60;
    private static final List<String> PARTS = List.of(
            "%j",
            "%J", "%A", "%a", "%N", "%n", "%s", "%t", "%u", "%x", "%b", "%r", "%S", "%q", "%%", "%5j", "%012j", "%99a",
            "%3A", "%4J", "%3n", "%2t", "%5N", "%3x", "%4s", "%5q", "%7%", "%-3j", "%0j", "a", "-", ".", " ", "out",
            "%", "%5", "$(id)", "'", "\"", "é", "*", "[x]", "!", "7", "\\", "\\\\", "=", "#", ",");
    private static final List<String> NAMES =
            List.of("nm", "na me", "p%jq", "b\\c", "ünï", "x|y", "N/A", "$(id)", "-n", "a'b\"c", "(null)");

    @TempDir
    private Path directory;

    private final RealSlurm slurm;
    private final SlurmCluster cluster;

    RealPatternTest() throws Exception {
        slurm = RealSlurm.shared();
        cluster = slurm.cluster().build();
    }

    /** A job, the directory that nobody else writes to, and its pattern; it is watched, as Slurm forgets it soon. */
    private record Case(Path where, String pattern, String name, SlurmJobSource source, Poller.Watch watch) {}

    @AfterEach
    void end() {
        cluster.close();
    }

    @Test
    void fileIsWhereItIsWorkedOut_forRowsOfTheTable() throws Exception {
        check(List.of(
                submit("a-%j", "nm", false),
                submit("b-%5j", "nm", false),
                submit("q-%05j", "nm", false),
                submit("c-%A_%a", "nm", false),
                submit("y-%a", "nm", false),
                submit("d-%J", "nm", false),
                submit("e-%N", "nm", false),
                submit("f-%n", "nm", false),
                submit("h-%t", "nm", false),
                submit("t-%4t-%3n", "nm", false),
                submit("g-%s", "nm", false),
                submit("i-%u", "nm", false),
                submit("k-%x", "nm", false),
                submit("l-%%j", "nm", false),
                submit("m-\\%j", "nm", false),
                submit("o-%q", "nm", false),
                submit("s-%b", "nm", false),
                submit("r-%3N-%3x", "nm", false),
                submit("ar-%A_%a-%j", "nm", true),
                submit("", "nm", true),
                submit("", "nm", false),
                submit("p %x-%A_%3a %N", "na me", true),
                submit("~x", "nm", false)));
    }

    @Test
    void fileIsWhereItIsWorkedOut_forPatternsAtRandom() throws Exception {
        long seed = Long.getLong("slurm.seed", System.nanoTime());
        Random random = new Random(seed);
        List<Case> cases = new ArrayList<>();
        for (int i = 0; i < RANDOM; i++) {
            StringBuilder pattern = new StringBuilder("f");
            for (int part = 1 + random.nextInt(6); part > 0; part--) {
                pattern.append(PARTS.get(random.nextInt(PARTS.size())));
            }
            String name = NAMES.get(random.nextInt(NAMES.size()));
            if (pattern.toString().contains("x") && name.contains("/")) {
                name = "nm"; // what is written into a directory that is not there is no file
            }
            cases.add(submit(pattern.toString(), name, random.nextInt(4) == 0));
        }
        try {
            check(cases);
        } catch (AssertionError e) {
            throw new AssertionError("-Dslurm.seed=" + seed, e);
        }
    }

    private Case submit(String pattern, String name, boolean isArray) throws Exception {
        Path where = Files.createTempDirectory(directory, "d");
        List<String> options = new ArrayList<>(List.of("-J", name));
        if (!pattern.isEmpty()) {
            options.addAll(List.of("-o", pattern));
        }
        if (isArray) {
            options.add("--array=12");
        }
        String job = slurm.submit(where, "true", options.toArray(String[]::new));
        SlurmJobSource source = SlurmJobSource.of(cluster, job + (isArray ? "_12" : ""));
        return new Case(where, pattern, name, source, cluster.watch(JobId.parse(job), () -> {}));
    }

    private void check(List<Case> cases) throws Exception {
        Map<String, String> wrong = new HashMap<>();
        for (Case one : cases) {
            CollectingViewer.until("a file of " + one, () -> files(one.where()).size() == 1);
            Path file = files(one.where()).get(0);
            SlurmJobSource source = one.source();
            CollectingViewer.until("the beginning of " + one, () -> {
                SlurmJob job = source.id().in(one.watch().known().jobs());
                return job != null && job.hasBegun();
            });
            Poller.Known known = one.watch().known();
            SlurmJob job = source.id().in(known.jobs());
            LogPlaces places = new LogPlaces(source);
            String node = places.unknownHost(job);
            if (node != null) {
                cluster.learnHost(node);
            }
            List<Path> found = places.of(job, known.release(), Channel.STDOUT);
            if (!found.get(0).equals(file)) {
                wrong.put(one.pattern() + " of '" + one.name() + "': " + file.getFileName(), found + " of " + job);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static List<Path> files(Path where) {
        try (Stream<Path> files = Files.list(where)) {
            return files.toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
