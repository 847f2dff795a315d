package io.logstream;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * One viewer's hold on a stream, or on several merged ones. Threadsafe.
 */
public interface Subscription extends AutoCloseable {

    /**
     * A viewer's exact account. Between callbacks {@code delivered + filtered + lost == position - joined}. For a merged
     * subscription every number is the sum over its streams.
     *
     * @param joined the sequence at which the viewer joined
     * @param position the sequence of the line that it gets next
     * @param tail the sequence that the next line read from the source will have
     * @param delivered lines handed to the viewer
     * @param filtered lines held back by its filter
     * @param lost lines accounted for by gaps; gaps upstream do not count, as those lines have no sequence
     * @param gaps gaps delivered, those upstream included
     * @param filterOverBound lines let through unjudged because a regular expression took too long on them
     * @param paused whether the viewer is paused
     */
    record Stats(
            long joined,
            long position,
            long tail,
            long delivered,
            long filtered,
            long lost,
            long gaps,
            long filterOverBound,
            boolean paused) {

        /**
         * How far the viewer is behind.
         *
         * @return lines, 0 if it has got everything
         */
        public long lag() {
            return tail - position;
        }
    }

    /**
     * Holds back further callbacks, after the one that may be running. The viewer keeps its place and may be lapped.
     */
    void pause();

    /** Goes on after {@link #pause()}. */
    void resume();

    /**
     * Changes what happens when this viewer is too slow, from its present place on.
     *
     * @param policy the new policy
     * @throws IllegalArgumentException if the stream does not allow it
     */
    void policy(BackpressurePolicy policy);

    /**
     * Changes which lines this viewer gets, from the next batch on.
     *
     * @param filter the new filter
     */
    void filter(LogFilter filter);

    /**
     * The account at this moment.
     *
     * @return a consistent snapshot
     */
    Stats stats();

    /**
     * The place after what the last finished callback brought, for every stream of this subscription.
     *
     * @return the tokens by stream id; a stream whose source can't tell its position has a token for the running process
     */
    Map<String, ResumeToken> tokens();

    /**
     * Why this subscription has ended.
     *
     * @return the reason, or empty while it goes on
     */
    Optional<EndReason> end();

    /**
     * Waits for the end.
     *
     * @param atMost how long to wait
     * @return whether it has ended
     * @throws InterruptedException if the waiting thread is interrupted
     */
    boolean awaitEnd(Duration atMost) throws InterruptedException;

    /**
     * Ends this subscription. When this returns, no further line, gap or event will be delivered; {@code onEnd} follows as
     * the very last callback, before this returns unless another callback is still running. Returns within one second even
     * if the viewer's code is stuck; on a thread of the hub, at once: {@code onEnd} may follow then. Closing twice does
     * nothing.
     */
    @Override
    void close();
}
