package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one Docker daemon, or podman service, that all its sources and discoveries share. It has one thread,
 * however many containers are followed, and opens sockets as they are needed: one for each container that is followed, and
 * one for events. It only asks; nothing that it sends changes anything.
 *
 * <p>Nothing is connected before it is needed, and a daemon that goes away and comes back is connected again. Close it after
 * the hubs that use it. Threadsafe.
 */
public final class DockerDaemon implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final String host;
    private final Endpoint endpoint;
    private final IoThread io;
    private final ReadBuffers buffers = new ReadBuffers();
    private final DaemonEvents events = new DaemonEvents(this);
    private volatile @Nullable Dialect dialect;
    private volatile boolean everAnswered;
    private volatile boolean closed;

    private DockerDaemon(String host, Endpoint endpoint) {
        this.host = host;
        this.endpoint = endpoint;
        this.io = new IoThread("logstream-docker-" + NUMBERS.incrementAndGet());
    }

    /**
     * The daemon at an address.
     *
     * @param host {@code unix:///var/run/docker.sock} or {@code tcp://host:2375}
     * @return the connection, not yet opened
     * @throws LogStreamException if this is no such address
     */
    public static DockerDaemon of(String host) {
        return new DockerDaemon(host, Endpoint.parse(host));
    }

    /**
     * Where the daemon is.
     *
     * @return its address, without secrets
     */
    public String host() {
        return host;
    }

    // ---- for sources and discoveries

    DaemonEvents events() {
        return events;
    }

    IoThread io() {
        return io;
    }

    /** What the daemon speaks, if that is known. */
    @Nullable
    Dialect dialect() {
        return dialect;
    }

    /** Learns what the daemon speaks. */
    void learn(Answer ping) throws IOException {
        if (ping.status() != 200) {
            throw new IOException("no Docker daemon answers at " + host + ": " + ping.message());
        }
        everAnswered = true;
        dialect = Dialect.of(ping);
    }

    void checkOpen() {
        if (closed) {
            throw new LogStreamException("the DockerDaemon of " + host + " was closed");
        }
    }

    /**
     * Begins to ask for something.
     *
     * @param target the path with its query
     * @param ready run on the I/O thread when it is time for the next step
     */
    Exchange exchange(String target, Runnable ready) throws IOException {
        try {
            return new Exchange(endpoint.connect(io, ready), buffers, target);
        } catch (IOException e) {
            dialect = null; // who comes back may be another
            throw explained(e);
        }
    }

    /** Begins to ask for something small. */
    Answer ask(String target, Runnable ready) throws IOException {
        return new Answer(exchange(target, ready));
    }

    private IOException explained(IOException e) {
        String reason = String.valueOf(e.getMessage());
        if (reason.contains("Permission denied") && !everAnswered) {
            throw new LogStreamException(
                    "no permission to connect to " + host + ": become a member of the group that owns it"
                            + " (often 'docker'; that is as good as being root), or use a daemon of your own",
                    e);
        }
        return new IOException("no Docker daemon answers at " + host + " (" + reason + "): " + endpoint.advice(), e);
    }

    /** Ends all connections. Sources and discoveries that still use it fail. Closing twice does nothing. */
    @Override
    public void close() {
        closed = true;
        events.close();
        io.close();
    }
}
