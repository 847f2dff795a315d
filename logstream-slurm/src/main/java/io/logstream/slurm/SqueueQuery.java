package io.logstream.slurm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Asks with {@code squeue} and {@code scontrol}, run here. Before release 23.02 squeue's JSON is that of all jobs of the
 * cluster, whichever were asked for, so its text is used there. Threadsafe.
 */
final class SqueueQuery implements Query {
    private static final int JSON_SINCE = 2302;
    private static final Pattern VERSION = Pattern.compile("\\S+ (\\d+)\\.(\\d+)[.\\d]*.*", Pattern.DOTALL);
    private static final Pattern HOST = Pattern.compile("\\bNodeHostName=(\\S+)");

    private final Program program;
    private final String directory;
    private volatile int release;

    /**
     * With the commands of a directory.
     *
     * @param directory the directory and a slash, or empty for those of the search path
     */
    SqueueQuery(Program program, String directory) {
        this.program = program;
        this.directory = directory;
    }

    @Override
    public Answer ask(Set<Long> jobs) throws IOException, InterruptedException {
        if (release == 0) {
            release = version();
        }
        boolean json = release >= JSON_SINCE;
        List<String> command = new ArrayList<>(List.of(directory + "squeue", "-a", "-t", "all"));
        if (!jobs.isEmpty()) {
            String all = jobs.stream().sorted().map(String::valueOf).collect(Collectors.joining(","));
            command.addAll(List.of("-j", all));
        }
        command.addAll(json ? List.of("--json") : List.of("-h", "-O", SqueueTable.format()));
        Program.Said said = program.run(command);
        if (said.code() != 0) {
            if (said.errors().contains("Invalid job id")) {
                return new Answer(release, List.of());
            }
            throw new IOException("squeue failed: " + Text.shown(said.errors()));
        }
        if (!json) {
            try {
                return new Answer(release, SqueueTable.jobs(said.out()));
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
        JobJson read = JobJson.read(said.out());
        if (read.errorNumber() != 0 && read.errorNumber() != JobJson.NO_SUCH_JOB) {
            throw new IOException("squeue failed: " + read.error());
        }
        return new Answer(release, read.jobs());
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
        Program.Said said = program.run(List.of(directory + "scontrol", "show", "node", "-o", "--", node));
        Matcher host = HOST.matcher(said.out());
        if (said.code() != 0 || !host.find()) {
            throw new IOException("scontrol does not tell the host of a node: " + Text.shown(said.errors()));
        }
        return host.group(1).replaceFirst("\\..*", "");
    }
}
