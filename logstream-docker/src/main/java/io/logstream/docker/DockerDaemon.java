package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Endpoint endpoint;
    private final IoThread io;
    private final ReadBuffers buffers = new ReadBuffers();
    private final DaemonEvents events = new DaemonEvents(this);
    private volatile @Nullable Dialect dialect;
    private volatile boolean everAnswered;
    private final Outages outages = new Outages(this::forgetDialect, events::doubt);
    private volatile boolean closed;

    DockerDaemon(Endpoint endpoint) {
        this(endpoint, new IoThread("logstream-docker-" + NUMBERS.incrementAndGet()));
    }

    DockerDaemon(Endpoint endpoint, IoThread io) {
        this.endpoint = endpoint;
        this.io = io;
    }

    /**
     * The daemon at an address.
     *
     * @param host {@code unix:///var/run/docker.sock}, {@code tcp://host:2375} or {@code ssh://user@host}, which runs {@code
     *     ssh} and the docker command there, one for each container that is followed, without asking for a password
     * @return the connection, not yet opened
     * @throws LogStreamException if this is no such address
     */
    public static DockerDaemon of(String host) {
        return new DockerDaemon(Endpoint.parse(host));
    }

    /**
     * The daemon at an address, spoken to with TLS if that is {@code tcp://}.
     *
     * @param host {@code tcp://host:2376}
     * @param certificates the directory with {@code ca.pem}, {@code cert.pem} and {@code key.pem}
     * @return the connection, not yet opened
     * @throws LogStreamException if this is no such address, or the files can't be used
     */
    public static DockerDaemon of(String host, Path certificates) {
        return new DockerDaemon(Endpoint.parse(host, certificates));
    }

    /**
     * The daemon that the docker command would use: where DOCKER_HOST says (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH), or
     * the current docker context, or else at {@code unix:///var/run/docker.sock}.
     *
     * @return the connection, not yet opened
     * @throws LogStreamException if what is said there can't be understood
     */
    public static DockerDaemon fromEnvironment() {
        Path home = Path.of(System.getProperty("user.home", "/"));
        return new DockerDaemon(new DockerEnvironment(System.getenv(), home).endpoint());
    }

    /**
     * Where the daemon is.
     *
     * @return its address, without secrets
     */
    public String host() {
        return endpoint.host();
    }

    /**
     * Lists containers, also those that do not run. Waits for the answer, for up to 30 s.
     *
     * @return the containers, the newest first
     * @throws IOException if the daemon can't be asked now
     * @throws InterruptedException if the thread was interrupted
     * @throws LogStreamException if asking again would not help
     */
    public List<DockerContainer> containers() throws IOException, InterruptedException {
        checkOpen();
        return parseList(await(awaitDialect().path(listPath(""))));
    }

    /** The path of a list of containers. */
    static String listPath(String filters) {
        return "/containers/json?all=1"
                + (filters.isEmpty() ? "" : "&filters=" + URLEncoder.encode(filters, StandardCharsets.UTF_8));
    }

    /** Understands such a list. */
    List<DockerContainer> parseList(Answer answer) throws IOException {
        if (isAnother(answer)) {
            throw new IOException("another daemon answers: " + answer.message());
        }
        if (answer.status() == 400) {
            throw new LogStreamException("the daemon does not understand what is asked for: " + answer.message());
        }
        if (answer.status() != 200) {
            throw new IOException("the daemon can't list its containers: " + answer.message());
        }
        return DockerContainer.parse(answer.body());
    }

    // ---- for sources and discoveries

    DaemonEvents events() {
        return events;
    }

    IoThread io() {
        return io;
    }

    /** Whether its files are those of this host, as far as can be told. */
    boolean isLocal() {
        return endpoint instanceof Endpoint.Unix;
    }

    /** What the daemon speaks, if that is known. */
    @Nullable
    Dialect dialect() {
        return dialect;
    }

    /** What the daemon speaks; where that is not known, it is asked, and its answer waited for. */
    Dialect awaitDialect() throws IOException, InterruptedException {
        Dialect known = dialect;
        while (known == null) {
            learn(await(Dialect.PING));
            known = dialect;
        }
        return known;
    }

    Outages outages() {
        return outages;
    }

    /** Learns what the daemon speaks. */
    void learn(Answer ping) throws IOException {
        if (ping.status() != 200) {
            throw new IOException("no Docker daemon answers at " + host() + ": " + ping.message());
        }
        everAnswered = true;
        dialect = Dialect.of(ping);
    }

    /** Forgets what the daemon speaks: who answers next may be another. */
    void forgetDialect() {
        dialect = null;
    }

    /** Whether the answer is that of a daemon that does not speak what was learnt, so that this was forgotten. */
    boolean isAnother(Answer answer) {
        boolean another = answer.status() == 400 && answer.message().contains("client version");
        if (another) {
            forgetDialect();
        }
        return another;
    }

    boolean isClosed() {
        return closed;
    }

    void checkOpen() {
        if (closed) {
            throw new LogStreamException("the DockerDaemon of " + host() + " was closed");
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
            return new Exchange(endpoint.connect(io, ready), buffers, target, outages);
        } catch (IOException e) {
            outages.lost();
            throw explained(e);
        }
    }

    /** Asks for something small, and waits for the answer. */
    Answer await(String target) throws IOException, InterruptedException {
        Semaphore woken = new Semaphore(0);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (Answer answer = ask(target, woken::release)) {
            while (!answer.isComplete()) {
                if (!woken.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    throw new IOException("nobody answers at " + host(), answer.unanswered());
                }
                woken.drainPermits();
            }
            return answer;
        }
    }

    /** Begins to ask for something small. */
    Answer ask(String target, Runnable ready) throws IOException {
        return new Answer(exchange(target, ready), target.contains("/containers/json") ? Answer.LIST : Answer.ONE);
    }

    /** What to do about it. */
    IOException explained(IOException e) {
        String reason = String.valueOf(e.getMessage());
        if (reason.contains("Permission denied") && !everAnswered) {
            throw new LogStreamException(
                    "no permission to connect to " + host() + ": become a member of the group that owns it"
                            + " (often 'docker'; that is as good as being root), or use a daemon of your own",
                    e);
        }
        return new IOException("no Docker daemon answers at " + host() + " (" + reason + "): " + endpoint.advice(), e);
    }

    /** Ends all connections. Sources and discoveries that still use it fail. Closing twice does nothing. */
    @Override
    public void close() {
        closed = true;
        events.close();
        io.close();
    }
}
