package io.logstream.internal.file;

/** The one read buffer of a thread, whatever the number of files: an idle file has none. */
final class ReadBuffer {
    /** What reading a file in passing, to search or to count, uses of it. */
    static final int SCAN_BYTES = 64 * 1024;

    private static final ThreadLocal<byte[]> BUFFERS = ThreadLocal.withInitial(() -> new byte[0]);

    private ReadBuffer() {}

    /** This thread's buffer, of at least this size; what was in it is undefined. */
    static byte[] get(int size) {
        byte[] buffer = BUFFERS.get();
        if (buffer.length < size) {
            buffer = new byte[size];
            BUFFERS.set(buffer);
        }
        return buffer;
    }
}
