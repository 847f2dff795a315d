package io.logstream;

import io.logstream.internal.Hub;
import io.logstream.internal.HubSettings;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogSource;
import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The entry point: owns the threads, the clock and the memory budget, and keeps one {@link Broadcaster} per stream id.
 *
 * <pre>{@code
 * try (LogHub hub = LogHub.create()) {
 *     Broadcaster job = hub.open("job-17", FileSource.of(Path.of("job-17.log")));
 *     job.subscribe(lines -> lines.forEach(line -> System.out.println(line.text())));
 *     ...
 * }
 * }</pre>
 *
 * <p>All its threads are daemons and have names that begin with {@code logstream-}. Threadsafe.
 */
public interface LogHub extends AutoCloseable {

    /**
     * A hub's account.
     *
     * @param streams streams that are open or linger
     * @param subscribers viewers at this moment
     * @param retainedBytes the memory that all histories take
     * @param memoryBytes the memory that they may take
     * @param deliveryThreads threads that call viewers
     * @param readerThreads threads that read sources
     * @param stuckThreads those of them that have been in one viewer's or one source's code for a second or longer
     */
    record Stats(
            int streams,
            int subscribers,
            long retainedBytes,
            long memoryBytes,
            int deliveryThreads,
            int readerThreads,
            int stuckThreads) {}

    /**
     * A hub with the defaults named at {@link Builder}.
     *
     * @return a new hub
     */
    static LogHub create() {
        return builder().build();
    }

    /**
     * A hub with other settings.
     *
     * @return a new builder
     */
    static Builder builder() {
        return new Builder();
    }

    /**
     * The stream with this id, with {@linkplain StreamOptions#defaults() defaults} if it is new.
     *
     * @param id the id
     * @param source what it reads
     * @return the stream
     * @throws LogStreamException if the limit of streams is reached, or the hub is closed
     * @throws IllegalArgumentException if the stream is there already and reads another source
     */
    default Broadcaster open(String id, LogSource source) {
        return open(id, source, StreamOptions.defaults());
    }

    /**
     * The stream with this id. If it is there already, the options have no effect.
     *
     * @param id the id, of 1 to 1000 characters
     * @param source what it reads
     * @param options how it is read, if it is new
     * @return the stream
     * @throws LogStreamException if the limit of streams is reached, or the hub is closed
     * @throws IllegalArgumentException if the stream is there already and reads another source
     */
    Broadcaster open(String id, LogSource source, StreamOptions options);

    /**
     * A new stream of lines from this program, with {@linkplain StreamOptions#defaults() defaults}.
     *
     * @param id the id
     * @return its feed
     * @throws LogStreamException if the limit of streams is reached, or the hub is closed
     * @throws IllegalArgumentException if there is a stream with this id
     */
    default LogFeed feed(String id) {
        return feed(id, StreamOptions.defaults());
    }

    /**
     * A new stream of lines from this program.
     *
     * @param id the id, of 1 to 1000 characters
     * @param options what it retains
     * @return its feed
     * @throws LogStreamException if the limit of streams is reached, or the hub is closed
     * @throws IllegalArgumentException if there is a stream with this id
     */
    LogFeed feed(String id, StreamOptions options);

    /**
     * The stream with this id.
     *
     * @param id the id
     * @return the stream, or empty if there is none
     */
    Optional<Broadcaster> find(String id);

    /**
     * All streams.
     *
     * @return a snapshot, in no order
     */
    List<Broadcaster> streams();

    /**
     * One viewer over several streams of this hub. Its callbacks come one at a time; lines of one stream stay in order.
     * When a stream ends, an event {@link SourceEvent.Kind#ENDED} tells so; the subscription ends with the last of them.
     *
     * @param streams the streams, at least one
     * @param options how it watches each of them
     * @param subscriber the viewer
     * @return its subscription
     * @throws LogStreamException as {@link Broadcaster#subscribe(SubscribeOptions, Subscriber)}
     */
    Subscription subscribe(Collection<Broadcaster> streams, SubscribeOptions options, Subscriber subscriber);

    /**
     * One viewer over all streams that a discovery finds, now and later. Streams found later are shown from their
     * beginning. An event {@link SourceEvent.Kind#APPEARED} tells of each.
     *
     * @param discovery what finds the streams
     * @param streamOptions how each of them is read
     * @param options how the viewer watches each of them
     * @param subscriber the viewer
     * @return its subscription
     * @throws LogStreamException if a limit is reached, or the hub is closed
     */
    Subscription subscribe(
            LogDiscovery discovery, StreamOptions streamOptions, SubscribeOptions options, Subscriber subscriber);

    /**
     * The account at this moment.
     *
     * @return a snapshot
     */
    Stats stats();

    /**
     * Closes all streams and ends all threads. Returns within one second; threads that are stuck in a viewer's code or in
     * a source are abandoned, and named in the log. Closing twice does nothing.
     */
    @Override
    void close();

    /** Collects a hub's settings; not threadsafe. */
    final class Builder {
        private long memoryBytes = 100L << 20;
        private int maxStreams = Integer.MAX_VALUE;
        private int maxSubscribers = 100_000;
        private int deliveryThreads = Math.max(2, Runtime.getRuntime().availableProcessors());
        private int readerThreads = 1;
        private int maxThreads = 64;
        private Duration spin = Duration.ofNanos(20_000);
        private @Nullable TimeSource time;

        private Builder() {}

        /**
         * The memory that all histories together may take. When it is reached, the stream furthest above its fair share
         * gives up its oldest lines.
         *
         * @param bytes at least 65536; by default 100 MiB
         * @return this builder
         */
        public Builder memoryBytes(long bytes) {
            this.memoryBytes = atLeast("memoryBytes", bytes, 65_536);
            return this;
        }

        /**
         * The most streams at a time.
         *
         * @param streams at least 1; by default unlimited
         * @return this builder
         */
        public Builder maxStreams(int streams) {
            this.maxStreams = (int) atLeast("maxStreams", streams, 1);
            return this;
        }

        /**
         * The most viewers at a time, over all streams.
         *
         * @param subscribers at least 1; by default 100,000
         * @return this builder
         */
        public Builder maxSubscribers(int subscribers) {
            this.maxSubscribers = (int) atLeast("maxSubscribers", subscribers, 1);
            return this;
        }

        /**
         * How many threads call viewers. When all of them are stuck in viewers' code, more are started, up to
         * {@link #maxThreads}; one that has nothing to do for ten seconds goes.
         *
         * @param threads at least 1; by default the number of processors, at least 2
         * @return this builder
         */
        public Builder deliveryThreads(int threads) {
            this.deliveryThreads = (int) atLeast("deliveryThreads", threads, 1);
            return this;
        }

        /**
         * How many threads read sources. When all of them are stuck in a source, more are started, up to
         * {@link #maxThreads}; one that has nothing to do for ten seconds goes.
         *
         * @param threads at least 1; by default 1
         * @return this builder
         */
        public Builder readerThreads(int threads) {
            this.readerThreads = (int) atLeast("readerThreads", threads, 1);
            return this;
        }

        /**
         * The most threads of each kind.
         *
         * @param threads at least 1; by default 64
         * @return this builder
         */
        public Builder maxThreads(int threads) {
            this.maxThreads = (int) atLeast("maxThreads", threads, 1);
            return this;
        }

        /**
         * How long a thread that calls viewers looks for new lines before it sleeps. It takes some microseconds to wake one
         * that sleeps; a longer time saves them, and costs a processor meanwhile.
         *
         * @param spin the time, 0 or more; by default 20 microseconds
         * @return this builder
         */
        public Builder spin(Duration spin) {
            if (spin.isNegative()) {
                throw new IllegalArgumentException("spin of " + spin + ": use 0 or more");
            }
            this.spin = spin;
            return this;
        }

        /**
         * Another clock, for tests.
         *
         * @param time the clock; by default the system's
         * @return this builder
         */
        public Builder time(TimeSource time) {
            this.time = time;
            return this;
        }

        /**
         * Starts the hub. No thread runs before the first stream needs one.
         *
         * @return a new hub
         */
        public LogHub build() {
            return new Hub(new HubSettings(
                    memoryBytes, maxStreams, maxSubscribers, deliveryThreads, readerThreads, maxThreads, spin, time));
        }

        private static long atLeast(String name, long value, long least) {
            if (value < least) {
                throw new IllegalArgumentException(name + " of " + value + ": use at least " + least);
            }
            return value;
        }
    }
}
