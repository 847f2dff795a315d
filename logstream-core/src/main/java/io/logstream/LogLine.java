package io.logstream;

import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * One line of a log, or one part of a line that was cut because it was too long or not finished in time. The bytes are
 * those of the source; nothing is decoded before {@link #text()} is called.
 *
 * <p>A line taken from a {@link LogBatch} is valid during the callback that brought it: {@link #copy()} keeps it. Lines
 * from a {@link LogCursor} or a {@code Flow.Publisher} are yours to keep. Lines are immutable and threadsafe.
 */
public non-sealed interface LogLine extends LogEntry {

    /** How a line ended in the source. */
    enum Ending {
        /** With a line feed. */
        LF,
        /** With a carriage return and a line feed; neither is part of the content. */
        CRLF,
        /** Where the source said so, without a terminator in the bytes. */
        IMPLIED,
        /**
         * With a carriage return that no line feed follows, which is not part of the content. This is a
         * {@linkplain LogLine#isPartial() part}: the line goes on, on a terminal in the place of this part. Only where
         * {@link StreamOptions#carriageReturnUpdates()} asks for it.
         */
        CR,
        /** Not at all: this is a {@linkplain LogLine#isPartial() part}, and more of the line may follow. */
        NONE
    }

    /**
     * The number of this line since the beginning of the source, which survives restarts. The parts of an unfinished line
     * carry the number that the line will have if no line of the other channel is completed before it.
     *
     * @return a number from 1, or -1 where it is not known
     */
    long lineNumber();

    /**
     * The channel that the line was written to.
     *
     * @return the channel
     */
    Channel channel();

    /**
     * When the line was written, as far as the source knows, otherwise when it arrived.
     *
     * @return nanoseconds since 1970-01-01T00:00:00Z
     */
    long epochNanos();

    /**
     * When the line was written, as far as the source knows, otherwise when it arrived.
     *
     * @return the instant of {@link #epochNanos()}
     */
    default Instant time() {
        long nanos = epochNanos();
        return Instant.ofEpochSecond(Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
    }

    /**
     * Whether {@link #epochNanos()} came from the source.
     *
     * @return false if it is the time of arrival
     */
    boolean hasSourceTime();

    /**
     * How the line ended.
     *
     * @return the ending
     */
    Ending ending();

    /**
     * Whether this is a part of a line whose end is not in it.
     *
     * @return true if the line was cut at the maximum length or {@linkplain Ending#CR at a carriage return}, or its end had
     *     not come within the quiet time
     */
    default boolean isPartial() {
        Ending ending = ending();
        return ending == Ending.NONE || ending == Ending.CR;
    }

    /**
     * Whether this goes on with the line that the {@linkplain #isPartial() part} before it on this channel began.
     *
     * @return true for the second and every later part of a line
     */
    boolean isContinuation();

    /**
     * The size of the content, without its terminator.
     *
     * @return bytes, 0 for an empty line
     */
    int length();

    /**
     * One byte of the content.
     *
     * @param index from 0 to {@link #length()} - 1
     * @return the byte
     * @throws IndexOutOfBoundsException if the index is not in that range
     */
    byte byteAt(int index);

    /**
     * Copies the content.
     *
     * @param target the array to copy to
     * @param offset where in it the first byte goes
     * @return the number of bytes copied, always {@link #length()}
     * @throws IndexOutOfBoundsException if they do not fit
     */
    int copyTo(byte[] target, int offset);

    /**
     * The content as a read-only buffer, valid as long as this line is.
     *
     * @return a new buffer from position 0 to limit {@link #length()}
     */
    ByteBuffer bytes();

    /**
     * The content decoded with the stream's charset; malformed input becomes U+FFFD.
     *
     * @return a new string at each call
     */
    String text();

    /**
     * This line as a value of its own, which stays valid and holds no more memory than it needs.
     *
     * @return the copy, or this line if it is one already
     */
    LogLine copy();
}
