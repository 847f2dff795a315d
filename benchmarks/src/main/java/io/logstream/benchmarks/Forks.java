package io.logstream.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs cases through JMH, each in a JVM of its own. With several passes each case has its turn in each of them, so that
 * what disturbs the machine for a while does not hit one peer alone.
 *
 * <p>When forks take longer than they should, those that follow are made shorter, to a quarter at the least, so that all
 * end in time; what has no time left even then is not measured.
 */
final class Forks {
    /** Memory that is there from the start: otherwise page faults are what is measured first. */
    static final List<String> HEAP = List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");

    private static final long START_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);
    private static final double LEAST = 0.25;
    private static final int TOO_SLOW = 5;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Effort effort;
    private final TimeLimit limit;
    private final Samples samples = new Samples();
    private final List<String> failures = new ArrayList<>();
    private long spent;
    private long planned;
    private int left;
    private double shortest = 1;
    private int skipped;
    private final Set<Case> outOfTime = new LinkedHashSet<>();

    Forks(Effort effort, TimeLimit limit) {
        this.effort = effort;
        this.limit = limit;
        System.setProperty("jmh.ignoreLock", "true"); // whoever measures at the same time is seen in the load
    }

    /** Measures all cases; what a benchmark counts has its counter's name as metric, its score the name "score". */
    Samples run(Class<?> benchmark, List<Case> cases) {
        int count = effort.passes() * cases.size();
        left = count;
        for (int pass = 0; pass < effort.passes(); pass++) {
            for (Case now : cases) {
                double share = share();
                System.err.printf(
                        "%d of %d: %s%s%n",
                        count - left + 1,
                        count,
                        now,
                        share == 0 ? ", no time left" : effort.part(share).equals(effort) ? "" : ", shortened");
                if (share == 0) {
                    skip(now);
                } else {
                    measure(benchmark, now, share);
                }
                left--;
            }
        }
        return samples;
    }

    /** The part of its effort that there is time for in the next fork; 0 for none. */
    private double share() {
        double late = Math.max(1, planned == 0 ? 1 : (double) spent / planned);
        double fair = limit.left() / late / left;
        double share = (fair - START_NANOS) / effort.nanos();
        if (share >= LEAST) {
            return Math.min(1, share);
        }
        return limit.left() / late > START_NANOS + effort.part(LEAST).nanos() ? LEAST : 0;
    }

    private void skip(Case now) {
        skipped++;
        if (!samples.has(now)) {
            outOfTime.add(now);
        }
    }

    private void measure(Class<?> benchmark, Case now, double share) {
        Effort shortened = effort.part(share);
        if (!shortened.equals(effort)) {
            shortest = Math.min(shortest, share);
            samples.shortened(now);
        }
        long plan = START_NANOS + shortened.nanos();
        long begun = System.nanoTime();
        try (Watchdog dog = new Watchdog(Math.min(limit.grace(), TOO_SLOW * plan + PATIENCE_NANOS))) {
            run(benchmark, now, shortened, dog);
        }
        spent += System.nanoTime() - begun;
        planned += plan;
    }

    private void run(Class<?> benchmark, Case now, Effort shortened, Watchdog dog) {
        Path said;
        try {
            said = Files.createTempFile("benchmarks", ".txt");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + benchmark.getName().replace(".", "\\.") + "\\.")
                .param("peer", now.peer())
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .output(said.toString());
        shortened.apply(options);
        now.params().forEach(options::param);
        try {
            collect(new Runner(options.build()).run(), now);
            Files.delete(said);
        } catch (RunnerException | IOException e) {
            String why = dog.hasBitten() ? "took far too long" : e.getMessage();
            String failure = now + ": " + why + " (more in " + said + ")";
            System.err.println("FAILED " + failure);
            failures.add(failure);
        }
    }

    private void collect(Collection<RunResult> results, Case now) {
        for (RunResult result : results) {
            for (BenchmarkResult fork : result.getBenchmarkResults()) {
                for (IterationResult iteration : fork.getIterationResults()) {
                    samples.add(now, "score", iteration.getPrimaryResult().getScore());
                    iteration
                            .getSecondaryResults()
                            .forEach((counter, value) -> samples.add(now, counter, value.getScore()));
                }
            }
        }
    }

    /** What could not be measured. */
    List<String> failures() {
        List<String> all = new ArrayList<>(failures);
        if (!outOfTime.isEmpty()) {
            all.add("no time left for " + outOfTime.stream().map(Case::toString).collect(Collectors.joining(", ")));
        }
        return all;
    }

    /** Says how long was measured, and what had to be shortened. */
    void describe(Report report) {
        report.say("%s", effort);
        if (shortest < 1) {
            report.say(
                    "* the machine was late: these were measured for a shorter time, %s of it at the least",
                    Report.percent(shortest));
        }
        if (skipped > 0) {
            report.say("the machine was late: %d of all forks were left out", skipped);
        }
    }
}
