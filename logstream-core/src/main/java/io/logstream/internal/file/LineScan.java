package io.logstream.internal.file;

import io.logstream.internal.file.FileAccess.OpenFile;
import java.io.IOException;

/** Finds and counts line ends of a file in blocks. */
final class LineScan {
    private static final int BLOCK = ReadBuffer.SCAN_BYTES;

    private LineScan() {}

    /** Where the last {@code lines} lines before {@code end} begin; an unterminated last line counts as one. */
    static long lastLines(OpenFile file, Units units, long size, int lines) throws IOException, InterruptedException {
        long end = size - size % units.size();
        byte[] buffer = ReadBuffer.get((int) Math.min(BLOCK, end));
        // The line end at the very end ends the last line, and begins none.
        long wanted = lines;
        for (long blockEnd = end; blockEnd > 0; blockEnd -= BLOCK) {
            stopIfInterrupted();
            long blockStart = Math.max(0, blockEnd - BLOCK);
            int length = fill(file, blockStart, buffer, (int) (blockEnd - blockStart));
            for (int i = length - 1; i >= 0; i--) {
                if (isLineEnd(buffer, i, units) && blockStart + i + 1 < end && --wanted == 0) {
                    return blockStart + i + 1;
                }
            }
        }
        return 0;
    }

    /** How many line ends there are before {@code end}. */
    static long count(OpenFile file, Units units, long end) throws IOException, InterruptedException {
        byte[] buffer = ReadBuffer.get((int) Math.min(BLOCK, end));
        long count = 0;
        for (long at = 0; at < end; ) {
            stopIfInterrupted();
            int length = fill(file, at, buffer, (int) Math.min(BLOCK, end - at));
            if (length == 0) {
                return count;
            }
            for (int i = 0; i < length; i++) {
                count += isLineEnd(buffer, i, units) ? 1 : 0;
            }
            at += length;
        }
        return count;
    }

    /** Whether a line ends with a byte, in a block that begins with a whole unit. */
    private static boolean isLineEnd(byte[] block, int at, Units units) {
        return units == Units.BYTES ? block[at] == '\n' : (at & 1) == 1 && units.endsLine(block, at + 1);
    }

    /** Reads until {@code length} bytes are there or the file ends. */
    static int fill(OpenFile file, long offset, byte[] into, int length) throws IOException {
        int filled = 0;
        while (filled < length) {
            int got = file.read(offset + filled, into, filled, length - filled);
            if (got == 0) {
                break;
            }
            filled += got;
        }
        return filled;
    }

    private static void stopIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while looking for the place to start");
        }
    }
}
