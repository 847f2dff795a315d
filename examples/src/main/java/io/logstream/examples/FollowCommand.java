package io.logstream.examples;

import io.logstream.BackpressurePolicy;
import io.logstream.SubscribeOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code follow}: writes one or more logs to the standard output, as they grow. */
@Command(
        name = "follow",
        description = "Shows what logs hold and whatever is added to them, each line once and in order.",
        sortOptions = false,
        footer = {
            "",
            "Lines go to the standard output. What is not a line goes to the standard error output, or in JSON into an"
                    + " object with an \"event\".",
            "Exit codes: 0 the end was reached, 1 a log could not be read on, 2 wrong usage, 130 interrupted by Ctrl-C."
        })
final class FollowCommand implements Callable<Integer> {

    /** How lines are written. */
    enum Format {
        /** As text. */
        TEXT,
        /** As one JSON object per line. */
        JSON;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Parameters(
            paramLabel = "SOURCE",
            arity = "0..*",
            description =
                    "What to follow: a path, or file:PATH; a directory for all files in it; a pattern in quotes, such as"
                            + " 'logs/**/*.log', for all files that match, now and later; docker:NAME for a container;"
                            + " docker:label=KEY=VALUE, name=REGEX, image=, project= or service= (of compose), for all that"
                            + " match, now and later; ssh://[user@]host[:port]/path for a file of another machine; slurm:JOB,"
                            + " slurm:ARRAY_TASK or 'slurm:ARRAY_*' for the output of SLURM jobs."
                            + " Several are merged, each line naming its file or container.")
    private List<String> given = List.of();

    @ArgGroup
    private StartOptions start = new StartOptions();

    @Option(names = "--no-follow", description = "Stop at the present end of the log.")
    private boolean noFollow;

    @Mixin
    private FilterOptions filters = new FilterOptions();

    @Mixin
    private SshOptions ssh = new SshOptions();

    @Mixin
    private SlurmOptions slurm = new SlurmOptions();

    @Option(names = "--timestamps", description = "Begin each line of text with its time.")
    private boolean timestamps;

    @Option(
            names = "--output-format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    @Option(
            names = "--raw",
            description = "Write the bytes of text as they are. Without it, whatever could act on the terminal, such as"
                    + " an escape sequence, is shown as \\x1b.")
    private boolean raw;

    @Option(
            names = "--progress",
            description = "Show a bar of progress, which a carriage return begins anew, as it moves: on a terminal each"
                    + " update overwrites the one before, elsewhere it is a line of its own. Without it, such a carriage"
                    + " return is one more byte of its line.")
    private boolean progress;

    @Option(
            names = "--resume-file",
            paramLabel = "FILE",
            description =
                    "Keep the place reached in this file, and go on from there the next time. Nothing is lost, even"
                            + " if the command is killed; lines written after the last save may come again, with the same"
                            + " line_num. A source that has no place in it begins as the other options say, unless another one"
                            + " has: then at its first line.")
    private @Nullable Path resumeFile;

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            converter = PolicyConverter.class,
            description = "When the output is slower than the log: block (the default: reading waits), block:30s (waits"
                    + " so long, then drops), drop-oldest, drop-newest:LINES, disconnect:LINES.")
    private BackpressurePolicy policy = BackpressurePolicy.block();

    @Override
    public Integer call() throws InterruptedException {
        SubscribeOptions options = SubscribeOptions.builder()
                .replay(start.replay())
                .policy(policy)
                .filter(filters.filter())
                .build();
        List<NamedSource> sources = Sources.parse(slurm.withJobs(given), !noFollow, ssh, slurm);
        ResumeFile resume = resumeFile == null ? null : ResumeFile.open(resumeFile);
        Map<String, String> kinds = new ConcurrentHashMap<>();
        return new Follow(sources, kinds, options, progress, new Printer(output(sources, kinds)), resume).run();
    }

    private Output output(List<NamedSource> sources, Map<String, String> kinds) {
        ByteOut out = new ByteOut(new FileOutputStream(FileDescriptor.out));
        if (format == Format.JSON) {
            return new JsonOutput(out, kinds);
        }
        boolean names = sources.size() > 1 || sources.stream().anyMatch(source -> source.discovery() != null);
        return new TextOutput(out, System.err, new TextOutput.Style(names, timestamps, raw, isTerminal()));
    }

    @SuppressWarnings("SystemConsoleNull") // Main sees to it that it is null without a terminal
    private static boolean isTerminal() {
        return System.console() != null;
    }
}
