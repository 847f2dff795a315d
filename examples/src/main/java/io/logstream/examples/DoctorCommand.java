package io.logstream.examples;

import io.logstream.Channel;
import io.logstream.slurm.SlurmJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command {@code doctor}: says step by step why nothing is shown of a SLURM job. */
@Command(
        name = "doctor",
        description = "Says step by step how the output of a SLURM job is found, and why nothing is shown.",
        footer = {"", "Exit codes: 0 there is something to show, 1 there is not, 2 wrong usage."})
final class DoctorCommand implements Callable<Integer> {
    @Parameters(paramLabel = "slurm:JOB", description = "The job: slurm:12, slurm:12_5 or slurm:12+1.")
    private String given = "";

    @Mixin
    private SlurmOptions slurm = new SlurmOptions();

    @Mixin
    private SshOptions ssh = new SshOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        String label = given.replaceFirst("^slurm:", "");
        List<SlurmJob> jobs;
        try {
            jobs = slurm.with(ssh).list();
        } catch (UserError e) {
            say("the cluster", "does not answer: " + e.getMessage());
            return 1;
        }
        say("the cluster", "answers, and knows " + jobs.size() + " jobs");
        SlurmJob job = jobs.stream()
                .filter(one -> one.label().equals(label) || label.equals(String.valueOf(one.id())))
                .findFirst()
                .orElse(null);
        if (job == null) {
            say(
                    "job " + label,
                    "is not known: there is none, or it ended so long ago that it was forgotten (MinJobAge)");
            return 1;
        }
        say("job " + label, "is " + job.states() + (job.reason().isEmpty() ? "" : ", reason " + job.reason()));
        if (!job.hasBegun()) {
            say("its output", job.isPending() ? "comes when it begins" : "does not exist, as it never began");
        }
        boolean isShown = false;
        for (Channel channel : Channel.values()) {
            List<Path> places = slurm.cluster().places(job, channel);
            String pattern = channel == Channel.STDOUT ? job.stdout() : job.stderr();
            if (channel == Channel.STDERR && places.isEmpty()) {
                say("its errors", "go where its output goes");
                continue;
            }
            String name = channel == Channel.STDOUT ? "its output" : "its errors";
            say(name, pattern.isEmpty() ? "has the name that SLURM gives it" : "has the pattern " + pattern);
            for (Path place : places) {
                if (slurm.sshTo != null) {
                    say("  " + place, "is looked for on " + slurm.sshTo);
                    isShown = true;
                    continue;
                }
                say("  " + place, about(place, job));
                isShown |= Files.isRegularFile(place) && Files.isReadable(place) && Files.size(place) > 0;
            }
            if (places.isEmpty()) {
                say("  its file", "can't be told before it begins");
            }
        }
        return isShown ? 0 : 1;
    }

    private static String about(Path place, SlurmJob job) throws IOException {
        Path directory = place.getParent();
        if (place.toString().equals("/dev/null")) {
            return "is nowhere: there is no log";
        }
        if (!Files.exists(place)) {
            return directory != null && Files.isDirectory(directory)
                    ? "is not there"
                            + (job.batchHost().isEmpty() ? "" : "; it may be on node " + job.batchHost() + " alone")
                    : "is not there, and its directory neither: SLURM before 23.02 does not make it, and the job fails";
        }
        if (!Files.isRegularFile(place)) {
            return "is no regular file, and is not read";
        }
        if (!Files.isReadable(place)) {
            return "can't be read by you: permission denied";
        }
        long size = Files.size(place);
        return size > 0
                ? "is there, " + size + " bytes, written " + Files.getLastModifiedTime(place)
                : "is there and empty: the program has written nothing, or keeps it back (python -u, srun -u)";
    }

    private static void say(String what, String how) {
        System.out.println(TerminalSanitizer.sanitize(what + " " + how));
    }
}
