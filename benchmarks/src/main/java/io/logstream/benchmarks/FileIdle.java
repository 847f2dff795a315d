package io.logstream.benchmarks;

import io.logstream.benchmarks.Children.Child;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * What does it cost to follow files in which nothing happens? All peers wait side by side, each in a process of its own;
 * then each file gets a line, and each peer must notice all of them.
 */
final class FileIdle {
    private static final String OWN = "logstream";
    private static final String COMMONS = "commons-io-100ms";
    private static final String TAIL = "tail -F";
    private static final String JVM = "jvm";
    private static final int MANY = 1000;
    private static final int VERY_MANY = 10_000;
    /** Who waits. */
    private static final List<Case> CASES =
            List.of(of(JVM, 0), of(TAIL, MANY), of(OWN, MANY), of(COMMONS, MANY), of(OWN, VERY_MANY));

    private final Children children;
    private final Samples samples = new Samples();
    private final int seconds;

    /** What was found: per cent of a core, those for compiling, and threads, of all and of ours. */
    private record Waited(double cpu, double compilers, int threads, int ours) {}

    /** Plans the turn. */
    FileIdle(Children children, boolean quick, Turns turns) {
        this.children = children;
        this.seconds = quick ? 10 : 30;
        turns.plan("idle", 2 * seconds + 15, (share, patience) -> measure(seconds, patience));
    }

    private void measure(int window, Duration patience) throws IOException, InterruptedException {
        Path many = directory(MANY);
        Path veryMany = directory(VERY_MANY);
        Map<Case, Child> waiting = new LinkedHashMap<>();
        List<String> failures = new ArrayList<>();
        try {
            for (Case of : CASES) {
                int files = files(of);
                try {
                    waiting.put(of, start(of, files == VERY_MANY ? veryMany : many, files, patience));
                } catch (IOException e) {
                    failures.add(e.getMessage());
                }
            }
            Thread.sleep(1000L * window); // until all have come to rest
            Map<Case, Waited> waited = watch(waiting, window);
            for (int i = 0; i < VERY_MANY; i++) {
                if (i < MANY) {
                    Files.write(FileWait.file(many, i), Lines.copy(0), StandardOpenOption.APPEND);
                }
                Files.write(FileWait.file(veryMany, i), Lines.copy(0), StandardOpenOption.APPEND);
            }
            for (Map.Entry<Case, Child> one : waiting.entrySet()) {
                try {
                    awaitLines(one.getKey(), one.getValue());
                    add(one.getKey(), Objects.requireNonNull(waited.get(one.getKey())));
                } catch (IOException e) {
                    failures.add(e.getMessage());
                }
            }
        } finally {
            waiting.values().forEach(Child::close);
        }
        if (!failures.isEmpty()) {
            throw new IOException(String.join("; ", failures));
        }
    }

    private Path directory(int files) throws IOException {
        Path directory = Files.createDirectory(children.file("idle" + files));
        Files.createFile(directory.resolve("first.log"));
        for (int i = 0; i < files; i++) {
            Files.createFile(FileWait.file(directory, i));
        }
        return directory;
    }

    private Child start(Case of, Path directory, int files, Duration patience) throws IOException {
        if (of.peer().equals(TAIL)) {
            List<String> command = new ArrayList<>(List.of("tail", "-q", "-F"));
            for (int i = 0; i < files; i++) {
                command.add(FileWait.file(directory, i).toString());
            }
            return children.program(patience, command.toArray(String[]::new));
        }
        // Without the last option that collector leaves dead objects where it costs too much to move others.
        List<String> options = List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:MarkSweepDeadRatio=0");
        Child child = children.java(patience, options, FileWait.class, of.peer(), directory, files);
        String[] heap = child.answer("ready");
        samples.add(of, "heap", Double.parseDouble(heap[0]));
        samples.add(of, "viewer's heap", Double.parseDouble(heap[1]));
        return child;
    }

    private static Map<Case, Waited> watch(Map<Case, Child> waiting, int window)
            throws IOException, InterruptedException {
        Map<Case, Waited> waited = new LinkedHashMap<>();
        Map<Case, Cpu.Threads> before = new LinkedHashMap<>();
        long begun = System.nanoTime();
        for (Map.Entry<Case, Child> one : waiting.entrySet()) {
            before.put(one.getKey(), Cpu.of(one.getValue().pid()));
        }
        Thread.sleep(1000L * window);
        for (Map.Entry<Case, Child> one : waiting.entrySet()) {
            Cpu.Threads after = Cpu.of(one.getValue().pid());
            long nanos = System.nanoTime() - begun;
            Cpu.Threads then = Objects.requireNonNull(before.get(one.getKey()));
            waited.put(
                    one.getKey(),
                    new Waited(
                            100.0 * after.since(then) / nanos,
                            100.0 * after.compilers().since(then) / nanos,
                            after.nanos().size(),
                            after.ours()));
        }
        return waited;
    }

    private void add(Case of, Waited waited) {
        samples.add(of, "cpu", waited.cpu);
        samples.add(of, "compilers", waited.compilers);
        samples.add(of, "threads", waited.threads);
        samples.add(of, "ours", waited.ours);
    }

    private static void awaitLines(Case of, Child child) throws IOException {
        if (of.peer().equals(TAIL)) {
            InputStream in = child.output();
            byte[] bytes = new byte[MANY * Lines.LENGTH];
            int got = in.readNBytes(bytes, 0, bytes.length);
            if (FileRead.lineFeeds(bytes, got) != MANY) {
                throw child.failure("not a line of each of " + MANY + " files");
            }
        } else if (!of.peer().equals(JVM)) {
            child.answer("all");
        }
    }

    private static Case of(String peer, int files) {
        return Case.of(peer, "part", "idle", "files", files);
    }

    private static int files(Case of) {
        return Integer.parseInt(of.params().getOrDefault("files", "0"));
    }

    private double cpu(String peer, int files) {
        return samples.median(of(peer, files), "cpu");
    }

    /** Reports. */
    void report(Report report) {
        report.say(
                "all side by side for %d s, after as long to come to rest; CPU in per cent of a core; jvm is one that does"
                        + " nothing",
                seconds);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "idle files",
                "of",
                "CPU %",
                "of ours",
                "of these, to compile",
                "threads",
                "of logstream",
                "heap of a stream",
                "of its viewer",
                "target"));
        double own = cpu(OWN, MANY);
        for (Case of : CASES) {
            double cpu = samples.median(of, "cpu");
            boolean ours = of.peer().equals(OWN);
            double heap = ours ? samples.median(of, "heap") : Double.NaN;
            double viewer = ours ? samples.median(of, "viewer's heap") : Double.NaN;
            double threads = ours ? samples.median(of, "ours") : Double.NaN;
            report.row("file", of.with("measure", "cpu"), cpu, "% of a core");
            report.row("file", of.with("measure", "threads"), samples.median(of, "threads"), "threads");
            report.row("file", of.with("measure", "compilers"), samples.median(of, "compilers"), "% of a core");
            report.row("file", of.with("measure", "threads of logstream"), threads, "threads");
            report.row("file", of.with("measure", "heap"), heap, "bytes");
            report.row("file", of.with("measure", "heap of a viewer"), viewer, "bytes");
            table.add(List.of(
                    of.peer(),
                    files(of) == 0 ? "" : Integer.toString(files(of)),
                    percent(cpu),
                    Report.ratio(cpu / own),
                    percent(samples.median(of, "compilers")),
                    Report.number(samples.median(of, "threads")),
                    ours ? Report.number(threads) : "",
                    ours ? Report.number(heap) : "",
                    ours ? Report.number(viewer) : "",
                    target(of, cpu, own, report)));
        }
        report.table(table);
    }

    private static String percent(double cpu) {
        return Double.isNaN(cpu) ? "-" : String.format(Locale.ROOT, "%.3f", cpu);
    }

    private String target(Case of, double cpu, double own, Report report) {
        if (of.equals(of(COMMONS, MANY))) {
            return report.target("idle CPU of Commons IO at 100 ms against ours", cpu / own, 50);
        }
        if (of.equals(of(OWN, MANY))) {
            return report.bound("our idle CPU with 1000 files, % of a core", own, 0.5);
        }
        if (of.equals(of(OWN, VERY_MANY))) {
            return report.bound("our threads with 10,000 idle files", samples.median(of, "ours"), 2)
                    + " "
                    + report.bound("our heap per idle stream, bytes", samples.median(of, "heap"), 2048);
        }
        return "";
    }
}
