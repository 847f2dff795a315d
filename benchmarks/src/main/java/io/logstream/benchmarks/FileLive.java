package io.logstream.benchmarks;

import io.logstream.benchmarks.Children.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How long after it was written does a follower get a line, of 100 and of 10,000 a second? */
final class FileLive {
    private static final String OWN = "logstream";
    private static final String TAIL = "tail -F";
    private static final String COMMONS = "commons-io";
    private static final String COMMONS_100 = "commons-io-100ms";
    private static final List<String> PEERS = List.of(TAIL, OWN, "logstream-poll", COMMONS_100, COMMONS);
    private static final String SLOW = "100";
    private static final String FAST = "10000";

    private static final double START_SECONDS = 3;

    private final Children children;
    private final FileFollow.Plan plan;
    private final Samples samples = new Samples();
    private int files;

    /** Plans all turns. */
    FileLive(Children children, boolean quick, Turns turns) {
        this.children = children;
        this.plan = quick ? new FileFollow.Plan(10_000, 200, 10_000) : new FileFollow.Plan(20_000, 1000, 50_000);
        double seconds = START_SECONDS + (plan.warm() + plan.fast()) / 10_000.0 + plan.slow() / 100.0;
        for (int round = 0; round < (quick ? 2 : 4); round++) {
            for (String peer : PEERS) {
                turns.plan("live, " + peer, seconds, (share, patience) -> measure(peer, part(share), patience));
            }
        }
    }

    private FileFollow.Plan part(double share) {
        return new FileFollow.Plan(plan.warm(), (int) (plan.slow() * share), (int) (plan.fast() * share));
    }

    private void measure(String peer, FileFollow.Plan part, Duration patience) throws IOException {
        Path file = Files.write(children.file("live" + files++ + ".log"), FileFollow.line(0, 0));
        List<Child> all = new ArrayList<>();
        try {
            if (peer.equals(TAIL)) {
                List<String> tail = List.of("tail", "-n", "+1", "-F", file.toString());
                all.addAll(children.pipe(patience, tail, FileFollow.class, arguments("stdin", file, part)));
            } else {
                all.add(children.java(patience, List.of(), FileFollow.class, arguments(peer, file, part)));
            }
            Child follower = all.get(all.size() - 1);
            follower.answer("ready");
            Child writer = children.java(patience, List.of(), FileFollow.class, arguments("write", file, part));
            all.add(writer);
            writer.answer("written");
            add(peer, SLOW, follower.answer("slow"));
            add(peer, FAST, follower.answer("fast"));
        } finally {
            all.forEach(Child::close);
        }
    }

    private static Object[] arguments(String what, Path file, FileFollow.Plan part) {
        return new Object[] {what, file, part.warm(), part.slow(), part.fast()};
    }

    private void add(String peer, String rate, String[] nanos) {
        samples.add(of(peer, rate), "p50", Long.parseLong(nanos[0]) / 1e3);
        samples.add(of(peer, rate), "p99", Long.parseLong(nanos[1]) / 1e3);
    }

    private static Case of(String peer, String rate) {
        return Case.of(peer, "part", "live", "lines/s", rate);
    }

    private double p50(String peer, String rate) {
        return samples.median(of(peer, rate), "p50");
    }

    /** Reports. */
    void report(Report report) {
        report.say("microseconds from before a line was written to the follower's callback; medians over rounds");
        table("100 lines/s", SLOW, report);
        table("10,000 lines/s", FAST, report);
    }

    private void table(String title, String rate, Report report) {
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(title, "p50 us", "best", "p99 us", "best", "p50 of ours", "target"));
        for (String peer : PEERS) {
            Case of = of(peer, rate);
            for (String measure : List.of("p50", "p99")) {
                report.row("file", of.with("measure", measure), samples.median(of, measure), "us");
            }
            table.add(List.of(
                    peer,
                    Report.number(p50(peer, rate)),
                    Report.number(samples.least(of, "p50")),
                    Report.number(samples.median(of, "p99")),
                    Report.number(samples.least(of, "p99")),
                    Report.ratio(p50(peer, rate) / p50(OWN, rate)),
                    target(peer, rate, report)));
        }
        report.table(table);
    }

    private String target(String peer, String rate, Report report) {
        double theirs = p50(peer, rate) / p50(OWN, rate);
        if (peer.equals(TAIL)) {
            return rate.equals(SLOW)
                    ? report.bound("our p50 at 100 lines/s against tail -F's", 1 / theirs, 2)
                    : report.bound("our p50 at 10,000 lines/s against tail -F's", 1 / theirs, 1);
        }
        return switch (rate.equals(SLOW) ? peer : "") {
            case COMMONS_100 -> report.target("p50 of Commons IO at 100 ms against ours", theirs, 300);
            case COMMONS -> report.target("p50 of Commons IO with its default against ours", theirs, 3000);
            default -> "";
        };
    }
}
