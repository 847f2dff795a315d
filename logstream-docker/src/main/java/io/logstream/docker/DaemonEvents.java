package io.logstream.docker;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events of a daemon's containers: one connection for all who listen, open while anybody does. After each time that it
 * was opened all are told that anything may have happened. Threadsafe; listeners are called on the daemon's I/O thread.
 */
final class DaemonEvents {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonEvents.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(50);
    private static final Duration LAST_RETRY = Duration.ofSeconds(5);
    private static final int STEPS = 32;
    private static final int MAX_EVENT = 4 << 20;
    private static final String FILTERS = "{\"type\":[\"container\"]}";

    /**
     * Something that happened to a container.
     *
     * @param id its id, or an empty text if anything may have happened to any
     * @param action what: start, die, destroy, rename, ...
     * @param exitCode how it exited, if it did
     * @param time when, in nanoseconds since 1970, or {@link Place#NONE}
     */
    record Event(String id, String action, OptionalInt exitCode, long time) {
        static final Event ANYTHING = new Event("", "", OptionalInt.empty(), Place.NONE);
    }

    /** Is told of events. */
    interface Listener {
        /** Something has happened. Must not block. */
        void happened(Event event);
    }

    /** Listening to one container, or to all. */
    final class Watch implements AutoCloseable {
        private final String id;
        private final Listener listener;

        private Watch(String id, Listener listener) {
            this.id = id;
            this.listener = listener;
        }

        @Override
        public void close() {
            forget(this);
        }
    }

    private final DockerDaemon daemon;
    private final Map<String, Set<Watch>> watches = new HashMap<>();
    private @Nullable Exchange exchange;
    private @Nullable Answer ping;
    private boolean connected;
    private boolean retrying;
    private boolean connecting;
    private Duration retry = FIRST_RETRY;
    private byte[] line = new byte[1024];
    private int lineLength;

    DaemonEvents(DockerDaemon daemon) {
        this.daemon = daemon;
    }

    /**
     * Listens.
     *
     * @param id the id of a container, or an empty text for all
     */
    Watch watch(String id, Listener listener) throws IOException {
        Watch watch = new Watch(id, listener);
        synchronized (this) {
            watches.computeIfAbsent(id, key -> new HashSet<>()).add(watch);
            if (exchange == null && ping == null && !retrying && !connecting) {
                retrying = true;
                daemon.io().after(Duration.ZERO, this::open);
            }
        }
        return watch;
    }

    private synchronized void forget(Watch watch) {
        Set<Watch> same = watches.get(watch.id);
        if (same != null && same.remove(watch) && same.isEmpty()) {
            watches.remove(watch.id);
        }
        if (watches.isEmpty()) {
            close();
        }
    }

    /** Whether events are received now. */
    synchronized boolean isConnected() {
        return connected;
    }

    synchronized void close() {
        connected = false;
        if (exchange != null) {
            exchange.close();
            exchange = null;
        }
        if (ping != null) {
            ping.close();
            ping = null;
        }
    }

    // ---- on the I/O thread

    private synchronized void open() {
        retrying = false;
        if (watches.isEmpty() || exchange != null || ping != null || connecting) {
            return;
        }
        connect();
    }

    /** Connects on a thread of its own, as a name may have to be looked up or a command started. */
    private void connect() {
        connecting = true;
        daemon.io().threads().execute(this::connectNow);
    }

    private void connectNow() {
        try {
            Dialect dialect = daemon.dialect();
            if (dialect == null) {
                publish(daemon.ask(Dialect.PING, this::step), null);
            } else {
                String filters = URLEncoder.encode(FILTERS, StandardCharsets.UTF_8);
                publish(null, daemon.exchange(dialect.path("/events?filters=" + filters), this::step));
            }
        } catch (IOException | RuntimeException e) {
            synchronized (this) {
                connecting = false;
                failed(e);
            }
        }
    }

    private synchronized void publish(@Nullable Answer asked, @Nullable Exchange opened) throws IOException {
        connecting = false;
        ping = asked;
        exchange = opened;
        lineLength = 0;
        if (watches.isEmpty() || daemon.isClosed()) {
            close();
        } else {
            daemon.io().after(Duration.ZERO, this::step);
        }
    }

    private void step() {
        List<Event> events = new ArrayList<>();
        synchronized (this) {
            try {
                learn();
                receive(events);
            } catch (IOException | RuntimeException e) {
                failed(e);
            }
        }
        for (Event event : events) {
            tell(event);
        }
    }

    private void learn() throws IOException {
        Answer asked = ping;
        if (asked != null && asked.isComplete()) {
            asked.close();
            ping = null;
            daemon.learn(asked);
            connect();
        }
    }

    private void receive(List<Event> events) throws IOException {
        Exchange open = exchange;
        if (open == null) {
            return;
        }
        Exchange.Step step;
        int steps = 0;
        do {
            if (++steps > STEPS) {
                daemon.io().after(Duration.ZERO, this::step); // others have their turn
                return;
            }
            step = open.step((bytes, from, to, chunkEnd) -> take(bytes, from, to, open.status() == 200, events));
            if (!connected && open.hasHead()) {
                if (open.status() != 200) {
                    throw new IOException("the daemon tells no events: HTTP status " + open.status());
                }
                connected = true;
                retry = FIRST_RETRY;
                events.add(0, Event.ANYTHING);
            }
        } while (step == Exchange.Step.MORE);
        if (step == Exchange.Step.DONE) {
            throw new IOException("the daemon ended its events");
        }
    }

    private void take(byte[] bytes, int from, int to, boolean granted, List<Event> events) throws IOException {
        for (int i = from; i < to && granted; i++) {
            if (bytes[i] == '\n') {
                if (lineLength > 0) {
                    events.add(parse(line, lineLength));
                }
                lineLength = 0;
                continue;
            }
            if (lineLength == line.length) {
                if (lineLength >= MAX_EVENT) {
                    throw new IOException("an event of more than " + MAX_EVENT + " bytes");
                }
                line = Arrays.copyOf(line, 2 * lineLength);
            }
            line[lineLength++] = bytes[i];
        }
    }

    /** Understands one event, of Docker or podman. */
    static Event parse(byte[] json, int length) throws IOException {
        String[] found = {"", "", "", ""};
        try (JsonParser parser = Json.parse(json, 0, length)) {
            Json.object(parser, (name, value, at) -> {
                switch (name) {
                    case "id" -> found[0] = value;
                    case "status" -> found[1] = value;
                    case "Action" -> found[1] = found[1].isEmpty() ? value : found[1];
                    case "timeNano" -> found[3] = value;
                    case "Actor" ->
                        Json.object(at, (key, text, in) -> {
                            if (key.equals("ID")) {
                                found[0] = text;
                            } else if (key.equals("Attributes")) {
                                Map<String, String> attributes = Json.texts(in);
                                found[2] = attributes.getOrDefault(
                                        "exitCode", attributes.getOrDefault("containerExitCode", ""));
                            }
                        });
                    default -> {}
                }
            });
        }
        OptionalInt code =
                found[2].matches("-?[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(found[2])) : OptionalInt.empty();
        long time = found[3].matches("[0-9]{1,18}|[1-8][0-9]{18}") ? Long.parseLong(found[3]) : Place.NONE;
        return new Event(found[0], found[1], code, time);
    }

    private void failed(Exception e) {
        boolean wanted = !watches.isEmpty();
        close();
        daemon.forgetDialect();
        if (wanted && !retrying) {
            LOG.debug("{}: events are lost, trying again: {}", daemon.host(), e.getMessage());
            try {
                retrying = true;
                daemon.io().after(retry, this::open);
                Duration twice = retry.multipliedBy(2);
                retry = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
            } catch (IOException closed) {
                LOG.debug("{}: closed", daemon.host());
            }
        }
    }

    private void tell(Event event) {
        List<Watch> told = new ArrayList<>();
        synchronized (this) {
            if (event.id().isEmpty()) {
                watches.values().forEach(told::addAll);
            } else {
                told.addAll(watches.getOrDefault(event.id(), Set.of()));
                told.addAll(watches.getOrDefault("", Set.of()));
            }
        }
        for (Watch watch : told) {
            watch.listener.happened(event);
        }
    }
}
