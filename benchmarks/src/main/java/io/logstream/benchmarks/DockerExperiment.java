package io.logstream.benchmarks;

import io.logstream.benchmarks.Children.Child;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What does it cost to read a container's log? A daemon of its own has a log of a million lines, which each peer reads in a
 * process of its own, all with a heap of 256 MB; and one of more than 400 MB, on which reading is resumed.
 */
final class DockerExperiment implements Experiment {
    private static final String OWN = "logstream";
    private static final String FILES = "logstream-files";
    private static final String RIVAL = "docker-java";
    private static final String CURL = "curl";
    private static final String CLI = "docker logs";
    private static final List<String> ALL = List.of(CURL, OWN, RIVAL, CLI, FILES);
    private static final List<String> HEAP = List.of("-Xmx256m");
    private static final int LENGTH = 104;
    private static final int BIG_LINES = 400_000;
    private static final int BIG_LENGTH = 1000;
    private static final int MISSED = 1000;
    private static final int FOLLOWERS = 200;

    private final Samples samples = new Samples();

    @Override
    public String question() {
        return "What does it cost to read, to resume and to follow the logs of containers?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        try (Children children = new Children();
                PrivateDaemon daemon = new PrivateDaemon(children.file("docker"))) {
            int lines = limit.isQuick() ? 300_000 : 1_000_000;
            Turns turns = new Turns(limit);
            turns.plan(
                    "writing a log", lines / 30_000.0, (share, patience) -> daemon.write("log", lines, LENGTH, true));
            for (int round = 0; round < 3; round++) {
                for (String peer : ALL) {
                    turns.plan(
                            "reading, " + peer,
                            1 + lines / 100_000.0,
                            (share, patience) -> read(children, daemon, peer, lines, patience));
                }
            }
            turns.plan(
                    "writing a big log",
                    BIG_LINES / 15_000.0,
                    (share, patience) -> daemon.write("big", BIG_LINES, BIG_LENGTH, true));
            turns.plan("resuming", 2, (share, patience) -> resume(children, daemon, patience));
            turns.plan("resuming by time", 15, (share, patience) -> since(children, daemon, patience));
            for (String peer : List.of("followers", "docker-java-followers")) {
                turns.plan(peer, 15, (share, patience) -> followers(children, daemon, peer, patience));
            }
            List<String> failures = turns.run();
            turns.describe(report);
            report(report, lines);
            return failures;
        } catch (IOException e) {
            return List.of("anything: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of("anything: interrupted");
        }
    }

    // ---- measuring

    private void read(Children children, PrivateDaemon daemon, String peer, int lines, Duration patience)
            throws IOException {
        long daemonBefore = Cpu.of(daemon.pid()).sum();
        long begun = System.nanoTime();
        try (Child child = start(children, daemon, peer, lines, patience)) {
            if (peer.equals(CURL) || peer.equals(CLI)) {
                String said = new String(child.output().readAllBytes(), StandardCharsets.US_ASCII).strip();
                long wall = System.nanoTime() - begun;
                String[] last = said.substring(said.lastIndexOf('\n') + 1).split(" ", -1);
                samples.add(of(peer), "wall", wall / 1e9);
                samples.add(of(peer), "cpu", Double.parseDouble(last[0]) + Double.parseDouble(last[1]));
            } else {
                String[] said = child.answer("read");
                samples.add(of(peer), "wall", (System.nanoTime() - begun) / 1e9);
                samples.add(of(peer), "cpu", Long.parseLong(said[1]) / 1e9);
                samples.add(of(peer), "memory", Long.parseLong(said[2]) / 1024.0);
            }
        }
        samples.add(of(peer), "daemon", (Cpu.of(daemon.pid()).sum() - daemonBefore) / 1e9);
    }

    private static Child start(Children children, PrivateDaemon daemon, String peer, int lines, Duration patience)
            throws IOException {
        String url = "http://d/containers/log/logs?stdout=1&stderr=1&timestamps=1";
        return switch (peer) {
            case CURL ->
                timed(children, patience, "curl -s -o /dev/null --unix-socket " + daemon.socket() + " '" + url + "'");
            case CLI ->
                timed(children, patience, String.join(" ", daemon.command("logs", "-t", "log")) + " >/dev/null 2>&1");
            default -> children.java(patience, HEAP, DockerRead.class, peer, daemon.host(), "log", lines);
        };
    }

    /** A command that says at last which processor time it took. */
    private static Child timed(Children children, Duration patience, String command) throws IOException {
        return children.program(patience, "bash", "-c", "TIMEFORMAT='%U %S'; { time " + command + "; } 2>&1");
    }

    private void resume(Children children, PrivateDaemon daemon, Duration patience) throws IOException {
        try (Child child = children.java(patience, HEAP, DockerRead.class, "resume", daemon.host(), "big", MISSED)) {
            samples.add(of(OWN), "resume", Long.parseLong(child.answer("read")[0]) / 1e9);
        }
    }

    /** What all others do: ask for what was written since the last line. */
    private void since(Children children, PrivateDaemon daemon, Duration patience)
            throws IOException, InterruptedException {
        String first = daemon.docker("logs", "-t", "--tail=" + MISSED, "big")
                .lines()
                .findFirst()
                .orElseThrow();
        String url = "http://d/containers/big/logs?stdout=1&stderr=1&timestamps=1&since="
                + java.time.Instant.parse(first.substring(0, first.indexOf(' ')))
                        .getEpochSecond() + "."
                + first.substring(20, 29);
        for (int i = 0; i < 3; i++) {
            long begun = System.nanoTime();
            try (Child child = timed(
                    children, patience, "curl -s -o /dev/null --unix-socket " + daemon.socket() + " '" + url + "'")) {
                child.output().readAllBytes();
                samples.add(of("since"), "resume", (System.nanoTime() - begun) / 1e9);
            }
        }
    }

    private void followers(Children children, PrivateDaemon daemon, String peer, Duration patience) throws IOException {
        try (Child child = children.java(patience, HEAP, DockerRead.class, peer, daemon.host(), "log", FOLLOWERS)) {
            String[] said = child.answer("read");
            samples.add(of(peer), "threads", (double) Long.parseLong(said[0]));
            samples.add(of(peer), "memory", Long.parseLong(said[2]) / 1024.0);
        }
    }

    // ---- reporting

    private static Case of(String peer) {
        return Case.of(peer, "part", "docker");
    }

    private double median(String peer, String measure) {
        return samples.median(of(peer), measure);
    }

    private void report(Report report, int lines) {
        report.say("%d lines of %d bytes, medians; the whole process, its start included", lines, LENGTH);
        List<List<String>> table = new ArrayList<>();
        table.add(
                List.of("to read it", "wall s", "of ours", "CPU s", "of ours", "memory MB", "daemon CPU s", "target"));
        for (String peer : ALL) {
            for (String measure : List.of("wall", "cpu", "memory", "daemon")) {
                report.row(
                        "docker",
                        of(peer).with("measure", measure),
                        median(peer, measure),
                        measure.equals("memory") ? "MB" : "s");
            }
            table.add(List.of(
                    peer,
                    Report.number(median(peer, "wall")),
                    Report.ratio(median(peer, "wall") / median(OWN, "wall")),
                    Report.number(median(peer, "cpu")),
                    Report.ratio(median(peer, "cpu") / median(OWN, "cpu")),
                    Report.number(median(peer, "memory")),
                    Report.number(median(peer, "daemon")),
                    target(peer, report)));
        }
        report.table(table);
        double own = median(OWN, "resume");
        double since = median("since", "resume");
        report.say(
                "resumed behind %d of %d lines, a log of over 400 MB: %s ms, by time alone %s ms, %s  %s",
                BIG_LINES - MISSED,
                BIG_LINES,
                Report.number(1000 * own),
                Report.number(1000 * since),
                Report.ratio(since / own),
                report.target("time to resume by time against ours", since / own, 100));
        report.row("docker", of(OWN).with("measure", "resume"), own, "s");
        report.row("docker", of("since").with("measure", "resume"), since, "s");
        double threads = median("followers", "threads");
        report.say(
                "%d followers: %s threads, %s MB; docker-java: %s threads, %s MB  %s",
                FOLLOWERS,
                Report.number(threads),
                Report.number(median("followers", "memory")),
                Report.number(median("docker-java-followers", "threads")),
                Report.number(median("docker-java-followers", "memory")),
                report.bound("threads of 200 followers", threads, 4));
        report.row("docker", of("followers").with("measure", "threads"), threads, "threads");
    }

    private String target(String peer, Report report) {
        return switch (peer) {
            case CURL -> report.bound("our wall time against curl's", median(OWN, "wall") / median(peer, "wall"), 1.05);
            case RIVAL ->
                report.bound("our CPU against docker-java's", median(OWN, "cpu") / median(peer, "cpu"), 0.65)
                        + " "
                        + report.bound(
                                "our memory against docker-java's",
                                median(OWN, "memory") / median(peer, "memory"),
                                0.33);
            case FILES ->
                report.target(
                        "docker logs' wall time against ours from files",
                        median(CLI, "wall") / median(peer, "wall"),
                        12);
            default -> "";
        };
    }
}
