package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs {@link FanoutBenchmark} for all peers with 1, 16 and 1000 subscribers. */
final class FanoutExperiment implements Experiment {
    private static final int[] SUBSCRIBERS = {1, 16, 1000};
    private static final String BATCH = "logstream-batch";
    private static final String LINE = "logstream-line";
    private static final String DROP = "logstream-drop";

    /** Peers whose subscribers do not sleep. */
    private static final Set<String> SPINNING = Set.of("disruptor-yielding", "disruptor-yielding-pub64");

    /** Peers that lose lines when a subscriber is slow, whether they did in this run or not. */
    private static final Set<String> LOSSY = Set.of("agrona", "seed-design");

    private final List<String> failures = new ArrayList<>();

    @Override
    public String question() {
        return "How many lines a second reach 1, 16 and 1000 subscribers together, published as fast as they are taken?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        rates(limit.part(0.85), report);
        slowViewer(limit, report);
        return failures;
    }

    private void rates(TimeLimit limit, Report report) {
        boolean quick = limit.isQuick();
        Forks forks = new Forks(quick ? Effort.timed(1, 3, 250, 5, 150) : Effort.timed(3, 3, 500, 8, 300), limit);
        List<Case> cases = new ArrayList<>();
        for (String peer : Peers.of(quick)) {
            for (int subscribers : SUBSCRIBERS) {
                cases.add(of(peer, subscribers));
            }
        }
        Samples samples = forks.run(FanoutBenchmark.class, cases);
        forks.describe(report);
        for (int subscribers : SUBSCRIBERS) {
            report(samples, Peers.of(quick), subscribers, report);
        }
        failures.addAll(forks.failures());
    }

    /** What 15 subscribers get when there is a sixteenth: none, one that is well, one that is stuck. */
    private void slowViewer(TimeLimit limit, Report report) {
        Forks forks =
                new Forks(limit.isQuick() ? Effort.timed(3, 3, 200, 8, 150) : Effort.timed(8, 3, 500, 10, 300), limit);
        Case none = Case.of(DROP, "subscribers", 15, "stuck", 0);
        Case well = Case.of(DROP, "subscribers", 16, "stuck", 0);
        Case stuck = Case.of(DROP, "subscribers", 15, "stuck", 1);
        Samples samples = forks.run(FanoutBenchmark.class, List.of(none, well, stuck));
        forks.describe(report);
        double usual = samples.median(well, "delivered") * 15 / 16;
        Map<String, Case> rows = new LinkedHashMap<>();
        rows.put("no sixteenth", none);
        rows.put("a sixteenth that is well", well);
        rows.put("a sixteenth that is stuck", stuck);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("dropOldest, what 15 get", "M lines/s", "spread", "of with 16 well", "lost", "target"));
        for (Map.Entry<String, Case> row : rows.entrySet()) {
            Case of = row.getValue();
            double share = of.equals(well) ? 15.0 / 16 : 1;
            double score = samples.median(of, "delivered") * share;
            double lost = samples.median(of, "lost") * share;
            report.row("fanout.slow-viewer", of, score, "lines/s");
            table.add(List.of(
                    samples.name(of, row.getKey()),
                    Report.number(score / 1e6),
                    Report.percent(samples.spread(of, "delivered")),
                    Report.ratio(score / usual),
                    Report.percent(lost / (lost + score)),
                    of.equals(stuck) ? report.target("15 of 16 while one is stuck", score / usual, 0.95) : ""));
        }
        report.table(table);
        failures.addAll(forks.failures());
    }

    private static Case of(String peer, int subscribers) {
        return Case.of(peer, "subscribers", subscribers);
    }

    private static void report(Samples samples, List<String> peers, int subscribers, Report report) {
        double floor = samples.median(of("floor", subscribers), "delivered");
        double batch = samples.median(of(BATCH, subscribers), "delivered");
        double line = samples.median(of(LINE, subscribers), "delivered");
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "S = " + subscribers, "M lines/s", "spread", "of floor", "batch is", "line is", "lost", "target"));
        for (String peer : peers) {
            Case of = of(peer, subscribers);
            double score = samples.median(of, "delivered");
            double lost = samples.median(of, "lost");
            report.row("fanout", of, score, "lines/s");
            if (lost > 0) {
                report.row("fanout.lost", of, lost / (lost + score), "of published");
            }
            boolean rival = Peers.isRival(peer);
            table.add(List.of(
                    samples.name(of),
                    Report.number(score / 1e6),
                    Report.percent(samples.spread(of, "delivered")),
                    Report.ratio(score / floor),
                    rival ? Report.ratio(batch / score) : "",
                    rival ? Report.ratio(line / score) : "",
                    Report.percent(lost / (lost + score)),
                    target(peer, subscribers, score, floor, batch, line, report)));
        }
        report.table(table);
    }

    /** Compares with the targets: batches against floor and rivals, single lines against rivals that sleep. */
    private static String target(
            String peer, int subscribers, double score, double floor, double batch, double line, Report report) {
        String at = " at S = " + subscribers;
        if (peer.equals(BATCH)) {
            return report.target("batch against floor" + at, batch / floor, 0.7);
        }
        if (!Peers.isRival(peer) || LOSSY.contains(peer)) {
            return "";
        }
        double least = leastForBatches(peer, subscribers);
        List<String> found = new ArrayList<>();
        if (least > 0) {
            found.add(report.target("batch against " + peer + at, batch / score, least));
        }
        if (!SPINNING.contains(peer)) {
            double leastLine = subscribers == 1 ? 1 : subscribers == 16 ? 2 : 8;
            found.add(report.target("line against " + peer + at, line / score, leastLine));
        }
        return String.join(" ", found);
    }

    private static double leastForBatches(String peer, int subscribers) {
        return switch (peer) {
            case "submission-publisher", "disruptor-blocking" -> subscribers == 1000 ? 8 : 5;
            case "disruptor-yielding" -> subscribers == 1 ? 0 : 2;
            case "reactor-replay", "reactor-multicast" -> subscribers == 1 ? 0 : 15;
            default -> 0;
        };
    }
}
