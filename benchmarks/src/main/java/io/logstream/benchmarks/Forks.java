package io.logstream.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs cases through JMH, each in a JVM of its own. With several passes each case has its turn in each of them, so that
 * what disturbs the machine for a while does not hit one peer alone.
 */
final class Forks {
    /** Memory that is there from the start: otherwise page faults are what is measured first. */
    static final List<String> HEAP = List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");

    private static final TimeValue TIMEOUT = TimeValue.seconds(120);

    private final Effort effort;
    private final List<String> failures = new ArrayList<>();

    /**
     * How long is measured.
     *
     * @param passes forks of each case
     * @param warmups iterations that are not counted
     * @param warmupMillis their time
     * @param iterations iterations that are counted
     * @param iterationMillis their time
     * @param jvm more options for the measured JVM
     */
    record Effort(int passes, int warmups, int warmupMillis, int iterations, int iterationMillis, List<String> jvm) {}

    Forks(Effort effort) {
        this.effort = effort;
    }

    /** Measures all cases; what a benchmark counts has its counter's name as metric, its score the name "score". */
    Samples run(Class<?> benchmark, List<Case> cases) {
        Samples samples = new Samples();
        int count = effort.passes * cases.size();
        int done = 0;
        for (int pass = 0; pass < effort.passes; pass++) {
            for (Case now : cases) {
                System.err.printf(
                        "%d of %d: %s%s%n",
                        ++done, count, now.peer(), now.params().isEmpty() ? "" : " " + now.params());
                run(benchmark, now, samples);
            }
        }
        return samples;
    }

    /** What could not be measured. */
    List<String> failures() {
        return failures;
    }

    private void run(Class<?> benchmark, Case now, Samples samples) {
        Path said;
        try {
            said = Files.createTempFile("benchmarks", ".txt");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + benchmark.getName().replace(".", "\\.") + "\\.")
                .param("peer", now.peer())
                .forks(1)
                .warmupIterations(effort.warmups)
                .warmupTime(TimeValue.milliseconds(effort.warmupMillis))
                .measurementIterations(effort.iterations)
                .measurementTime(TimeValue.milliseconds(effort.iterationMillis))
                .timeout(TIMEOUT)
                .jvmArgsAppend(effort.jvm.toArray(new String[0]))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .output(said.toString());
        now.params().forEach(options::param);
        try {
            collect(new Runner(options.build()).run(), now, samples);
            Files.delete(said);
        } catch (RunnerException | IOException e) {
            String failure = now.peer() + " " + now.params() + ": " + e.getMessage() + " (more in " + said + ")";
            System.err.println("FAILED " + failure);
            failures.add(failure);
        }
    }

    private static void collect(Collection<RunResult> results, Case now, Samples samples) {
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

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d forks, each %d x %d ms to warm up and %d x %d ms measured; median over all iterations",
                effort.passes,
                effort.warmups,
                effort.warmupMillis,
                effort.iterations,
                effort.iterationMillis);
    }
}
