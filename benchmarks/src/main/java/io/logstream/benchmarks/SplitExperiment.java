package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** Runs {@link SplitBenchmark} for short, usual and long lines. */
final class SplitExperiment implements Experiment {
    private static final String LOGSTREAM = "logstream";
    private static final List<String> PEERS = List.of("copy", "byte-loop", LOGSTREAM, "readline");
    private static final List<String> LENGTHS = List.of("10", "100", "1024", "mixed");

    @Override
    public String question() {
        return "How many bytes a second become lines that are retained, when nobody watches?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        Forks forks =
                new Forks(limit.isQuick() ? Effort.timed(3, 3, 250, 5, 200) : Effort.timed(8, 4, 500, 10, 300), limit);
        List<Case> cases = new ArrayList<>();
        LENGTHS.forEach(length -> PEERS.forEach(peer -> cases.add(of(peer, length))));
        Samples samples = forks.run(SplitBenchmark.class, cases);
        forks.describe(report);
        for (String length : LENGTHS) {
            report(samples, length, report);
        }
        return forks.failures();
    }

    private static void report(Samples samples, String length, Report report) {
        double own = samples.median(of(LOGSTREAM, length), "bytes");
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                length.equals("mixed") ? "lines of 1 to 200 bytes" : "lines of " + length + " bytes",
                "MB/s",
                "spread",
                "M lines/s",
                "ns/line",
                "logstream is"));
        for (String peer : PEERS) {
            Case of = of(peer, length);
            double bytes = samples.median(of, "bytes");
            double lines = samples.median(of, "lines");
            report.row("split", of, bytes, "bytes/s");
            table.add(List.of(
                    samples.name(of),
                    Report.number(bytes / 1e6),
                    Report.percent(samples.spread(of, "bytes")),
                    Report.number(lines / 1e6),
                    Report.number(1e9 / lines),
                    peer.equals(LOGSTREAM) ? "" : Report.ratio(own / bytes)));
        }
        report.table(table);
    }

    private static Case of(String peer, String length) {
        return Case.of(peer, "length", length);
    }
}
