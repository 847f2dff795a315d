package io.logstream.examples;

import io.logstream.LogStreamException;
import io.logstream.slurm.SlurmCluster;
import io.logstream.slurm.SlurmJob;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How SLURM is asked, and what of its jobs is shown. */
final class SlurmOptions {
    private static final Pattern HOST = Pattern.compile("(?:([^@/]*)@)?(\\[[^]/]*]|[^:/@]+)(?::(\\d{1,9}))?");

    @Option(names = "--job", paramLabel = "ID", description = "A SLURM job: the same as slurm:ID.")
    List<String> jobs = new ArrayList<>();

    @Option(names = "--stderr", description = "Of SLURM jobs, the error output alone.")
    boolean stderr;

    @Option(
            names = "--path",
            paramLabel = "PATTERN",
            description =
                    "Where the output of a SLURM job may be if not where the cluster says, in the form of sbatch -o"
                            + " (%%j is the job's number), with wildcards; may be given again for more.")
    List<String> paths = new ArrayList<>();

    @Option(names = "--base-dir", paramLabel = "DIR", description = "Where the --path begins if it is relative.")
    @Nullable
    Path baseDirectory;

    @Option(
            names = "--slurm-rest",
            paramLabel = "URL",
            description =
                    "Ask a slurmrestd, unix:/path or http://host:port (with the token in SLURM_JWT), and not squeue.")
    @Nullable
    URI rest;

    @Option(
            names = "--ssh-to",
            paramLabel = "[USER@]HOST[:PORT]",
            description = "Run squeue on this machine, over SSH, and read the files of SLURM jobs that it sees.")
    @Nullable
    String sshTo;

    @Option(
            names = "--auto-detect",
            description =
                    "Where the file of a SLURM job is not seen, look for it over SSH on the node that runs its script.")
    boolean autoDetect;

    @Option(
            names = "--output-url",
            paramLabel = "TEMPLATE",
            description = "Read the output of SLURM jobs from a site's own HTTP gateway, such as"
                    + " https://gateway/jobs/{job_id}/stdout. SLURM itself has none.")
    @Nullable
    String outputUrl;

    private @Nullable SlurmCluster cluster;
    private SshOptions ssh = new SshOptions();

    /** Connects as these options say. */
    SlurmOptions with(SshOptions ssh) {
        this.ssh = ssh;
        return this;
    }

    /** What is followed, with what was given as a job. */
    List<String> withJobs(List<String> given) {
        List<String> all = new ArrayList<>(given);
        jobs.forEach(job -> all.add("slurm:" + job));
        if (all.isEmpty()) {
            throw new UserError("Missing required parameter: 'SOURCE', or a --job");
        }
        return all;
    }

    /** The cluster, which lasts as long as the command. */
    SlurmCluster cluster() {
        SlurmCluster known = cluster;
        if (known == null) {
            try {
                known = build();
            } catch (IllegalArgumentException e) {
                throw new UserError(String.valueOf(e.getMessage()));
            }
            cluster = known;
        }
        return known;
    }

    private SlurmCluster build() {
        SlurmCluster.Builder builder = SlurmCluster.builder();
        if (sshTo != null) {
            Matcher host = HOST.matcher(sshTo);
            if (!host.matches()) {
                throw new UserError("--ssh-to '" + sshTo + "': use [user@]host[:port]");
            }
            builder.ssh(ssh.connection(host.group(1), host.group(2), host.group(3)));
        }
        if (autoDetect) {
            builder.nodes(node -> ssh.connection(null, node, null));
        }
        if (rest != null) {
            builder.rest(rest);
            String token = System.getenv("SLURM_JWT");
            if (token != null && !token.isEmpty()) {
                builder.token(System.getProperty("user.name"), token);
            }
        }
        return builder.build();
    }

    /** All jobs that the cluster knows. */
    List<SlurmJob> list() {
        try {
            return cluster().jobs();
        } catch (IOException | LogStreamException e) {
            throw new UserError(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError("interrupted");
        }
    }
}
