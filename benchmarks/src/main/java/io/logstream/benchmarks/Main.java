package io.logstream.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The benchmarks: {@code NAME [--quick] [--json FILE]} runs one of them and prints its tables, nothing lists them. Exits
 * with 0, with 1 if something could not be measured, with 2 if it was used wrongly. A missed target is no failure.
 */
public final class Main {
    private static final Map<String, Experiment> EXPERIMENTS = new LinkedHashMap<>();

    static {
        EXPERIMENTS.put("fanout", new FanoutExperiment());
        EXPERIMENTS.put("publish", new PublishExperiment());
        EXPERIMENTS.put("latency", new LatencyExperiment());
        EXPERIMENTS.put("memory", new MemoryExperiment());
        EXPERIMENTS.put("join", new JoinExperiment());
        EXPERIMENTS.put("split", new SplitExperiment());
        EXPERIMENTS.put("file", new FileExperiment());
        EXPERIMENTS.put("docker", new DockerExperiment());
        EXPERIMENTS.put("ssh", new SshExperiment());
    }

    private Main() {}

    /** Wrong use. */
    private static final class Usage extends Exception {
        private static final long serialVersionUID = 1L;

        Usage(String message) {
            super(message);
        }
    }

    private record Arguments(
            @Nullable String name, boolean quick, @Nullable Path json) {
        static Arguments parse(String[] args) throws Usage {
            String name = null;
            boolean quick = false;
            Path json = null;
            for (int i = 0; i < args.length; i++) {
                if (args[i].equals("--quick")) {
                    quick = true;
                } else if (args[i].equals("--json")) {
                    if (++i == args.length) {
                        throw new Usage("--json needs a file");
                    }
                    json = Path.of(args[i]);
                } else if (args[i].startsWith("-")) {
                    throw new Usage("unknown option '" + args[i] + "'");
                } else if (name != null) {
                    throw new Usage("one benchmark at a time, not '" + name + "' and '" + args[i] + "'");
                } else {
                    name = args[i];
                }
            }
            if (name == null && args.length > 0) {
                throw new Usage("which benchmark?");
            }
            return new Arguments(name, quick, json);
        }
    }

    /**
     * Runs one benchmark.
     *
     * @param args as above
     * @throws IOException if the file can't be written
     */
    public static void main(String[] args) throws IOException {
        System.exit(run(args));
    }

    private static int run(String[] args) throws IOException {
        Arguments arguments;
        Experiment experiment;
        try {
            arguments = Arguments.parse(args);
            if (arguments.name == null) {
                list();
                return 0;
            }
            experiment = EXPERIMENTS.get(arguments.name);
            if (experiment == null) {
                throw new Usage(
                        "no benchmark '" + arguments.name + "'; there are: " + String.join(", ", EXPERIMENTS.keySet()));
            }
        } catch (Usage e) {
            System.err.println("benchmarks: " + e.getMessage());
            System.err.println("usage: benchmarks/run NAME [--quick] [--json FILE]; without a name: what there is");
            return 2;
        }
        TimeLimit limit = TimeLimit.ofRun(arguments.quick);
        Report report = new Report(System.out);
        report.say("%s", experiment.question());
        report.say("%s", Machine.describe());
        List<String> failures = experiment.run(limit, report);
        report.targets();
        if (arguments.json != null) {
            report.write(arguments.json);
        }
        failures.forEach(failure -> System.err.println("not measured: " + failure));
        return failures.isEmpty() ? 0 : 1;
    }

    private static void list() {
        System.out.println("usage: benchmarks/run NAME [--quick] [--json FILE]");
        System.out.println();
        EXPERIMENTS.forEach((name, experiment) -> System.out.printf("  %-9s %s%n", name, experiment.question()));
        System.out.println();
        System.out.println("--quick ends within 4 minutes and is good enough to order the peers; otherwise within 20.");
    }
}
