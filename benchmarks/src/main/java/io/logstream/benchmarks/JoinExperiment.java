package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs {@link JoinBenchmark} for those peers that bring history. */
final class JoinExperiment implements Experiment {
    private static final String LOGSTREAM = "logstream";
    private static final int VISITORS = 10_000;
    private static final List<String> PEERS = List.of(LOGSTREAM, "reactor-replay", "rxjava-replay");

    @Override
    public String question() {
        return "Do 10,000 viewers that join with 1000 lines of history and leave get each line once, and who slows down?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        Forks forks = new Forks(
                limit.isQuick() ? Effort.operations(3, 0, 1, 12_000) : Effort.operations(10, 0, 2, 12_000), limit);
        Samples samples = forks.run(
                JoinBenchmark.class, PEERS.stream().map(JoinExperiment::of).toList());
        forks.describe(report);
        report.say(
                "100,000 lines/s are to be published; alone is the publisher without viewers, joined with waves of 500,"
                        + " each there for 21,000 lines");
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "viewers come and leave",
                "lines/s alone",
                "joined",
                "rate kept",
                "ns/line alone",
                "joined",
                "us to join",
                "through",
                "wrong",
                "lines lost",
                "target"));
        for (String peer : PEERS) {
            table.add(row(samples, peer, report));
        }
        report.table(table);
        return forks.failures();
    }

    private static List<String> row(Samples samples, String peer, Report report) {
        Case of = of(peer);
        double alone = samples.median(of, "rateAlone");
        double joined = samples.median(of, "rateJoined");
        double through = samples.least(of, "through");
        double wrong = samples.most(of, "wrong");
        report.row("join.alone", of, alone, "lines/s");
        report.row("join", of, joined, "lines/s");
        report.row("join.kept", of, joined / alone, "of alone");
        report.row("join.through", of, through, "viewers");
        report.row("join.wrong", of, wrong, "viewers");
        return List.of(
                samples.name(of),
                Report.number(alone),
                Report.number(joined),
                Report.ratio(joined / alone),
                Report.number(samples.median(of, "lineAlone") / 1000),
                Report.number(samples.median(of, "lineJoined") / 1000),
                Report.number(samples.median(of, "join") / 1000),
                Report.number(through),
                Report.number(wrong),
                Report.number(samples.most(of, "lost")),
                peer.equals(LOGSTREAM) ? target(joined / alone, through, wrong, report) : "");
    }

    private static String target(double kept, double through, double wrong, Report report) {
        return String.join(
                " ",
                report.target("publisher's rate while viewers join and leave", kept, 0.9),
                report.target("viewers that got all they came for", through, VISITORS),
                report.bound("viewers that got something else", wrong, 0));
    }

    private static Case of(String peer) {
        return new Case(peer, Map.of());
    }
}
