package io.logstream.docker;

import io.logstream.Channel;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is asked of a daemon about one container, and in which dialect. For one thread. */
final class Questions {
    private static final int DOCKER_PART = 16 * 1024;
    private static final int PODMAN_PART = 8 * 1024;

    private final DockerDaemon daemon;
    private final Runs runs;
    private final Runnable wake;
    private String reference;
    private @Nullable Dialect spoken;

    /**
     * @param reference what the container is asked for by: an id, a name, or the beginning of an id
     * @param runs told when the container is asked for
     * @param wake run when there is an answer, or some of it
     */
    Questions(DockerDaemon daemon, String reference, Runs runs, Runnable wake) {
        this.daemon = daemon;
        this.reference = reference;
        this.runs = runs;
        this.wake = wake;
    }

    String reference() {
        return reference;
    }

    /** The container is asked for by its id from now on. */
    void askById(String id) {
        reference = id;
    }

    long containerHash() {
        return Place.hash(reference);
    }

    boolean isPodman() {
        Dialect dialect = spoken;
        return dialect != null && dialect.podman();
    }

    /** How long an entry without a line end must be to be a part of a line; 0 where each is. */
    int partBytes() {
        return isPodman() ? 0 : DOCKER_PART;
    }

    /** Asks what the daemon is like, where that is not known, or what the container is like. */
    Answer first() throws IOException {
        spoken = daemon.dialect();
        return spoken == null ? daemon.ask(Dialect.PING, wake) : container();
    }

    /** Whether the daemon is known, so that the first question was about the container. */
    boolean isAboutContainer() {
        return spoken != null;
    }

    /** Asks what the container is like. */
    Answer container() throws IOException {
        runs.ask();
        return daemon.ask(dialect().path("/containers/" + reference + "/json"), wake);
    }

    /**
     * Asks for the log.
     *
     * @param of of which channels
     * @param terminal whether the container has one
     * @param tail how many of the last entries, or the greatest number for all
     * @param since from which time on, or {@link Place#NONE}
     */
    LogRequest log(Set<Channel> of, boolean terminal, boolean follow, int tail, long since, Entries entries)
            throws IOException {
        String target = LogRequest.target(reference, of, follow, tail, since);
        return new LogRequest(
                daemon.exchange(dialect().path(target), wake),
                terminal,
                isPodman() ? PODMAN_PART : DOCKER_PART,
                entries);
    }

    /** Asks for all events that the daemon remembers. */
    Answer pastEvents() throws IOException {
        long second = daemon.outages().lastHeard() / 1_000_000_000L + 1; // later than now, so that nothing is left out
        return daemon.ask(dialect().path("/events?since=1&until=" + second), wake);
    }

    private Dialect dialect() throws IOException {
        Dialect dialect = spoken;
        if (dialect == null) {
            throw new IOException("the daemon was lost meanwhile");
        }
        return dialect;
    }
}
