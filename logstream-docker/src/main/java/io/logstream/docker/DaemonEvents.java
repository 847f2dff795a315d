package io.logstream.docker;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
    private static final Duration LAST_RETRY = Duration.ofSeconds(3);
    private static final Duration FORGOTTEN = Duration.ofMinutes(2);
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

        /** Whether it had happened by a time. */
        boolean isWithin(long until) {
            return time != Place.NONE && time <= until;
        }
    }

    /** Is told of events. */
    interface Listener {
        /** Something has happened. Must not block. */
        void happened(Event event);
    }

    /** Who has lost the daemon, and since when. */
    private record Absent(long since, Runnable told) {}

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

    private enum State {
        /** Nobody listens. */
        IDLE,
        /** A timer is set that tries again. */
        PAUSING,
        /** A thread connects. */
        CONNECTING,
        /** Events were asked for, and there is no answer yet. */
        OPENING,
        /** Events come. */
        LISTENING
    }

    private final DockerDaemon daemon;
    private final Map<String, Set<Watch>> watches = new HashMap<>();
    private final Deque<Absent> absent = new ArrayDeque<>();
    private State state = State.IDLE;
    private int openings; // how often events have begun to come
    private @Nullable Exchange exchange;
    private long openedAt; // by the clock that only measures
    private Duration retry = FIRST_RETRY;
    private Carry line = new Carry(MAX_EVENT, "an event");

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
            begin();
        }
        return watch;
    }

    /** Whether those who listen are told what happens, and will be told if that may have been missed. */
    synchronized boolean areComing() {
        return state == State.LISTENING;
    }

    /** How often the daemon has been found. */
    synchronized int openings() {
        return openings;
    }

    /**
     * Tells when events come again, so that who has lost the daemon need not try to connect for himself all the time. Is forgotten
     * after a while, as who waits tries again now and then, and then asks again.
     *
     * @param before how often the daemon had been found when he began: if it was again since, it may be back, and he is told now
     */
    void whenBack(int before, Runnable told) {
        boolean isBack;
        synchronized (this) {
            isBack = state == State.LISTENING && openings != before;
            forgetOld(); // here too, as some ask for ever
            absent.add(new Absent(System.nanoTime(), told));
            try {
                begin();
            } catch (IOException e) {
                LOG.debug("{}: closed", daemon.host());
            }
        }
        if (isBack) {
            told.run();
        }
    }

    private void begin() throws IOException {
        if (state == State.IDLE) {
            daemon.io().after(Duration.ZERO, this::open);
            state = State.PAUSING;
        }
    }

    private void forgetOld() {
        while (!absent.isEmpty() && System.nanoTime() - absent.peek().since() > FORGOTTEN.toNanos()) {
            absent.poll();
        }
    }

    private boolean isWanted() {
        forgetOld();
        return !daemon.isClosed() && !(watches.isEmpty() && absent.isEmpty());
    }

    /**
     * Somebody got no answer: events that were asked for before may never come either, and are asked for anew.
     *
     * @param askedAt when he asked, by the clock that only measures
     */
    synchronized void doubt(long askedAt) {
        Exchange open = exchange;
        if (open != null && open.askedAt() - askedAt < 0) {
            failed(new IOException("the daemon does not answer"));
        }
    }

    private synchronized void forget(Watch watch) {
        Set<Watch> same = watches.get(watch.id);
        if (same != null && same.remove(watch) && same.isEmpty()) {
            watches.remove(watch.id);
        }
        if (!isWanted()) {
            close();
        }
    }

    synchronized void close() {
        if (exchange != null) {
            exchange.close();
            exchange = null;
        }
        // A timer or a thread that is under way finds out itself.
        state = state == State.PAUSING || state == State.CONNECTING ? state : State.IDLE;
    }

    // ---- on the I/O thread

    private synchronized void open() {
        if (state == State.PAUSING) {
            state = State.IDLE;
            if (isWanted()) {
                connect();
            }
        }
    }

    /**
     * Connects on a thread of its own, as a name may have to be looked up, a command started, and the daemon asked what it
     * speaks.
     */
    private void connect() {
        state = State.CONNECTING;
        try {
            daemon.io().threads().execute(this::ask);
        } catch (Throwable e) { // no thread can be had, or no memory
            failed(e);
        }
    }

    private void ask() {
        try {
            String filters = URLEncoder.encode(FILTERS, StandardCharsets.UTF_8);
            String target = daemon.awaitDialect().path("/events?filters=" + filters);
            publish(daemon.exchange(target, this::step));
        } catch (Throwable e) { // or nobody would try again
            failed(e);
        }
    }

    private synchronized void publish(Exchange opened) throws IOException {
        state = State.OPENING;
        exchange = opened;
        line.clear();
        if (isWanted()) {
            daemon.io().after(Duration.ZERO, this::step);
        } else {
            close();
        }
    }

    private void step() {
        List<Event> events = new ArrayList<>();
        synchronized (this) {
            try {
                receive(events);
            } catch (Throwable e) {
                failed(e);
            }
        }
        events.forEach(this::tell);
    }

    private void receive(List<Event> events) throws IOException {
        Exchange open = exchange;
        for (int i = 0; open != null; i++) {
            if (i == STEPS) {
                daemon.io().after(Duration.ZERO, this::step); // others have their turn
                return;
            }
            Exchange.Step step = open.step((bytes, from, to, chunkEnd) -> take(bytes, from, to, events));
            if (state == State.OPENING && open.hasHead()) {
                if (open.status() != 200) {
                    throw new IOException("the daemon tells no events: HTTP status " + open.status());
                }
                state = State.LISTENING;
                openings++;
                openedAt = System.nanoTime();
                events.add(0, Event.ANYTHING);
            }
            if (step == Exchange.Step.DONE) {
                throw new IOException("the daemon ended its events");
            } else if (step == Exchange.Step.WAIT) {
                return;
            }
        }
    }

    private void take(byte[] bytes, int from, int to, List<Event> events) throws IOException {
        int begin = from;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                line.add(bytes, begin, i);
                begin = i + 1;
                if (line.length() > 0) {
                    events.add(parse(line.take()));
                }
            }
        }
        line.add(bytes, begin, to);
    }

    /** Understands one event, of Docker or podman. */
    static Event parse(byte[] json) throws IOException {
        Map<String, String> in = Json.leaves(json);
        String attributes = "Actor.Attributes.";
        String code = in.getOrDefault(attributes + "exitCode", in.getOrDefault(attributes + "containerExitCode", ""));
        String time = in.getOrDefault("timeNano", "");
        return new Event(
                in.getOrDefault("id", in.getOrDefault("Actor.ID", "")),
                in.getOrDefault("status", in.getOrDefault("Action", "")),
                code.matches("-?[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(code)) : OptionalInt.empty(),
                time.matches("[0-9]{1,18}|[1-8][0-9]{18}") ? Long.parseLong(time) : Place.NONE);
    }

    /** Understands all events that the daemon remembers; none where it does not tell them. */
    static List<Event> past(Answer answer) {
        List<Event> events = new ArrayList<>();
        if (answer.status() != 200) {
            return events;
        }
        try {
            for (String json :
                    new String(answer.body(), StandardCharsets.UTF_8).lines().toList()) {
                if (!json.isBlank()) {
                    events.add(parse(json.getBytes(StandardCharsets.UTF_8)));
                }
            }
            return events;
        } catch (IOException e) {
            LOG.debug("what the daemon remembers can't be understood: {}", e.getMessage());
            return List.of();
        }
    }

    private synchronized void failed(Throwable e) {
        if (state == State.LISTENING && System.nanoTime() - openedAt > LAST_RETRY.toNanos()) {
            retry = FIRST_RETRY; // else a peer that ends its answer at once would be asked all the time
        }
        state = State.IDLE;
        close();
        daemon.forgetDialect();
        if (isWanted()) {
            LOG.debug("{}: events are lost, trying again: {}", daemon.host(), e.getMessage());
            try {
                daemon.io().after(retry, this::open);
                state = State.PAUSING;
                Duration twice = retry.multipliedBy(2);
                retry = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
            } catch (IOException closed) {
                LOG.debug("{}: closed", daemon.host());
            }
        }
    }

    private void tell(Event event) {
        List<Runnable> told = new ArrayList<>();
        synchronized (this) {
            daemon.outages().heard(event.time());
            if (event.equals(Event.ANYTHING)) {
                watches.values().forEach(all -> all.forEach(watch -> told.add(() -> watch.listener.happened(event))));
                absent.forEach(one -> told.add(one.told()));
                absent.clear();
            } else {
                for (String id : List.of(event.id(), "")) {
                    watches.getOrDefault(id, Set.of()).forEach(watch -> told.add(() -> watch.listener.happened(event)));
                }
            }
            if (!isWanted()) {
                close();
            }
        }
        told.forEach(Runnable::run);
    }
}
