package io.logstream.docker;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;

/** The buffers that bytes are received in: as many as threads receive at the same time, not as connections. Threadsafe. */
final class ReadBuffers {
    private static final int SIZE = 64 * 1024;

    private final ConcurrentLinkedDeque<ByteBuffer> free = new ConcurrentLinkedDeque<>();

    /** An empty buffer with an array. */
    ByteBuffer borrow() {
        ByteBuffer buffer = free.pollFirst();
        return buffer == null ? ByteBuffer.allocate(SIZE) : buffer.clear();
    }

    void giveBack(ByteBuffer buffer) {
        free.addFirst(buffer);
    }
}
