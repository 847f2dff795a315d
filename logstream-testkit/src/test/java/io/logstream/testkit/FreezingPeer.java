package io.logstream.testkit;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** A server that pushes a log over its connections. One that freezes stays open and says nothing any more. */
final class FreezingPeer {
    private static final long BEAT_MILLIS = 20;

    private final String name;
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final Set<Connection> connections = new HashSet<>();

    FreezingPeer(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    synchronized long size() {
        return log.size();
    }

    synchronized void append(byte[] bytes) {
        log.writeBytes(bytes);
        notifyAll();
    }

    synchronized void freeze() {
        connections.forEach(connection -> connection.frozen = true);
    }

    synchronized Connection connect(long from) {
        Connection connection = new Connection(from);
        connections.add(connection);
        return connection;
    }

    final class Connection {
        private long next;
        private boolean frozen;
        private boolean closed;

        private Connection(long next) {
            this.next = next;
        }

        /** Blocks until the peer sends something, or a beat, and the queue takes it. False after the close. */
        boolean pushTo(BlockingQueue<byte[]> pieces) {
            try {
                byte[] piece = next();
                boolean taken = false;
                while (!isClosed() && !taken) {
                    taken = pieces.offer(piece, BEAT_MILLIS, TimeUnit.MILLISECONDS);
                }
                return taken;
            } catch (InterruptedException e) {
                return false;
            }
        }

        private byte[] next() throws InterruptedException {
            synchronized (FreezingPeer.this) {
                if (log.size() == next) {
                    FreezingPeer.this.wait(BEAT_MILLIS);
                }
                while (frozen && !closed) {
                    FreezingPeer.this.wait();
                }
                byte[] all = log.toByteArray();
                byte[] piece = Arrays.copyOfRange(all, (int) next, (int) Math.min(all.length, next + 5000));
                next += piece.length;
                return piece;
            }
        }

        private boolean isClosed() {
            synchronized (FreezingPeer.this) {
                return closed;
            }
        }

        void close() {
            synchronized (FreezingPeer.this) {
                closed = true;
                connections.remove(this);
                FreezingPeer.this.notifyAll();
            }
        }
    }
}
