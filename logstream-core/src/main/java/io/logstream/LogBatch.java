package io.logstream;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Consecutive lines of one stream, in order and without a gap between them, except for lines that the viewer's filter
 * held back. Reading by index makes no object per line; iterating gives {@link LogLine} views.
 *
 * <p>A batch and its lines are valid during the call that brought them. Immutable and threadsafe for that long.
 */
public interface LogBatch extends Iterable<LogLine> {

    /**
     * The id of the stream.
     *
     * @return the id given to {@link LogHub#open}
     */
    String stream();

    /**
     * How many lines there are.
     *
     * @return at least 1
     */
    int size();

    /**
     * A view of one line.
     *
     * @param index from 0 to {@link #size()} - 1
     * @return the line, valid as long as the batch
     * @throws IndexOutOfBoundsException if the index is not in that range
     */
    LogLine line(int index);

    /**
     * The sequence of one line.
     *
     * @param index from 0 to {@link #size()} - 1
     * @return its place in this run of the stream, from 0
     */
    long sequence(int index);

    /**
     * The size of one line's content.
     *
     * @param index from 0 to {@link #size()} - 1
     * @return bytes, without a terminator
     */
    int length(int index);

    /**
     * One byte of one line's content.
     *
     * @param index from 0 to {@link #size()} - 1
     * @param at from 0 to {@link #length(int) length(index)} - 1
     * @return the byte
     */
    byte byteAt(int index, int at);

    /**
     * Copies one line's content.
     *
     * @param index from 0 to {@link #size()} - 1
     * @param target the array to copy to
     * @param offset where in it the first byte goes
     * @return the number of bytes copied
     */
    int copyTo(int index, byte[] target, int offset);

    /**
     * The channel of one line.
     *
     * @param index from 0 to {@link #size()} - 1
     * @return its channel
     */
    Channel channel(int index);

    /**
     * The place right after this batch: a viewer that joins with {@link Replay#after} this token gets exactly what follows.
     *
     * @return a token that survives a restart of the process where the source can tell its position
     */
    ResumeToken token();

    @Override
    default Iterator<LogLine> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < size();
            }

            @Override
            public LogLine next() {
                if (next >= size()) {
                    throw new NoSuchElementException();
                }
                return line(next++);
            }
        };
    }
}
