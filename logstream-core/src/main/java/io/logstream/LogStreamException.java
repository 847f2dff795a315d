package io.logstream;

import org.jspecify.annotations.Nullable;

/**
 * Says that something can't be done and that trying again would not help: wrong credentials, no such container, a resume
 * token of another stream. A source that throws it ends its stream as {@link EndReason.Kind#FAILED}; an
 * {@link java.io.IOException} is retried.
 */
public class LogStreamException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Says what can't be done.
     *
     * @param message what was wrong, with which value, and what to do; without secrets
     */
    public LogStreamException(String message) {
        super(message);
    }

    /**
     * Says what can't be done, and why.
     *
     * @param message what was wrong, with which value, and what to do; without secrets
     * @param cause what led to it, or null
     */
    public LogStreamException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
