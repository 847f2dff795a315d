package io.logstream;

import java.util.Optional;
import java.util.concurrent.Flow;

/**
 * One stream: reads one source once and shows it live to any number of viewers. Made by {@link LogHub#open}. Threadsafe.
 */
public interface Broadcaster extends AutoCloseable {

    /** What a stream is doing. */
    enum State {
        /** Nothing is read: no viewer has come yet, or the last one left long ago. */
        IDLE,
        /** There is nothing to read yet, and it is waited for; or the source is being opened. */
        WAITING,
        /** The source is read. */
        LIVE,
        /** The source failed and is tried again. */
        RECONNECTING,
        /** The source has ended, or the stream was closed. */
        ENDED,
        /** The source failed for good. */
        FAILED
    }

    /**
     * A stream's account.
     *
     * @param state what it is doing
     * @param epoch the run of this stream that the sequences belong to; 0 before the first
     * @param first the sequence of the oldest line retained
     * @param tail the sequence that the next line will have: the number of lines read in this run
     * @param retainedBytes the memory that the history takes
     * @param readBytes bytes read in this run, terminators included
     * @param subscribers viewers at this moment
     * @param upstreamGaps gaps upstream in this run
     * @param retries how often the source was tried again in this run
     * @param lastError the last error of the source, or empty
     */
    record Stats(
            State state,
            long epoch,
            long first,
            long tail,
            long retainedBytes,
            long readBytes,
            int subscribers,
            long upstreamGaps,
            long retries,
            String lastError) {}

    /**
     * The id of this stream.
     *
     * @return the id given to {@link LogHub#open}
     */
    String id();

    /**
     * Adds a viewer with {@linkplain SubscribeOptions#defaults() defaults}.
     *
     * @param subscriber the viewer
     * @return its subscription
     * @throws LogStreamException if a limit is reached, or the stream is closed
     */
    default Subscription subscribe(Subscriber subscriber) {
        return subscribe(SubscribeOptions.defaults(), subscriber);
    }

    /**
     * Adds a viewer. Callbacks may start before this returns.
     *
     * @param options how it watches
     * @param subscriber the viewer
     * @return its subscription
     * @throws LogStreamException if a limit is reached, the stream is closed, or a resume token is not of this stream
     * @throws IllegalArgumentException if the stream does not allow the policy
     */
    Subscription subscribe(SubscribeOptions options, Subscriber subscriber);

    /**
     * Adds a viewer in pull form.
     *
     * @param options how it watches; an executor has no meaning here
     * @return its cursor
     * @throws LogStreamException if a limit is reached, the stream is closed, or a resume token is not of this stream
     * @throws IllegalArgumentException if the stream does not allow the policy
     */
    LogCursor tail(SubscribeOptions options);

    /**
     * This stream for reactive code. Each subscriber is a viewer of its own and joins when it subscribes. A stream that
     * ends as {@link EndReason.Kind#FAILED} ends with {@code onError}, any other with {@code onComplete}.
     *
     * @param options how each subscriber watches
     * @return a publisher, threadsafe
     */
    Flow.Publisher<LogEntry> publisher(SubscribeOptions options);

    /** Starts reading now, if it is not read already, and goes on without viewers. */
    void start();

    /**
     * The account at this moment.
     *
     * @return a snapshot
     */
    Stats stats();

    /**
     * Why this stream has ended.
     *
     * @return the reason, or empty while it goes on
     */
    Optional<EndReason> end();

    /**
     * Ends this stream for all its viewers and forgets its history. Returns within one second; threads that are stuck in a
     * viewer's code or in the source are abandoned. Closing twice does nothing.
     */
    @Override
    void close();
}
