package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.SourcePosition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A place in the log of a job: one in the file of each channel.
 *
 * <pre>{@code
 *   byte 0   version, 1
 *   1        length(2), place in the output file; 0 before its beginning
 *   ...      length(2), place in the error file; 0 before its beginning, or where there is none
 * }</pre>
 *
 * @param out the place in the output file, or null
 * @param err the place in the error file, or null
 */
record JobPosition(@Nullable SourcePosition out, @Nullable SourcePosition err) {
    private static final byte VERSION = 1;

    /** The position, or null where the two together are too long for one. */
    static @Nullable SourcePosition of(@Nullable SourcePosition out, @Nullable SourcePosition err, boolean isOne) {
        byte[] first = out == null ? new byte[0] : out.data();
        byte[] second = err == null ? new byte[0] : err.data();
        int length = 1 + 2 + first.length + 2 + second.length;
        if (length > SourcePosition.MAX_BYTES) {
            return null;
        }
        ByteBuffer data = ByteBuffer.allocate(length).put(VERSION);
        data.putShort((short) first.length).put(first);
        data.putShort((short) second.length).put(second);
        long outLines = out == null ? -1 : out.linesBefore();
        long errLines = err == null ? -1 : err.linesBefore();
        boolean known = outLines >= 0 && errLines >= 0;
        long lines = isOne ? Math.max(outLines, errLines) : known ? outLines + errLines : -1;
        return SourcePosition.of(data.array(), lines);
    }

    /** @throws LogStreamException if no reader of a job has told this */
    static JobPosition parse(SourcePosition position) {
        ByteBuffer data = ByteBuffer.wrap(position.data());
        try {
            if (data.get() == VERSION) {
                JobPosition parsed = new JobPosition(part(data), part(data));
                if (!data.hasRemaining()) {
                    return parsed;
                }
            }
        } catch (BufferUnderflowException e) {
            throw new LogStreamException("no position in the log of a job", e);
        }
        throw new LogStreamException("no position in the log of a job");
    }

    private static @Nullable SourcePosition part(ByteBuffer data) {
        int length = data.getShort() & 0xffff;
        if (length > data.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] part = new byte[length];
        data.get(part);
        return length == 0 ? null : SourcePosition.of(part, -1);
    }
}
