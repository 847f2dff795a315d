package io.logstream.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * How long each case is measured.
 *
 * @param passes forks of each case
 * @param warmups iterations of a fork that are not counted
 * @param warmupMillis the time of each
 * @param iterations iterations of a fork that are counted
 * @param iterationMillis the time of each
 * @param jvm more options for the measured JVM
 * @param timed whether an iteration goes on for its time; otherwise it is one operation, which takes about that long
 */
record Effort(
        int passes,
        int warmups,
        int warmupMillis,
        int iterations,
        int iterationMillis,
        List<String> jvm,
        boolean timed) {

    /** Iterations that go on for a time. */
    static Effort timed(int passes, int warmups, int warmupMillis, int iterations, int iterationMillis) {
        return new Effort(passes, warmups, warmupMillis, iterations, iterationMillis, Forks.HEAP, true);
    }

    /** Iterations of one operation that takes about so long. */
    static Effort operations(int passes, int warmups, int iterations, int millis) {
        return new Effort(passes, warmups, millis, iterations, millis, Forks.HEAP, false);
    }

    /** The same in another JVM. */
    Effort in(String... options) {
        return new Effort(passes, warmups, warmupMillis, iterations, iterationMillis, List.of(options), timed);
    }

    /** A part of this effort: shorter iterations, or fewer. */
    Effort part(double share) {
        return timed
                ? new Effort(
                        passes, warmups, part(warmupMillis, share), iterations, part(iterationMillis, share), jvm, true)
                : new Effort(
                        passes,
                        part(warmups, share),
                        warmupMillis,
                        part(iterations, share),
                        iterationMillis,
                        jvm,
                        false);
    }

    private static int part(int whole, double share) {
        return (int) Math.ceil(whole * share);
    }

    /** What a fork should take, without its start. */
    long nanos() {
        return TimeUnit.MILLISECONDS.toNanos((long) warmups * warmupMillis + (long) iterations * iterationMillis);
    }

    /** Tells JMH. */
    void apply(ChainedOptionsBuilder options) {
        options.forks(1)
                .warmupIterations(warmups)
                .warmupTime(TimeValue.milliseconds(warmupMillis))
                .measurementIterations(iterations)
                .measurementTime(TimeValue.milliseconds(iterationMillis))
                .jvmArgsAppend(jvm.toArray(new String[0]));
    }

    @Override
    public String toString() {
        String forks = passes == 1 ? "a JVM for each case" : passes + " JVMs for each case, all cases in turn";
        return timed
                ? String.format(
                        Locale.ROOT,
                        "%s; %d x %d ms to warm up, %d x %d ms measured; medians over all of these",
                        forks,
                        warmups,
                        warmupMillis,
                        iterations,
                        iterationMillis)
                : String.format(
                        Locale.ROOT,
                        "%s; %d operations to warm up, %d measured; medians over all of these",
                        forks,
                        warmups,
                        iterations);
    }
}
