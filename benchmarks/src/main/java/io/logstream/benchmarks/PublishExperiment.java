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

    private static final List<String> SETTINGS = List.of("s0", "s1", "s16", "s1000", "stalled");

    @Override
    public String question() {
        return "What does a line cost the thread that publishes it, with 0 to 1000 subscribers, or one that is stuck?";
    }

    @Override
    public List<String> run(boolean quick, Report report) {
        Forks forks = new Forks(
                quick ? new Forks.Effort(2, 4, 0, 4, 0, Forks.HEAP) : new Forks.Effort(5, 10, 0, 10, 0, Forks.HEAP));
        List<Case> cases = PEERS.stream().map(PublishExperiment::of).toList();
        Samples samples = forks.run(PublishBenchmark.class, cases);
        report.say("%s", forks);
        report.say(
                "nanoseconds per line in the median burst of 1024 lines; flat is the largest of a row by the smallest");
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("subscribers", "0", "1", "16", "1000", "16, 1 stuck", "flat", "of floor", "target"));
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
        row.add(peer);
        double least = Double.MAX_VALUE;
        double most = 0;
        for (String setting : SETTINGS) {
            double nanos = nanos(samples, peer, setting);
            row.add(Report.number(nanos));
            if (nanos > 0) {
                least = Math.min(least, nanos);
                most = Math.max(most, nanos);
                int subscribers = setting.equals("stalled") ? 16 : Integer.parseInt(setting.substring(1));
                Case of = Case.of(peer, "subscribers", subscribers, "stalled", setting.equals("stalled") ? 1 : 0);
                report.row("publish", of, nanos, "ns/line");
            }
        }
        row.add(Report.ratio(most / least));
        boolean blocks = peer.equals("logstream-drop");
        double floor = nanos(samples, blocks || peer.equals("floor") ? "floor" : "floor-pub1", "s0");
        row.add(Report.ratio(most / floor));
        if (peer.startsWith("logstream")) {
            row.add(report.bound(peer + " against the copy", most / floor, blocks ? 1.5 : 3) + " "
                    + report.bound(peer + " flat", most / least, 1.3));
        } else {
            row.add("");
        }
        return row;
    }
}
