package io.logstream;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * Something that happened to a source, told in band: it stands before the line with its {@linkplain #sequence() sequence}
 * and counts as no line.
 *
 * @param kind what happened
 * @param detail a short text for people, without secrets; may be empty
 * @param exitCode the exit code of a finished job or container, where there is one
 * @param stream the id of the stream; empty until the stream has placed the event
 * @param sequence the sequence of the line before which the event stands; -1 until the stream has placed it
 */
public record SourceEvent(Kind kind, String detail, OptionalInt exitCode, String stream, long sequence)
        implements LogEntry {

    /** What can happen to a source. */
    public enum Kind {
        /** There is nothing to read yet; the stream waits for it. */
        WAITING,
        /** What was waited for is there now; or a discovery found this stream. */
        APPEARED,
        /** The viewer's history is complete; what follows is live. Comes at most once for each stream of a viewer. */
        CAUGHT_UP,
        /** The log goes on in a new file; the old one was read to its end. */
        ROTATED,
        /** The log was cut, and is read from its new beginning. */
        TRUNCATED,
        /** The log is gone; the stream waits for it to come back. */
        DISAPPEARED,
        /** The source cannot be read at the moment and is tried again; comes once per outage. */
        RECONNECTING,
        /** The source is read again after an outage. */
        RECONNECTED,
        /** The container or process behind the log was started again. */
        RESTARTED,
        /** The job behind the log was put back into its queue. */
        REQUEUED,
        /** The job or container behind the log has finished. */
        FINISHED,
        /** One stream of a merged subscription has ended; the others go on. */
        ENDED,
        /** The job behind the log is in another state than before, which the detail tells. */
        STATE
    }

    /**
     * Checks that nothing is null.
     *
     * @param kind what happened
     * @param detail a short text for people, without secrets; may be empty
     * @param exitCode the exit code of a finished job or container, where there is one
     * @param stream the id of the stream; empty until the stream has placed the event
     * @param sequence the sequence of the line before which the event stands; -1 until the stream has placed it
     */
    public SourceEvent {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(exitCode, "exitCode");
        Objects.requireNonNull(stream, "stream");
    }

    /**
     * An event that a source hands to its sink.
     *
     * @param kind what happened
     * @param detail a short text for people, without secrets; may be empty
     * @return the event, not yet placed
     */
    public static SourceEvent of(Kind kind, String detail) {
        return new SourceEvent(kind, detail, OptionalInt.empty(), "", -1);
    }

    /**
     * The end of a job or container.
     *
     * @param exitCode its exit code
     * @param detail a short text for people, without secrets; may be empty
     * @return the event, not yet placed
     */
    public static SourceEvent finished(int exitCode, String detail) {
        return new SourceEvent(Kind.FINISHED, detail, OptionalInt.of(exitCode), "", -1);
    }

    /**
     * This event, placed in a stream.
     *
     * @param stream the id of the stream
     * @param sequence the sequence of the line before which it stands
     * @return the placed event
     */
    public SourceEvent at(String stream, long sequence) {
        return new SourceEvent(kind, detail, exitCode, stream, sequence);
    }
}
