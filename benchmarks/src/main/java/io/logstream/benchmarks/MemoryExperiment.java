package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs {@link MemoryBenchmark} and {@link AllocationBenchmark}, and {@link FanoutBenchmark} with little memory. */
final class MemoryExperiment implements Experiment {
    private static final String LOGSTREAM = "logstream-drop"; // all options are the defaults
    private static final String BATCH = "logstream-batch";
    private static final List<String> PEERS = List.of(
            LOGSTREAM,
            "submission-publisher",
            "disruptor-blocking",
            "reactor-replay",
            "reactor-multicast",
            "rxjava-publish",
            "rxjava-replay",
            "mutiny",
            "agrona",
            "seed-design");

    private final List<String> failures = new ArrayList<>();

    @Override
    public String question() {
        return "How many bytes does a subscriber, a stream, a line take, and does it matter how little heap there is?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        subscribers(limit.part(0.3), report);
        streams(limit.part(0.15), report);
        allocation(limit.part(0.4), report);
        smallHeap(limit, report);
        return failures;
    }

    private void subscribers(TimeLimit limit, Report report) {
        Forks forks = new Forks(exact(), limit);
        List<Case> cases = new ArrayList<>();
        for (String peer : PEERS) {
            cases.add(Case.of(peer, "what", "subscribers", "subscribers", 1000));
        }
        cases.add(Case.of(LOGSTREAM, "what", "subscribers", "subscribers", 10_000));
        Samples samples = forks.run(MemoryBenchmark.class, cases);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("heap of an idle subscriber", "of", "bytes", "of logstream's", "target"));
        double own = bytes(samples, cases.get(0));
        for (Case of : cases) {
            double bytes = bytes(samples, of);
            report.row("memory.subscriber", of, bytes, "bytes");
            boolean logstream = of.peer().equals(LOGSTREAM);
            table.add(List.of(
                    of.peer(),
                    of.params().getOrDefault("subscribers", ""),
                    Report.number(bytes),
                    Report.ratio(bytes / own),
                    logstream ? report.bound("bytes of an idle subscriber", bytes, 400) : ""));
        }
        report.table(table);
        failures.addAll(forks.failures());
    }

    private void streams(TimeLimit limit, Report report) {
        Forks forks = new Forks(exact(), limit);
        List<Case> cases = List.of(of("streams"), of("retained"), of("trimmed"));
        Samples samples = forks.run(MemoryBenchmark.class, cases);
        double idle = bytes(samples, of("streams"));
        double retained = bytes(samples, of("retained")) / (1000.0 * Lines.LENGTH);
        double trimmed = bytes(samples, of("trimmed")) / (1000.0 * Lines.LENGTH);
        for (Case of : cases) {
            report.row("memory.stream", of, bytes(samples, of), "bytes");
        }
        report.table(List.of(
                List.of("heap of a stream", "measured", "target"),
                List.of(
                        "nothing published, bytes",
                        Report.number(idle),
                        report.bound("bytes of an idle stream", idle, 2048)),
                List.of(
                        "1000 lines published, of their bytes",
                        Report.ratio(retained),
                        report.bound("1000 lines, of their bytes", retained, 1.4)),
                List.of("10,000 lines published, 1000 to be retained, of these", Report.ratio(trimmed), "")));
        failures.addAll(forks.failures());
    }

    private void allocation(TimeLimit limit, Report report) {
        Forks forks = new Forks(Effort.operations(1, 0, 1, 1000), limit);
        List<String> peers = List.of(
                "floor", BATCH, "logstream-line", "submission-publisher", "disruptor-blocking", "reactor-replay");
        List<Case> cases = new ArrayList<>();
        for (String peer : peers) {
            cases.add(Case.of(peer, "subscribers", 1));
            cases.add(Case.of(peer, "subscribers", 64));
        }
        Samples samples = forks.run(AllocationBenchmark.class, cases);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("allocated by all threads, bytes", "per line, S = 1", "S = 64", "per delivery", "target"));
        for (int i = 0; i < cases.size(); i += 2) {
            double one = bytes(samples, cases.get(i));
            double many = bytes(samples, cases.get(i + 1));
            report.row("memory.allocated", cases.get(i), one, "bytes/line");
            report.row("memory.allocated", cases.get(i + 1), many, "bytes/line");
            double delivery = (many - one) / 63;
            String peer = cases.get(i).peer();
            table.add(List.of(
                    peer,
                    Report.number(one),
                    Report.number(many),
                    Report.number(delivery),
                    peer.equals(BATCH)
                            ? report.bound("bytes allocated for a line delivered in a batch", delivery, 4)
                            : ""));
        }
        report.table(table);
        failures.addAll(forks.failures());
    }

    private void smallHeap(TimeLimit limit, Report report) {
        int[] all = {1, 16, 1000};
        List<Case> cases = Arrays.stream(all)
                .mapToObj(s -> Case.of(BATCH, "subscribers", s))
                .toList();
        Samples large = fanout(limit.part(0.5), "1g", cases, report);
        Samples small = fanout(limit, "64m", cases, report);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("M lines/s delivered", "-Xmx1g", "-Xmx64m", "ratio", "target"));
        for (int subscribers : all) {
            Case of = Case.of(BATCH, "subscribers", subscribers);
            double one = large.median(of, "delivered");
            double other = small.median(of, "delivered");
            report.row("memory.heap", Case.of(of.peer(), "subscribers", subscribers, "heap", "1g"), one, "lines/s");
            report.row("memory.heap", Case.of(of.peer(), "subscribers", subscribers, "heap", "64m"), other, "lines/s");
            table.add(List.of(
                    "S = " + subscribers,
                    Report.number(one / 1e6),
                    Report.number(other / 1e6),
                    Report.ratio(other / one),
                    report.target("rate with 64 MiB of heap, S = " + subscribers, other / one, 0.5)));
        }
        report.table(table);
    }

    private Samples fanout(TimeLimit limit, String heap, List<Case> cases, Report report) {
        Effort effort = limit.isQuick() ? Effort.timed(2, 4, 300, 5, 150) : Effort.timed(4, 4, 500, 8, 300);
        Forks forks = new Forks(effort.in("-Xms" + heap, "-Xmx" + heap, "-XX:+AlwaysPreTouch"), limit);
        Samples samples = forks.run(FanoutBenchmark.class, cases);
        forks.describe(report);
        failures.addAll(forks.failures());
        return samples;
    }

    /** The serial collector tells exactly what is alive. */
    private static Effort exact() {
        return Effort.operations(1, 0, 1, 1000).in("-Xmx1g", "-XX:+UseSerialGC");
    }

    private static Case of(String what) {
        return Case.of(LOGSTREAM, "what", what);
    }

    private static double bytes(Samples samples, Case of) {
        return samples.median(of, "milliBytes") / 1000;
    }
}
