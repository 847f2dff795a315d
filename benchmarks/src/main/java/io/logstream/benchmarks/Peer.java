package io.logstream.benchmarks;

/** One way to bring every line to every subscriber. Used by one publishing thread. */
interface Peer extends AutoCloseable {

    /** Makes one subscriber of each work. */
    void start(Work[] works);

    /** Publishes the lines of a range of sequences, both multiples of {@link Lines#COUNT}. */
    void publish(long from, long to);

    /** Sees to it that every subscriber learns how many lines there were, if it may have lost the last ones in silence. */
    default void endBurst(long to) {}

    @Override
    void close();
}
