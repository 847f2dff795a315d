package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Asks with {@code squeue} and {@code scontrol}, run here or on another machine. Before release 23.02 squeue's JSON is that of all jobs of the
 * cluster, whichever were asked for, so its text is used there. Of more jobs than one argument has room for, several questions are
 * asked. Threadsafe.
 */
final class SqueueQuery implements Query {
    private static final int JSON_SINCE = 2302;
    /** How many jobs are asked for at once: the system takes 128 KiB in one argument. */
    private static final int MOST_NUMBERS = 5_000;

    private static final Pattern VERSION = Pattern.compile("\\S+ (\\d+)\\.(\\d+)[.\\d]*.*", Pattern.DOTALL);
    private static final Pattern HOST = Pattern.compile("\\bNodeHostName=(\\S+)");

    private final Commands program;
    private final String directory;
    private volatile int release;

    /**
     * With the commands of a directory.
     *
     * @param directory the directory and a slash, or empty for those of the search path
     */
    SqueueQuery(Commands program, String directory) {
        this.program = program;
        this.directory = directory;
    }

    @Override
    public Answer ask(Set<Long> jobs) throws IOException, InterruptedException {
        if (release == 0) {
            release = version();
        }
        List<SlurmJob> found = new ArrayList<>();
        List<Long> numbers = jobs.stream().sorted().toList();
        for (int from = 0; from == 0 || from < numbers.size(); from += MOST_NUMBERS) {
            found.addAll(askOnce(numbers.subList(from, Math.min(numbers.size(), from + MOST_NUMBERS))));
        }
        return new Answer(release, found);
    }

    private List<SlurmJob> askOnce(List<Long> jobs) throws IOException, InterruptedException {
        boolean json = release >= JSON_SINCE;
        String separator = SqueueTable.separator();
        List<String> command = new ArrayList<>(List.of(directory + "squeue", "-a", "-t", "all"));
        if (!jobs.isEmpty()) {
            command.addAll(List.of("-j", jobs.stream().map(String::valueOf).collect(Collectors.joining(","))));
        }
        command.addAll(json ? List.of("--json") : List.of("-h", "-O", SqueueTable.format(separator)));
        Commands.Said said = program.run(command);
        if (said.code() != 0) {
            if (said.errors().contains("Invalid job id")) {
                return List.of();
            }
            throw new IOException("squeue failed: " + Text.shown(said.errors()));
        }
        if (!json) {
            try {
                return SqueueTable.jobs(said.out(), separator);
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
        JobJson read = JobJson.read(said.out());
        if (read.errorNumber() != 0 && read.errorNumber() != JobJson.NO_SUCH_JOB) {
            throw new IOException("squeue failed: " + read.error());
        }
        return read.jobs();
    }

    private int version() throws IOException, InterruptedException {
        String said = program.run(List.of(directory + "squeue", "-V")).out();
        Matcher version = VERSION.matcher(said);
        if (!version.matches()) {
            throw new IOException("squeue does not tell its version: " + Text.shown(said));
        }
        return 100 * Integer.parseInt(version.group(1)) + Integer.parseInt(version.group(2));
    }

    @Override
    public String hostOf(String node) throws IOException, InterruptedException {
        Commands.Said said = program.run(List.of(directory + "scontrol", "show", "node", "-o", "--", node));
        Matcher host = HOST.matcher(said.out());
        boolean isTold = said.code() == 0 && host.find();
        String words = (said.out() + said.errors()).toLowerCase(Locale.ROOT);
        if (!isTold && (said.code() == 0 || words.contains("not found") || words.contains("invalid node name"))) {
            return "";
        } else if (!isTold && words.contains("permission denied")) {
            throw new LogStreamException(
                    "scontrol may not tell the host of a node: " + Text.shown(said.errors() + said.out()));
        } else if (!isTold) {
            throw new IOException("scontrol does not tell the host of a node: " + Text.shown(said.errors()));
        }
        return host.group(1).replaceFirst("\\..*", "");
    }
}
