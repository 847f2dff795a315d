package io.logstream.benchmarks;

import io.logstream.benchmarks.Children.Child;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What does it cost to read, to follow and to wait for files of another host? The host is this machine, behind an SSH server
 * of its own; all peers use the same cipher. Processor time is that of the client's side, of an {@code ssh} program too.
 */
final class SshExperiment implements Experiment {
    private static final String SSH = "ssh";
    /** With the built-in SSH, and with the system's program. */
    private static final List<String> OWN = List.of("sftp", "sftp-program");

    /** The same, with a {@code tail} on the host. */
    private static final List<String> BELLS = List.of("exec", "exec-program");

    private static final List<String> ALL = all(OWN);
    private static final List<String> LIVE = all(OWN, BELLS);
    private static final List<String> HEAP = List.of("-Xmx256m");
    private static final int IDLE = 100;
    /** How often a file is asked for that is written, and what a line may take besides. */
    private static final double POLL_MILLIS = 20;

    private static final double BESIDES_MILLIS = 2;

    private final Samples samples = new Samples();
    private int files;

    @SafeVarargs
    private static List<String> all(List<String>... own) {
        List<String> all = new ArrayList<>(List.of(SSH));
        for (List<String> some : own) {
            all.addAll(some);
        }
        return List.copyOf(all);
    }

    @Override
    public String question() {
        return "What does it cost to read, to follow and to wait for files of another host?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        try (Children children = new Children();
                PrivateSshd host = new PrivateSshd(Files.createDirectory(children.file("ssh")))) {
            int lines = limit.isQuick() ? 3_000_000 : 10_000_000;
            FileFollow.Plan plan = new FileFollow.Plan(limit.isQuick() ? 5_000 : 20_000, 500, 10_000);
            Path bulk = children.file("bulk.log");
            Turns turns = new Turns(limit);
            turns.plan("writing a file", lines / 3e6, (share, patience) -> write(bulk, lines));
            for (int round = 0; round < 3; round++) {
                for (String peer : ALL) {
                    turns.plan(
                            "reading, " + peer,
                            1 + lines / 1e6,
                            (share, patience) -> read(children, host, peer, bulk, lines, patience));
                }
            }
            for (int round = 0; round < 2; round++) {
                for (String peer : LIVE) {
                    turns.plan("live, " + peer, 12, (share, patience) -> live(children, host, peer, plan, patience));
                }
            }
            for (String peer : OWN) {
                turns.plan("idle, " + peer, 25, (share, patience) -> idle(children, host, peer, patience));
            }
            List<String> failures = turns.run();
            turns.describe(report);
            reportBulk(report, lines);
            reportLive(report);
            reportIdle(report);
            return failures;
        } catch (IOException e) {
            return List.of("anything: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of("anything: interrupted");
        }
    }

    // ---- measuring

    private static void write(Path file, int lines) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < lines / Lines.COUNT; i++) {
                out.write(Lines.BLOCK);
            }
            out.write(Lines.BLOCK, 0, lines % Lines.COUNT * Lines.LENGTH);
        }
    }

    private void read(Children children, PrivateSshd host, String peer, Path file, int lines, Duration patience)
            throws IOException {
        List<String> command = peer.equals(SSH)
                ? host.command("cat " + file)
                : Children.command(options(host), SshRead.class, "read", peer, file, lines);
        long begun = System.nanoTime();
        try (Child child = timed(children, patience, command)) {
            String said = new String(child.output().readAllBytes(), StandardCharsets.UTF_8).strip();
            String[] times = said.substring(said.lastIndexOf('\n') + 1).split(" ", -1);
            if (times.length != 3 || !times[2].equals("0")) {
                throw child.failure(said);
            }
            samples.add(of("bulk", peer), "wall", (System.nanoTime() - begun) / 1e9);
            samples.add(of("bulk", peer), "cpu", Double.parseDouble(times[0]) + Double.parseDouble(times[1]));
        }
    }

    private static List<String> options(PrivateSshd host) {
        List<String> options = new ArrayList<>(HEAP);
        options.addAll(host.options());
        return options;
    }

    /** A command that says at last which processor time it took, its children's included, and how it ended. */
    private static Child timed(Children children, Duration patience, List<String> command) throws IOException {
        List<String> timed = new ArrayList<>(List.of(
                "bash",
                "-c",
                "TIMEFORMAT='%U %S'; exec 3>&2; times=$({ time \"$@\" >/dev/null 2>&3; } 2>&1); echo \"$times $?\"",
                "timed"));
        timed.addAll(command);
        return children.program(patience, timed.toArray(String[]::new));
    }

    private void live(Children children, PrivateSshd host, String peer, FileFollow.Plan plan, Duration patience)
            throws IOException {
        Path file = Files.write(children.file("live" + files++ + ".log"), FileFollow.line(0, 0));
        Object[] arguments = {peer.equals(SSH) ? "stdin" : "ssh-" + peer, file, plan.warm(), plan.slow(), plan.fast()};
        List<Child> all = new ArrayList<>();
        try {
            if (peer.equals(SSH)) {
                List<String> tail = host.command("tail -n +1 -F " + file);
                all.addAll(children.pipe(patience, tail, FileFollow.class, arguments));
            } else {
                all.add(children.java(patience, options(host), FileFollow.class, arguments));
            }
            Child follower = all.get(all.size() - 1);
            follower.answer("ready");
            arguments[0] = "write";
            Child writer = children.java(patience, List.of(), FileFollow.class, arguments);
            all.add(writer);
            writer.answer("written");
            for (String rate : List.of("slow", "fast")) {
                String[] nanos = follower.answer(rate);
                samples.add(of("live", peer), rate + " p50", Long.parseLong(nanos[0]) / 1e6);
                samples.add(of("live", peer), rate + " p99", Long.parseLong(nanos[1]) / 1e6);
            }
        } finally {
            all.forEach(Child::close);
        }
    }

    private void idle(Children children, PrivateSshd host, String peer, Duration patience)
            throws IOException, InterruptedException {
        Path directory = Files.createDirectory(children.file("idle-" + peer));
        for (int i = 0; i < IDLE; i++) {
            Files.write(FileWait.file(directory, i), Lines.copy(0));
        }
        try (Child child = children.java(patience, options(host), SshRead.class, "idle", peer, directory, IDLE)) {
            child.answer("ready");
            Thread.sleep(10_000); // until all have come to rest
            List<ProcessHandle> processes = new ArrayList<>(child.descendants());
            List<Cpu.Threads> before = new ArrayList<>();
            long begun = System.nanoTime();
            for (ProcessHandle process : processes) {
                before.add(Cpu.of(process.pid()));
            }
            Thread.sleep(10_000);
            long used = 0;
            for (int i = 0; i < processes.size(); i++) {
                used += Cpu.of(processes.get(i).pid()).since(before.get(i));
            }
            samples.add(of("idle", peer), "cpu", 100.0 * used / (System.nanoTime() - begun));
        }
    }

    // ---- reporting

    private static Case of(String part, String peer) {
        return Case.of(peer, "part", part);
    }

    private double median(String part, String peer, String measure) {
        return samples.median(of(part, peer), measure);
    }

    private void reportBulk(Report report, int lines) {
        report.say("%d lines of %d bytes, medians; the whole process, its start included", lines, Lines.LENGTH);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("to read it", "wall s", "of ssh's", "CPU s", "of ssh's", "target"));
        for (String peer : ALL) {
            double wall = median("bulk", peer, "wall");
            double cpu = median("bulk", peer, "cpu");
            double ratio = cpu / median("bulk", SSH, "cpu");
            report.row("ssh", of("bulk", peer).with("measure", "wall"), wall, "s");
            report.row("ssh", of("bulk", peer).with("measure", "cpu"), cpu, "s");
            table.add(List.of(
                    peer,
                    Report.number(wall),
                    Report.ratio(wall / median("bulk", SSH, "wall")),
                    Report.number(cpu),
                    Report.ratio(ratio),
                    peer.equals(SSH) ? "" : report.bound("CPU of " + peer + " against ssh's", ratio, 3)));
        }
        report.table(table);
    }

    private void reportLive(Report report) {
        report.say("milliseconds from before a line was written to the follower's callback; medians over rounds");
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("to follow", "100/s p50", "p99", "10,000/s p50", "p99", "target"));
        for (String peer : LIVE) {
            List<String> row = new ArrayList<>(List.of(peer.equals(SSH) ? "ssh tail -F" : peer));
            for (String measure : List.of("slow p50", "slow p99", "fast p50", "fast p99")) {
                double millis = median("live", peer, measure);
                report.row("ssh", of("live", peer).with("measure", measure), millis, "ms");
                row.add(Report.number(millis));
            }
            row.add(
                    peer.equals(SSH)
                            ? ""
                            : report.bound(
                                    "p50 of " + peer + " at 100 lines/s, ms",
                                    median("live", peer, "slow p50"),
                                    BELLS.contains(peer)
                                            ? median("live", SSH, "slow p50") + BESIDES_MILLIS
                                            : POLL_MILLIS + BESIDES_MILLIS));
            table.add(row);
        }
        report.table(table);
    }

    private void reportIdle(Report report) {
        for (String peer : OWN) {
            double cpu = median("idle", peer, "cpu");
            report.row("ssh", of("idle", peer).with("measure", "cpu"), cpu, "% of a core");
            report.say(
                    "%d idle files, %s: %s %% of a core, the client's side  %s",
                    IDLE,
                    peer,
                    Report.number(cpu),
                    report.bound("CPU of " + peer + " with " + IDLE + " idle files, % of a core", cpu, 1));
        }
    }
}
