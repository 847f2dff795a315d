package io.logstream.benchmarks;

import io.logstream.benchmarks.Children.Child;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What does it cost to read a file that is there? A gigabyte is read, as one file or as a smaller one again and again, by
 * each peer in a process of its own; the processor time is that of the whole process until then.
 */
final class FileBulk {
    private static final String OWN = "logstream";
    private static final String OWN_TEXT = "logstream-text";
    private static final String COMMONS = "commons-io";
    private static final String READ_LOOP = "read-loop";
    private static final String WC = "wc -l";
    private static final String TAIL = "tail -f";
    private static final List<String> JAVA = List.of(OWN, OWN_TEXT, "readline", "files-lines", READ_LOOP);
    private static final List<String> ALL =
            List.of(READ_LOOP, WC, TAIL, OWN, OWN_TEXT, "readline", "files-lines", COMMONS);

    private static final long GIGABYTE = 1_000_000_000;
    private static final int PASSES = 5;
    /** Of a reader that needs seconds for each. */
    private static final int SLOW_PASSES = 2;

    private static final int CHUNK = 256 * 1024;

    private final Children children;
    private final Path file;
    private final long lines;
    private final long size;
    private final Samples samples = new Samples();

    /** Plans all turns. */
    FileBulk(Children children, boolean quick, Turns turns) {
        this.children = children;
        this.file = children.file("bulk.log");
        this.size = quick ? GIGABYTE / 5 : GIGABYTE;
        this.lines = size / Lines.LENGTH;
        double gigabytes = (double) size / GIGABYTE;
        turns.plan("writing the file", 2 * gigabytes, (share, patience) -> write());
        for (int round = 0; round < (quick ? 2 : 3); round++) {
            for (String peer : JAVA) {
                turns.plan(
                        "bulk, " + peer,
                        1 + gigabytes * PASSES * 0.8,
                        (share, patience) -> java(peer, passes(PASSES, share), patience));
            }
            turns.plan(
                    "bulk, " + WC, gigabytes * PASSES * 0.2, (share, patience) -> wc(passes(PASSES, share), patience));
            turns.plan(
                    "bulk, " + TAIL,
                    gigabytes * PASSES * 0.6,
                    (share, patience) -> tail(passes(PASSES, share), patience));
        }
        turns.plan(
                "bulk, " + COMMONS,
                1 + gigabytes * SLOW_PASSES * 20,
                (share, patience) -> java(COMMONS, passes(SLOW_PASSES, share), patience));
        turns.plan("removing the file", 0.1, (share, patience) -> Files.deleteIfExists(file));
    }

    private static int passes(int passes, double share) {
        return (int) Math.ceil(passes * share);
    }

    /** Writes the file, and reads it, so that it is in memory. */
    private void write() throws IOException {
        byte[] blocks = new byte[Lines.BLOCK.length * 125]; // a part of both sizes
        for (int i = 0; i < 125; i++) {
            System.arraycopy(Lines.BLOCK, 0, blocks, i * Lines.BLOCK.length, Lines.BLOCK.length);
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long written = 0; written < size; written += blocks.length) {
                out.write(blocks);
            }
        }
        if (Files.size(file) != size) {
            throw new IOException(file + " has " + Files.size(file) + " bytes instead of " + size);
        }
        try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
    }

    private void java(String peer, int passes, Duration patience) throws IOException {
        try (Child child = children.java(patience, List.of("-Xmx512m"), FileRead.class, peer, file, lines, passes)) {
            samples.add(of(peer), "start", Long.parseLong(child.answer("start")[0]) / 1e9);
            List<Long> cpu = new ArrayList<>();
            for (int pass = 0; pass < passes; pass++) {
                String[] said = child.answer("pass");
                samples.add(of(peer), "rate", size * 1e9 / Long.parseLong(said[0]));
                cpu.add(Long.parseLong(said[1]));
            }
            cpu(peer, cpu);
        }
    }

    /** It stays for its standard input, so that its processor time can be asked for. */
    private void wc(int passes, Duration patience) throws IOException {
        List<String> command = new ArrayList<>(List.of("wc", "-l"));
        command.addAll(Collections.nCopies(passes, file.toString()));
        command.add("-");
        long begun = System.nanoTime();
        try (Child child = children.program(patience, command.toArray(String[]::new))) {
            List<Long> cpu = new ArrayList<>();
            for (int pass = 0; pass < passes; pass++) {
                String[] said = child.answer("");
                long now = System.nanoTime();
                if (Long.parseLong(said[0]) != lines) {
                    throw child.failure(said[0] + " lines instead of " + lines);
                }
                samples.add(of(WC), "rate", size * 1e9 / (now - begun));
                begun = now;
                cpu.add(Cpu.of(child.pid()).sum());
            }
            cpu(WC, cpu);
        }
    }

    /** A process for each pass; the last one is not timed, and its lines are counted. */
    private void tail(int passes, Duration patience) throws IOException {
        List<Long> cpu = new ArrayList<>();
        long sum = 0;
        byte[] chunk = new byte[CHUNK];
        for (int pass = 0; pass <= passes; pass++) {
            long before = Cpu.ofThisThread();
            long begun = System.nanoTime();
            try (Child child = children.program(patience, "tail", "-n", "+1", "-f", file.toString())) {
                long found = 0;
                long bytes = 0;
                while (bytes < size) {
                    int got = child.output().read(chunk);
                    if (got < 0) {
                        throw child.failure("ended after " + bytes + " bytes");
                    }
                    bytes += got;
                    found += pass == passes ? FileRead.lineFeeds(chunk, got) : 0;
                }
                long nanos = System.nanoTime() - begun;
                sum += Cpu.ofThisThread() - before + Cpu.of(child.pid()).sum();
                if (pass < passes) {
                    samples.add(of(TAIL), "rate", size * 1e9 / nanos);
                    cpu.add(sum);
                } else if (found != lines || bytes != size) {
                    throw child.failure(found + " lines instead of " + lines);
                }
            }
        }
        cpu(TAIL, cpu);
    }

    /** Processor time until a gigabyte was read, or all passes when they were fewer. */
    private void cpu(String peer, List<Long> afterPass) {
        int passes = (int) Math.min(GIGABYTE / size, afterPass.size());
        samples.add(of(peer), "cpu", afterPass.get(passes - 1) / (double) (passes * size));
        int later = afterPass.size() - 1;
        if (later > 0) {
            samples.add(of(peer), "warm", (afterPass.get(later) - afterPass.get(0)) / (double) (later * size));
        }
    }

    private static Case of(String peer) {
        return Case.of(peer, "part", "bulk");
    }

    private double rate(String peer) {
        return samples.most(of(peer), "rate");
    }

    private double cpu(String peer) {
        return samples.median(of(peer), "cpu");
    }

    /** Reports. */
    void report(Report report) {
        report.say(
                "lines of %d bytes, %.1f GB in memory; CPU of the whole process until a gigabyte was read, its start"
                        + " included, and in all passes but the first; rate of the best pass",
                Lines.LENGTH, (double) size / GIGABYTE);
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "to read it",
                "CPU s/GB",
                "of ours",
                "after a pass",
                "of these, to start",
                "MB/s",
                "of ours",
                "M lines/s",
                "target"));
        for (String peer : ALL) {
            double start = samples.median(of(peer), "start");
            row(report, peer, "cpu", cpu(peer), "s/GB");
            row(report, peer, "rate", rate(peer), "bytes/s");
            row(report, peer, "warm cpu", samples.median(of(peer), "warm"), "s/GB");
            row(report, peer, "start", start, "s");
            table.add(List.of(
                    peer,
                    Report.number(cpu(peer)),
                    Report.ratio(cpu(peer) / cpu(OWN)),
                    Report.number(samples.median(of(peer), "warm")),
                    Double.isNaN(start) ? "" : Report.number(start) + " s",
                    Report.number(rate(peer) / 1e6),
                    Report.ratio(rate(peer) / rate(OWN)),
                    Report.number(rate(peer) / Lines.LENGTH / 1e6),
                    target(peer, report)));
        }
        report.table(table);
    }

    private static void row(Report report, String peer, String measure, double score, String unit) {
        report.row("file", of(peer).with("measure", measure), score, unit);
    }

    private String target(String peer, Report report) {
        double rate = rate(peer) / rate(OWN);
        double cpu = cpu(peer) / cpu(OWN);
        return switch (peer) {
            case COMMONS -> report.target("Commons IO's CPU per GB against ours", cpu, 25);
            case "readline" ->
                report.bound("readLine's rate against ours", rate, 1 / 3.0)
                        + " "
                        + report.target("our rate with Strings against readLine's", rate(OWN_TEXT) / rate(peer), 1.5);
            case "files-lines" ->
                report.bound("Files.lines' rate against ours", rate, 1 / 3.0)
                        + " "
                        + report.target("our rate with Strings against Files.lines'", rate(OWN_TEXT) / rate(peer), 1.5);
            case TAIL -> report.target("tail -f's CPU per GB against ours", cpu, 1);
            case WC -> report.bound("our CPU per GB against wc -l's", 1 / cpu, 3);
            case READ_LOOP -> report.target("our rate against a plain read loop's", 1 / rate, 0.8);
            default -> "";
        };
    }
}
