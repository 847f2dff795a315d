package io.logstream.spi;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes what a reader finds. Valid during one call of {@link LogReader#read}, on its thread.
 */
public interface LineSink {

    /** The time to give where the source knows none: the core puts the time of arrival. */
    long NO_TIME = Long.MIN_VALUE;

    /**
     * How many bytes are welcome. Greater than 0 when {@link LogReader#read} is called: back-pressure is that it is not
     * called. More is taken, but a reader should stop about there.
     *
     * @return bytes left
     */
    int room();

    /**
     * Hands over bytes as they are in the log, cut anywhere.
     *
     * @param channel their channel
     * @param bytes the bytes, copied before this returns; consumed up to the limit
     * @param epochNanos when they were written, in nanoseconds since 1970-01-01T00:00:00Z, or {@link #NO_TIME}
     */
    void bytes(Channel channel, ByteBuffer bytes, long epochNanos);

    /**
     * Ends a line whose end is not in the bytes. Without bytes since the last line end this makes an empty line.
     *
     * @param channel its channel
     */
    void endLine(Channel channel);

    /**
     * Says that lines are missing here, before the next bytes. An unfinished line is given up as a part. A reader that was
     * opened at a position and can't hand over exactly what follows it calls this before any bytes.
     *
     * @param lines how many, or -1 where that is not known
     * @param reason why, one that is {@linkplain Gap.Reason#isUpstream() upstream}
     */
    void gap(long lines, Gap.Reason reason);

    /**
     * Says that something happened here, before the next bytes.
     *
     * @param event what
     */
    void event(SourceEvent event);

    /**
     * Says where the log stands: a reader opened at this position hands over, per channel, exactly the bytes that follow.
     * To be called before the first bytes, unless the reader was opened at a position, after each gap, and in each call of
     * {@link LogReader#read} that handed over bytes, behind the last of them. The core keeps about one in 16 KiB; one in some
     * hundred KiB is enough. Where its count of lines is -1 the core goes on with the count it has.
     *
     * @param next the position of the next byte; or null where a reader opened at a position told before would not hand over
     *     what comes now, such as late bytes of an older file: then the bytes up to the next position can't be had again
     *     after a restart, and a viewer that resumes among them is told of a gap
     */
    void position(@Nullable SourcePosition next);
}
