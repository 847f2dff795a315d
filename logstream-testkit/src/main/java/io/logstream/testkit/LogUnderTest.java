package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import java.io.Closeable;
import java.io.IOException;
import java.util.Set;

/**
 * One real log that a case of {@link LogSourceTck} writes to and reads through the source under test. Its methods are
 * called by one thread at a time; the reader of the source may run at the same time.
 */
public interface LogUnderTest extends Closeable {

    /** What a source, or this log, can do beyond what every source must. A case that needs one that is absent is skipped. */
    enum Ability {
        /** The source tells its positions, and opened at one it hands over exactly what follows. */
        POSITIONS,
        /** Opened at the end or at the last lines, the source begins exactly there, not earlier. */
        EXACT_START,
        /** The source says that it has nothing more only when it has handed over all that was there when it was opened. */
        HISTORY,
        /** Bytes of a line that is not finished are handed over at once. */
        PARTIAL_LINES,
        /** Any sequence of bytes survives, also one that is no UTF-8. */
        ANY_BYTES,
        /** The log can be ended. */
        END,
        /** The source has a connection that can be broken. */
        BREAK,
        /** What is in the log can be made to be gone. */
        FORGET,
        /** The log is not there before the first bytes are appended, and the source waits for it. */
        APPEARS
    }

    /**
     * The source that reads this log.
     *
     * @return always the same source, or an equal description
     */
    LogSource source();

    /**
     * What the source and this log can do.
     *
     * @return the abilities, the same at every call
     */
    Set<Ability> abilities();

    /**
     * The channels that can be appended to.
     *
     * @return one channel or both; by default {@link Channel#STDOUT} alone
     */
    default Set<Channel> channels() {
        return Set.of(Channel.STDOUT);
    }

    /**
     * Writes to the log, as its real writer would. Returns when it is written, whether or not anybody reads.
     *
     * @param channel one of {@link #channels()}
     * @param bytes what to write, cut anywhere; not changed afterwards
     * @throws Exception if it can't be written, which fails the case
     */
    void append(Channel channel, byte[] bytes) throws Exception;

    /**
     * Completes the log: nothing is appended to it any more. Needs {@link Ability#END}.
     *
     * @throws Exception if it can't be done, which fails the case
     */
    default void end() throws Exception {
        throw new UnsupportedOperationException("this log can't be ended");
    }

    /**
     * Breaks all connections of the source that are open now; new ones succeed, at once or soon. Needs {@link Ability#BREAK}.
     *
     * @throws Exception if it can't be done, which fails the case
     */
    default void breakConnections() throws Exception {
        throw new UnsupportedOperationException("this log has no connections to break");
    }

    /**
     * Makes all that was appended be gone, as after a rotation or a truncation; then the log goes on, empty. Needs
     * {@link Ability#FORGET}.
     *
     * @throws Exception if it can't be done, which fails the case
     */
    default void forget() throws Exception {
        throw new UnsupportedOperationException("this log can't forget");
    }

    /** Takes the log away, and what was started for it. */
    @Override
    void close() throws IOException;
}
