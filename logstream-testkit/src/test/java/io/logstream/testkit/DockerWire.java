package io.logstream.testkit;

import io.logstream.Channel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A daemon's log as it goes over the wire: frames of up to 16 KiB, sent in pieces that are cut and glued anywhere. */
final class DockerWire {
    private static final int FRAME_BYTES = 16 << 10;

    private final String name;
    private final Random random = new Random(7);
    private final ByteArrayOutputStream frames = new ByteArrayOutputStream();
    private final Set<Connection> connections = new HashSet<>();
    private boolean ended;

    DockerWire(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    synchronized long size() {
        return frames.size();
    }

    synchronized void append(Channel channel, byte[] bytes) {
        for (int from = 0; from < bytes.length; from += FRAME_BYTES) {
            int length = Math.min(FRAME_BYTES, bytes.length - from);
            frames.writeBytes(ByteBuffer.allocate(8)
                    .put((byte) (channel.ordinal() + 1))
                    .putInt(4, length)
                    .array());
            frames.write(bytes, from, length);
        }
        wake();
    }

    synchronized void end() {
        ended = true;
        wake();
    }

    synchronized void breakConnections() {
        connections.forEach(connection -> connection.broken = true);
        wake();
    }

    private void wake() {
        connections.forEach(connection -> connection.wake.run());
    }

    synchronized Connection connect(long from, Runnable wake) {
        Connection connection = new Connection(from, wake);
        connections.add(connection);
        return connection;
    }

    final class Connection {
        private final Runnable wake;
        private final byte[] buffer = new byte[4096];
        private long next;
        private boolean broken;

        private Connection(long next, Runnable wake) {
            this.next = next;
            this.wake = wake;
        }

        /** The next piece in an array that is used again, or null if there is none now. */
        @Nullable
        ByteBuffer poll() throws IOException {
            synchronized (DockerWire.this) {
                if (broken) {
                    throw new IOException("connection reset by peer");
                }
                int length = (int) Math.min(frames.size() - next, 1 + random.nextInt(random.nextBoolean() ? 20 : 4096));
                if (length == 0) {
                    return null;
                }
                System.arraycopy(frames.toByteArray(), (int) next, buffer, 0, length);
                next += length;
                return ByteBuffer.wrap(buffer, 0, length);
            }
        }

        boolean isComplete(boolean midFrame) throws IOException {
            synchronized (DockerWire.this) {
                if (ended && midFrame) {
                    throw new IOException("the stream ends within a frame");
                }
                return ended;
            }
        }

        void close() {
            synchronized (DockerWire.this) {
                connections.remove(this);
            }
        }
    }
}
