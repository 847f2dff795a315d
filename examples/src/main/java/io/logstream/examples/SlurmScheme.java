package io.logstream.examples;

import io.logstream.Channel;
import io.logstream.slurm.HttpChunkSource;
import io.logstream.slurm.SlurmJob;
import io.logstream.slurm.SlurmJobArray;
import io.logstream.slurm.SlurmJobSource;
import java.util.List;

/** Understands {@code slurm:12}, {@code slurm:12_5}, {@code slurm:12+1}, {@code slurm:12.0} and {@code slurm:12_*}. */
final class SlurmScheme {
    private final SlurmOptions options;

    SlurmScheme(SlurmOptions options) {
        this.options = options;
    }

    NamedSource source(String given, String rest, boolean follow) {
        String id = rest.replaceFirst("_\\*$", "");
        try {
            if (rest.endsWith("_*") || isArray(id)) {
                if (options.outputUrl != null) {
                    throw new UserError(
                            "--output-url serves one job: give a task, as slurm:" + id + "_1, in place of " + given);
                }
                SlurmJobArray array = SlurmJobArray.of(options.cluster(), id, one -> with(one, follow));
                return NamedSource.of(given, "slurm", array);
            }
            String url = options.outputUrl;
            if (url != null) {
                return NamedSource.of(given, "slurm", served(url, id, follow));
            }
            SlurmJobSource source =
                    with(SlurmJobSource.builder(options.cluster(), id), follow).build();
            return NamedSource.of(given, "slurm", source);
        } catch (IllegalArgumentException e) {
            throw new UserError(String.valueOf(e.getMessage()));
        }
    }

    private HttpChunkSource served(String url, String id, boolean follow) {
        HttpChunkSource.Builder builder =
                HttpChunkSource.builder(url, id).cluster(options.cluster()).follow(follow);
        return (options.stderr ? builder.channel(Channel.STDERR) : builder).build();
    }

    private SlurmJobSource.Builder with(SlurmJobSource.Builder builder, boolean follow) {
        builder.follow(follow);
        if (options.stderr) {
            builder.channel(Channel.STDERR);
        }
        if (options.baseDirectory != null) {
            builder.baseDirectory(options.baseDirectory);
        }
        options.paths.forEach(options.stderr ? builder::stderrPath : builder::stdoutPath);
        return builder;
    }

    /** Whether the number is an array's. The user of a command wants to know at once when there is no such job. */
    private boolean isArray(String id) {
        String number = id.replaceFirst("[_+.].*", "");
        if (!number.matches("\\d{1,10}")) {
            return false; // it names no job: told by whoever reads it
        }
        List<SlurmJob> jobs = options.list();
        boolean isKnown = jobs.stream()
                .anyMatch(job -> number.equals(String.valueOf(job.id()))
                        || number.equals(String.valueOf(job.arrayId()))
                        || number.equals(String.valueOf(job.hetId())));
        if (!isKnown && options.paths.isEmpty()) {
            throw new UserError("SLURM does not know job " + id + ": there is none, or it ended so long ago that it was"
                    + " forgotten; --path=PATTERN names its file");
        }
        return id.equals(number) && jobs.stream().anyMatch(job -> number.equals(String.valueOf(job.arrayId())));
    }
}
