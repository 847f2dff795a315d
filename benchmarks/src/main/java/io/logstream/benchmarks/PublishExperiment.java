package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs {@link PublishBenchmark} for one line a call and for blocks of 64. */
final class PublishExperiment implements Experiment {
    private static final List<String> PEERS = List.of(
            "floor-pub1",
            "floor",
            "logstream-drop-pub1",
            "logstream-drop",
            "submission-offer",
            "disruptor-blocking",
            "disruptor-blocking-pub64",
            "reactor-replay",
            "reactor-multicast",
            "rxjava-publish",
            "mutiny",
            "agrona",
            "seed-design");

    /** Where a subscriber that is stuck stops the publisher. */
    private static final Set<String> STOPPED_BY_ONE =
            Set.of("disruptor-blocking", "disruptor-blocking-pub64", "reactor-multicast");

    private static final List<String> SETTINGS = List.of("s0", "s1", "s16", "s1000", "sStuck");

    @Override
    public String question() {
        return "What does a line cost the thread that publishes it, with 0 to 1000 subscribers, or one that is stuck?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        Forks forks =
                new Forks(limit.isQuick() ? Effort.operations(2, 4, 4, 600) : Effort.operations(5, 10, 10, 600), limit);
        List<Case> cases = PEERS.stream().map(PublishExperiment::of).toList();
        Samples samples = forks.run(PublishBenchmark.class, cases);
        forks.describe(report);
        report.say(
                "nanoseconds per line in the median burst of 1024 lines, and in all of them; flat is the largest median of a row"
                        + " by the smallest");
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "subscribers", "0", "1", "16", "1000", "16, 1 stuck", "mean at 16", "flat", "of floor", "target"));
        for (String peer : PEERS) {
            table.add(row(samples, peer, report));
        }
        report.table(table);
        return forks.failures();
    }

    private static Case of(String peer) {
        return Case.of(peer, "stall", !STOPPED_BY_ONE.contains(peer));
    }

    private static double nanos(Samples samples, String peer, String setting) {
        double picos = samples.median(of(peer), setting);
        return picos > 0 ? picos / 1000 : Double.NaN;
    }

    private static List<String> row(Samples samples, String peer, Report report) {
        List<String> row = new ArrayList<>();
        row.add(samples.name(of(peer)));
        double least = Double.MAX_VALUE;
        double most = 0;
        for (String setting : SETTINGS) {
            double nanos = nanos(samples, peer, setting);
            row.add(Report.number(nanos));
            if (nanos > 0) {
                least = Math.min(least, nanos);
                most = Math.max(most, nanos);
                int subscribers = setting.equals("sStuck") ? 16 : Integer.parseInt(setting.substring(1));
                Case of = Case.of(peer, "subscribers", subscribers, "stalled", setting.equals("sStuck") ? 1 : 0);
                report.row("publish", of, nanos, "ns/line");
                report.row("publish.mean", of, nanos(samples, peer, setting.replace("s", "mean")), "ns/line");
            }
        }
        row.add(Report.number(nanos(samples, peer, "mean16")));
        double flat = most > 0 ? most / least : Double.NaN;
        row.add(Report.ratio(flat));
        boolean blocks = peer.equals("logstream-drop");
        double floor = nanos(samples, blocks || peer.equals("floor") ? "floor" : "floor-pub1", "s0");
        double copies = most > 0 ? most / floor : Double.NaN;
        row.add(Report.ratio(copies));
        if (peer.startsWith("logstream")) {
            row.add(report.bound(peer + " against the copy", copies, blocks ? 1.5 : 3) + " "
                    + report.bound(peer + " flat", flat, 1.3));
        } else {
            row.add("");
        }
        return row;
    }
}
