package io.logstream;

import org.slf4j.LoggerFactory;

/**
 * A viewer, called back one piece at a time, in order, never from two threads at once.
 *
 * <p>What a subscriber throws ends its own subscription with {@link EndReason.Kind#SUBSCRIBER_FAILED} and nothing else;
 * one that blocks holds up only itself.
 */
@FunctionalInterface
public interface Subscriber {

    /**
     * The next lines.
     *
     * @param lines at least one line, valid during this call
     * @throws Exception to end this subscription
     */
    void onLines(LogBatch lines) throws Exception;

    /**
     * Lines are missing here. Unless overridden, the loss is logged as a warning, so that it is never silent.
     *
     * @param gap what is missing, and why
     * @throws Exception to end this subscription
     */
    default void onGap(Gap gap) throws Exception {
        LoggerFactory.getLogger(Subscriber.class)
                .warn(
                        "stream {}: {}{} lines are missing before sequence {} ({})",
                        gap.stream(),
                        gap.exact() ? "" : "at least ",
                        gap.lines(),
                        gap.last() + 1,
                        gap.reason());
    }

    /**
     * Something happened to the source.
     *
     * @param event what happened
     * @throws Exception to end this subscription
     */
    default void onEvent(SourceEvent event) throws Exception {}

    /**
     * The end: the last callback, called exactly once, also after {@link Subscription#close()}.
     *
     * @param reason why it ended
     * @throws Exception which is logged, and harms nobody
     */
    default void onEnd(EndReason reason) throws Exception {}
}
