package io.logstream;

/**
 * What a viewer gets, one thing at a time: a {@linkplain LogLine line}, a {@linkplain Gap gap} where lines are missing,
 * or an {@linkplain SourceEvent event} of the source. Sealed, so that a gap cannot be overlooked by type.
 */
public sealed interface LogEntry permits LogLine, Gap, SourceEvent {

    /**
     * The id of the stream that this entry belongs to.
     *
     * @return the id given to {@link LogHub#open}
     */
    String stream();

    /**
     * The place of this entry: a line's own sequence, or the sequence of the line before which a gap or an event stands.
     *
     * @return a number that counts the lines of one run of the stream from 0
     */
    long sequence();
}
