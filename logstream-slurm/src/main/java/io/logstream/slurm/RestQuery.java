package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks a slurmrestd, with the newest version of its interface that it has and this library knows. What it answers is told
 * apart by more than the status, as an unknown job is a 500 to some releases:
 *
 * <pre>{@code
 *   200                          jobs
 *   any, with error 2017         there is no such job
 *   401, 403                     the token is missing, wrong or too old
 *   404 without an error         it does not serve this version
 *   anything else                it can't answer now
 * }</pre>
 *
 * Threadsafe.
 */
final class RestQuery implements Query {
    private static final int OLDEST = 36;
    private static final int NEWEST = 45;
    private static final Map<String, String> ACCEPT = Map.of("Accept", "application/json");
    private static final Pattern HOST = Pattern.compile("\"hostname\"\\s*:\\s*\"([^\"\\\\]+)\"");

    private final HttpGet http;
    private final @Nullable String given;
    private volatile @Nullable String found;

    /**
     * Asks here.
     *
     * @param version as {@code v0.0.38}, or null to find out
     */
    RestQuery(HttpGet http, @Nullable String version) {
        this.http = http;
        this.given = version;
    }

    @Override
    public Answer ask(Set<Long> jobs) throws IOException, InterruptedException {
        String path = jobs.size() == 1 ? "/job/" + jobs.iterator().next() : "/jobs";
        HttpGet.Response response = get("/slurm/" + version() + path);
        JobJson read = JobJson.read(response.body());
        if (read.errorNumber() == JobJson.NO_SUCH_JOB) {
            return new Answer(read.release(), List.of());
        }
        if (response.status() != 200 || read.errorNumber() != 0) {
            throw new IOException("slurmrestd answers " + response.status() + ": " + read.error());
        }
        return new Answer(read.release(), read.jobs());
    }

    @Override
    public String hostOf(String node) throws IOException, InterruptedException {
        HttpGet.Response response = http.get("/slurm/" + version() + "/node/" + node, ACCEPT);
        if (response.status() == 403) {
            throw refused(response);
        } else if (response.status() != 200) {
            JobJson read = JobJson.read(response.body());
            if (read.errorNumber() == JobJson.NO_SUCH_NODE) {
                return "";
            } else if (read.errorNumber() == JobJson.DENIED) {
                throw new LogStreamException("slurmrestd may not tell the host of a node: " + read.error());
            }
            throw new IOException("slurmrestd does not tell the host of a node: status " + response.status());
        }
        Matcher host = HOST.matcher(response.body());
        return host.find() ? host.group(1).replaceFirst("\\..*", "") : "";
    }

    /** The version to ask with. It is found out by an answer, as a request with a bad token is refused whatever its version. */
    private String version() throws IOException, InterruptedException {
        String known = given != null ? given : found;
        if (known != null) {
            return known;
        }
        for (int minor = NEWEST; minor >= OLDEST; minor--) {
            String candidate = "v0.0." + minor;
            HttpGet.Response response = http.get("/slurm/" + candidate + "/ping", Map.of());
            switch (response.status()) {
                case 200 -> {
                    found = candidate;
                    return candidate;
                }
                case 401, 403 -> throw refused(response);
                case 404 -> {}
                default -> throw new IOException("slurmrestd, or what is before it, answers " + response.status());
            }
        }
        throw new LogStreamException("slurmrestd serves no version from v0.0." + OLDEST + " to v0.0." + NEWEST);
    }

    private HttpGet.Response get(String path) throws IOException, InterruptedException {
        HttpGet.Response response = http.get(path, ACCEPT);
        boolean isUnknownPath =
                response.status() == 404 && !response.body().contains(String.valueOf(JobJson.NO_SUCH_JOB));
        if (isUnknownPath) {
            found = null; // it may be another release since
            throw new LogStreamException("slurmrestd has no " + path + ": it serves another version");
        }
        if (response.status() == 401 || response.status() == 403) {
            throw refused(response);
        }
        return response;
    }

    private static LogStreamException refused(HttpGet.Response response) {
        return new LogStreamException(
                "slurmrestd refuses: " + Text.shown(response.body()) + "; its token is missing, wrong or too old");
    }
}
