package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The output of a job that a site's own gateway serves over HTTP, where its files can be seen in no other way. SLURM itself has
 * no such thing: no version of slurmrestd has a path for output.
 *
 * <p>The address is a template, {@code https://gateway/jobs/{job_id}/stdout}. The log is asked for part by part, with a
 * {@code Range}; or, if the template has {@code {offset}} and perhaps {@code {length}}, with the place in the address. A server
 * that answers a {@code Range} with the whole log is understood, but sends all of it each time. A log that is not there (404) is
 * waited for; a server that refuses (401, 403) fails the stream, or one that was read from before when it refuses five times in a row.
 * A log that is shorter than what was read of it, or has other bytes before the place, was cut: a gap says so, and it is
 * read from its new beginning.
 *
 * <p>It ends when the {@linkplain Builder#cluster cluster} says that the job is over and nothing came since for the settle time;
 * or when the server says {@linkplain Builder#completeHeader in a header} that the log is complete; and without either never.
 * Where the server tells no length, as with {@code {offset}}, reading always starts at the beginning.
 *
 * <p>Immutable and threadsafe. Takes no thread while it waits.
 */
public final class HttpChunkSource implements LogSource {
    private final JobId id;
    private final String job;
    private final HttpChunks server;
    private final @Nullable SlurmCluster cluster;
    private final Channel channel;
    private final int chunkBytes;
    private final Duration pollInterval;
    private final Duration timeout;
    private final Duration settleTime;
    private final boolean follow;
    private final boolean endsItself;

    private HttpChunkSource(Builder builder) {
        id = builder.id;
        job = id.toString();
        HttpClient client = builder.client;
        server = new HttpChunks(
                client == null ? HttpChunks.Shared.CLIENT : client,
                builder.template,
                job,
                builder.headers,
                builder.complete);
        cluster = builder.cluster;
        channel = builder.channel;
        chunkBytes = builder.chunkBytes;
        pollInterval = builder.pollInterval;
        timeout = builder.timeout;
        settleTime = builder.settleTime;
        follow = builder.follow;
        endsItself = cluster != null || builder.complete != null;
    }

    /**
     * Starts from the defaults.
     *
     * @param template the address, with {@code {job_id}} where the job's number goes
     * @param job the job's number: {@code 12}, {@code 12_5} or {@code 12+1}
     * @return a new builder
     * @throws IllegalArgumentException if the address is none of http or https, or has no {@code {job_id}}; or this names no job
     */
    public static Builder builder(String template, String job) {
        return new Builder(template, JobId.parse(job));
    }

    /**
     * The job.
     *
     * @return its number as it was given
     */
    public String job() {
        return job;
    }

    JobId id() {
        return id;
    }

    HttpChunks server() {
        return server;
    }

    Channel channel() {
        return channel;
    }

    int chunkBytes() {
        return chunkBytes;
    }

    Duration pollInterval() {
        return pollInterval;
    }

    Duration timeout() {
        return timeout;
    }

    Duration settleTime() {
        return settleTime;
    }

    boolean follows() {
        return follow;
    }

    /** The address without its query and user, a hash of it with its query, the job and the channel. */
    @Override
    public String identity() {
        return String.format("slurm-http:%s:%08x:%s:%s", server.shown(), server.hash(), job, channel);
    }

    /** True with a cluster or a header that tells the end. */
    @Override
    public boolean endsItself() {
        return endsItself;
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
        Poller.Watch watch = cluster == null ? null : cluster.watch(id, context::wake);
        HttpChunkReader reader = new HttpChunkReader(this, context, watch, start);
        boolean begun = false;
        try {
            reader.begin(start);
            begun = true;
            return reader;
        } finally {
            if (!begun) {
                reader.close();
            }
        }
    }

    @Override
    public String toString() {
        return identity();
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        private static final int LEAST_CHUNK = 1024;
        private static final int MOST_CHUNK = 1 << 20;

        private final String template;
        private final JobId id;
        private final Map<String, Supplier<String>> headers = new LinkedHashMap<>();
        private @Nullable HttpClient client;
        private HttpChunks.@Nullable Mark complete;
        private @Nullable SlurmCluster cluster;
        private Channel channel = Channel.STDOUT;
        private int chunkBytes = 256 * 1024;
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration timeout = Duration.ofSeconds(20);
        private Duration settleTime = Duration.ofSeconds(2);
        private boolean follow = true;

        private Builder(String template, JobId id) {
            this.template = template;
            this.id = id;
            boolean isHttp = template.toLowerCase(Locale.ROOT).matches("https?://[^/].*");
            if (!isHttp || !template.contains("{job_id}")) {
                throw wrong(template);
            }
            try {
                new HttpChunks(HttpChunks.Shared.CLIENT, template, "1", Map.of(), null).uri(0, 1);
            } catch (IllegalArgumentException e) { // whose message has the whole address in it
                throw wrong(template);
            }
        }

        private static IllegalArgumentException wrong(String template) {
            return new IllegalArgumentException("'" + HttpChunks.shown(template)
                    + "' is no address: use one such as https://gateway/jobs/{job_id}/stdout");
        }

        /**
         * Whose word it is that the job is over, and who tells its states in band. By default nobody.
         *
         * @param cluster the cluster that runs the job
         * @return this
         */
        public Builder cluster(SlurmCluster cluster) {
            this.cluster = Objects.requireNonNull(cluster, "cluster");
            return this;
        }

        /**
         * A header of an answer that says that nothing will be added to the log any more. By default there is none.
         *
         * @param name the header's name, as {@code X-Job-Complete}
         * @param value what it must say
         * @return this
         */
        public Builder completeHeader(String name, String value) {
            complete = new HttpChunks.Mark(name, value);
            return this;
        }

        /**
         * A header that each request has, such as {@code Authorization}. It is sent to no address but the one that was given:
         * redirects are not followed, unless {@linkplain #client a client} of one's own does.
         *
         * @param name its name
         * @param value tells its present value; called when the server is asked. While it throws, or what it tells can be the value of
         *     no header, the server is taken not to answer
         * @return this
         * @throws IllegalArgumentException if no request may have such a header
         */
        public Builder header(String name, Supplier<String> value) {
            HttpRequest.newBuilder().header(name, "");
            headers.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
            return this;
        }

        /**
         * Who connects: for certificates, a proxy, redirects or HTTP versions of one's own. By default a client that all such sources share.
         *
         * @param client the client
         * @return this
         */
        public Builder client(HttpClient client) {
            this.client = Objects.requireNonNull(client, "client");
            return this;
        }

        /**
         * Which channel the log is. By default {@link Channel#STDOUT}.
         *
         * @param channel the channel
         * @return this
         */
        public Builder channel(Channel channel) {
            this.channel = Objects.requireNonNull(channel, "channel");
            return this;
        }

        /**
         * The most bytes of one answer. By default 256 KiB.
         *
         * @param bytes 1 KiB to 1 MiB
         * @return this
         */
        public Builder chunkBytes(int bytes) {
            if (bytes < LEAST_CHUNK || bytes > MOST_CHUNK) {
                throw new IllegalArgumentException(
                        "chunkBytes of " + bytes + ": use " + LEAST_CHUNK + " to " + MOST_CHUNK);
            }
            chunkBytes = bytes;
            return this;
        }

        /**
         * How long to wait after an answer that had nothing more. By default 1 s.
         *
         * @param interval 10 ms to 1 h
         * @return this
         */
        public Builder pollInterval(Duration interval) {
            pollInterval = checked("pollInterval", interval, Duration.ofMillis(10));
            return this;
        }

        /**
         * How long an answer may take. By default 20 s.
         *
         * @param time 10 ms to 1 h
         * @return this
         */
        public Builder timeout(Duration time) {
            timeout = checked("timeout", time, Duration.ofMillis(10));
            return this;
        }

        /**
         * How long the log must be quiet after the job is over before it counts as complete. By default 2 s.
         *
         * @param quiet 0 to 1 h
         * @return this
         */
        public Builder settleTime(Duration quiet) {
            settleTime = checked("settleTime", quiet, Duration.ZERO);
            return this;
        }

        private static Duration checked(String option, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException(option + " of " + value + ": use " + least + " to PT1H");
            }
            return value;
        }

        /**
         * Whether to stay until the log is complete.
         *
         * @param follow false to end where the log ends now. By default true
         * @return this
         */
        public Builder follow(boolean follow) {
            this.follow = follow;
            return this;
        }

        /**
         * Makes the source.
         *
         * @return the source
         */
        public HttpChunkSource build() {
            return new HttpChunkSource(this);
        }
    }
}
