package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs {@link LatencyBenchmark} for subscribers that sleep, and for some that do not. */
final class LatencyExperiment implements Experiment {
    private static final String FLOOR = "floor-parked";
    private static final String LOGSTREAM = "logstream";
    private static final String SPINNING = "logstream-spin";

    /** Rivals that let a subscriber sleep until something comes. */
    private static final List<String> PARKED = List.of(
            "submission-publisher",
            "disruptor-blocking",
            "reactor-replay",
            "reactor-multicast",
            "rxjava-publish",
            "mutiny",
            "seed-design");

    /** Rivals that look for lines again and again. */
    private static final List<String> POLLING = List.of("agrona", "disruptor-yielding");

    @Override
    public String question() {
        return "How long does it take until a viewer with nothing to do gets the next line?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        Forks forks =
                new Forks(limit.isQuick() ? Effort.operations(3, 1, 8, 260) : Effort.operations(8, 2, 20, 260), limit);
        List<String> peers = new ArrayList<>(List.of(FLOOR, LOGSTREAM, SPINNING));
        peers.addAll(PARKED);
        peers.addAll(POLLING);
        Samples samples = forks.run(
                LatencyBenchmark.class,
                peers.stream().map(LatencyExperiment::of).toList());
        forks.describe(report);
        report.say(
                "microseconds from when a line was due to the callback; medians over quarters of a second; best is the"
                        + " quietest of them");
        String best = PARKED.get(0);
        for (String peer : PARKED) {
            best = micros(samples, peer, "p50") < micros(samples, best, "p50") || !samples.has(of(best)) ? peer : best;
        }
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "one viewer, 5000 lines/s",
                "p50 us",
                "best",
                "p99 us",
                "best",
                "p50 of best parked's",
                "lost",
                "target"));
        double parked = micros(samples, best, "p50");
        for (String peer : peers) {
            double p50 = micros(samples, peer, "p50");
            double p99 = micros(samples, peer, "p99");
            report.row("latency.p50", of(peer), p50, "us");
            report.row("latency.p99", of(peer), p99, "us");
            table.add(List.of(
                    samples.name(of(peer)),
                    Report.number(p50),
                    Report.number(samples.least(of(peer), "p50") / 1000),
                    Report.number(p99),
                    Report.number(samples.least(of(peer), "p99") / 1000),
                    Report.ratio(p50 / parked),
                    Report.number(samples.median(of(peer), "lost")),
                    target(peer, p50, parked, best, report)));
        }
        report.table(table);
        return forks.failures();
    }

    /** Equal is what differs by less than a tenth: the best of seven is always a bit better than it should be. */
    private static String target(String peer, double p50, double parked, String best, Report report) {
        return switch (peer) {
            case LOGSTREAM -> report.bound("p50 against the best parked rival, " + best, p50 / parked, 1.1);
            case SPINNING -> report.target("the best parked rival's p50 against spinning", parked / p50, 10);
            default -> "";
        };
    }

    private static Case of(String peer) {
        return new Case(peer, Map.of());
    }

    private static double micros(Samples samples, String peer, String metric) {
        return samples.median(of(peer), metric) / 1000;
    }
}
