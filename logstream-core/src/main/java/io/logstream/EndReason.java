package io.logstream;

import org.jspecify.annotations.Nullable;

/**
 * Why a stream, or a viewer's subscription to it, has ended. Silence is never an end: there always is one of these.
 *
 * @param kind the reason
 * @param message a text for people, without secrets; may be empty
 * @param cause what was thrown, for {@link Kind#FAILED} and {@link Kind#SUBSCRIBER_FAILED}, or null
 */
public record EndReason(Kind kind, String message, @Nullable Throwable cause) {

    /** The reasons. */
    public enum Kind {
        /** The source has ended and all of it was read. */
        COMPLETED,
        /** The source can't be read, and trying again would not help. */
        FAILED,
        /** The subscription, its stream or the hub was closed. */
        CLOSED,
        /** The viewer asked for history only, and has got it. */
        HISTORY_COMPLETE,
        /** The viewer fell further behind than {@link BackpressurePolicy#disconnect} allows. */
        TOO_SLOW,
        /** The viewer's own code threw. */
        SUBSCRIBER_FAILED
    }

    /**
     * A reason without a cause.
     *
     * @param kind the reason
     * @param message a text for people; may be empty
     * @return the reason
     */
    public static EndReason of(Kind kind, String message) {
        return new EndReason(kind, message, null);
    }

    @Override
    public String toString() {
        return message.isEmpty() ? kind.name() : kind + ": " + message;
    }
}
