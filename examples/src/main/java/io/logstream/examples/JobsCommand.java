package io.logstream.examples;

import io.logstream.Channel;
import io.logstream.slurm.SlurmJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code jobs}: lists what {@code follow slurm:JOB} can follow. */
@Command(
        name = "jobs",
        description = "Lists the jobs of the SLURM cluster with the files that they write to.",
        footer = {"", "Exit codes: 0 done, 2 the cluster can't be asked, or wrong usage."})
final class JobsCommand implements Callable<Integer> {
    @Option(names = "--all", description = "Also those that are over.")
    private boolean all;

    @Mixin
    private SlurmOptions slurm = new SlurmOptions();

    @Mixin
    private SshOptions ssh = new SshOptions();

    @Override
    public Integer call() throws InterruptedException {
        List<SlurmJob> jobs = slurm.with(ssh).list().stream()
                .filter(job -> all || !job.isOver())
                .toList();
        int width = jobs.stream().mapToInt(job -> job.label().length()).max().orElse(0);
        String row = "%-" + (Math.max(4, width) + "slurm:".length()) + "s  %-12s  %-12s  %-8s  %s%n";
        System.out.printf(row, "SOURCE", "STATE", "NODES", "FILE", "OUTPUT");
        for (SlurmJob job : jobs) {
            List<Path> places = slurm.cluster().places(job, Channel.STDOUT);
            Path file =
                    places.stream().filter(Files::exists).findFirst().orElse(places.isEmpty() ? null : places.get(0));
            System.out.printf(
                    row,
                    "slurm:" + TerminalSanitizer.sanitize(job.label()),
                    TerminalSanitizer.sanitize(job.states()),
                    TerminalSanitizer.sanitize(job.nodes()),
                    file == null
                            ? "unknown"
                            : slurm.sshTo != null
                                    ? "remote"
                                    : !Files.exists(file) ? "missing" : Files.isReadable(file) ? "readable" : "denied",
                    file == null ? "" : TerminalSanitizer.sanitize(file.toString()));
        }
        return 0;
    }
}
