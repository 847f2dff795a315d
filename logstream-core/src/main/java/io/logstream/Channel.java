package io.logstream;

/**
 * One of the at most two byte channels of a stream: what a process writes to its standard output and to its standard
 * error. A source with a single channel, a file for one, uses {@link #STDOUT}.
 */
public enum Channel {
    /** Standard output, and the only channel of a source that has one. */
    STDOUT,
    /** Standard error. */
    STDERR
}
