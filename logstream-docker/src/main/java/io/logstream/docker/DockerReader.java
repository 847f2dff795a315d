package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log of one container through its life: waits for its start, reads, and finds out what the end of the log means
 * when it comes. Where the daemon ends its answer properly the container has stopped; where the connection just ends, nothing
 * is known, and the hub opens another reader at the last position.
 *
 * <pre>{@code
 * Asking -> Placing -> Logs -> Asking -> Logs (started again, or once more to be sure) -> ...
 *      \-> Waiting -> Asking                  \-> Waiting (until it is started or removed) -> END
 * }</pre>
 */
final class DockerReader implements LogReader, DaemonEvents.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(DockerReader.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(50);
    private static final Duration LAST_WAIT = Duration.ofSeconds(10);
    private static final Duration FOR_EXIT_CODE = Duration.ofMillis(300);
    private static final long EARLY_NANOS = 50_000_000; // a process writes before its start is noted
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int DOCKER_PART = 16 * 1024;
    private static final int PODMAN_PART = 8 * 1024;

    private final DockerDaemon daemon;
    private final DockerSource source;
    private final Start start;
    private final SourceContext context;
    private final Runnable wake;
    private final @Nullable Place known; // of the position to begin at
    private String reference;
    private @Nullable ContainerState container;
    private @Nullable Place place;
    private Stage stage;
    private boolean closed;
    private DaemonEvents.@Nullable Watch watch;
    private boolean read; // the log was read, and the daemon said that it is over
    private boolean verified; // once more after the container had stopped
    private boolean waited; // a read has returned
    private boolean waitingTold;
    private boolean waitedForCode;
    private boolean restarted; // since the run that the place is in; not told yet
    private boolean justRestarted;
    private long knownUntil = Long.MAX_VALUE; // entries behind may be of a run that is not known
    private long allowed = Place.NONE; // entries up to this one were written before the container was looked at last
    private @Nullable Dialect spoken; // by the daemon that told of the container
    private Duration wait = FIRST_WAIT;
    private long backAt = Place.NONE;
    private final Trace trace = new Trace();

    private final EarlySink early = new EarlySink();
    private boolean woken; // guarded by this, like those below
    private boolean changed;
    private boolean started;
    private OptionalInt lastExit = OptionalInt.empty();
    private final long[] deaths = {Place.NONE, Place.NONE}; // the last two that the daemon has told

    DockerReader(DockerSource source, Start start, SourceContext context) {
        this.daemon = source.daemon();
        this.source = source;
        this.start = start;
        this.context = context;
        this.wake = this::woken;
        known = start instanceof Start.At at ? Place.of(at.position()) : null;
        // A position is told by others, and so never chooses a container that the source has not found itself.
        reference = known != null && source.hasFound(known) ? known.reference() : source.reference();
        stage = new Asking(this, daemon);
    }

    @Override
    public Outcome read(LineSink sink) throws IOException {
        daemon.checkOpen();
        early.handOver(sink);
        Outcome outcome = null;
        try {
            while (outcome == null) {
                outcome = stage.step(sink);
            }
        } catch (IOException e) {
            if (place != null || !waited) {
                throw e;
            }
            // The hub knows no position to go on from, and would begin at the end: this reader begins anew itself.
            LOG.info("{}: trying again: {}", this, e.getMessage());
            enter(new Waiting(this, nextWait()));
            outcome = Outcome.MORE;
        }
        waited = true;
        return outcome;
    }

    private void enter(Stage next) {
        Stage before = stage;
        boolean over;
        synchronized (this) {
            stage = next;
            over = closed;
        }
        before.close();
        if (over) {
            next.close();
        }
    }

    // ---- what the stages ask

    SourceContext context() {
        return context;
    }

    Runnable wake() {
        return wake;
    }

    long now() {
        return context.time().nanoTime();
    }

    /** Waits for an answer to what was asked, or heard last, at that time. */
    Outcome awaitAnswer(long since) throws IOException {
        long left = PATIENCE.toNanos() - (now() - since);
        if (left <= 0) {
            throw new IOException("the daemon does not answer");
        }
        context.wakeWithin(Duration.ofNanos(left));
        return Outcome.WAIT;
    }

    String reference() {
        return reference;
    }

    /** The daemon is asked of the container in this dialect, and from then on. */
    void speak(Dialect dialect) {
        spoken = dialect;
    }

    boolean isPodman() {
        Dialect dialect = spoken;
        return dialect != null && dialect.podman();
    }

    /** How long an entry without a line end must be to be a part of a line; 0 where each is. */
    int partBytes() {
        return isPodman() ? 0 : DOCKER_PART;
    }

    /** Whether the log is read on behind its present end; not where it is read once more to be sure. */
    boolean follows() {
        return source.follows() && !verified;
    }

    /** Where reading goes on; known behind the first stages. */
    Place place() {
        Place now = place;
        if (now == null) {
            throw new IllegalStateException("no place yet");
        }
        return now;
    }

    SourcePosition position() {
        Place now = place();
        boolean first = start instanceof Start.Beginning && now.anchor < 0 && now.time[0] == Place.NONE;
        return now.position(first ? 0 : -1);
    }

    Trace trace() {
        return trace;
    }

    /** At how many bytes the log is rotated by a daemon that may leave something out then; 0 where it is not. */
    long rotatedAt() {
        ContainerState now = container;
        return now == null || isPodman() ? 0 : now.rotatedAt();
    }

    long containerHash() {
        return Place.hash(reference);
    }

    /**
     * Asks for the log.
     *
     * @param tail how many of the last entries, or the greatest number for all
     * @param since from which time on, or {@link Place#NONE}
     */
    LogRequest logs(boolean follow, int tail, long since, Entries entries) throws IOException {
        ContainerState now = container;
        Dialect dialect = spoken;
        if (now == null || dialect == null) {
            throw new IOException("the daemon was lost meanwhile");
        }
        StringBuilder target = new StringBuilder(dialect.path("/containers/" + reference + "/logs?timestamps=1"));
        target.append("&stdout=").append(source.channels().contains(Channel.STDOUT) ? 1 : 0);
        target.append("&stderr=").append(source.channels().contains(Channel.STDERR) ? 1 : 0);
        target.append("&follow=").append(follow ? 1 : 0);
        if (tail < Integer.MAX_VALUE) {
            target.append("&tail=").append(tail);
        }
        if (since != Place.NONE) {
            long nanos = Math.max(0, since);
            target.append("&since=")
                    .append(String.format(Locale.ROOT, "%d.%09d", nanos / 1_000_000_000, nanos % 1_000_000_000));
        }
        return new LogRequest(
                daemon.exchange(target.toString(), wake),
                now.terminal(),
                isPodman() ? PODMAN_PART : DOCKER_PART,
                entries);
    }

    // ---- what the daemon says of the container

    /** The container is there. */
    @Nullable
    Outcome found(ContainerState now, LineSink sink) throws IOException {
        boolean first = container == null;
        if (place == null) {
            container = now;
        } else {
            see(now);
        }
        if (reference.equals(source.reference())) {
            source.found(now.id());
        }
        reference = now.id();
        if (source.follows()) {
            watch(now.id());
        }
        if (now.driver().equals("none")) {
            throw new LogStreamException(this + ": its log driver is 'none', so it has no log to read;"
                    + " create it with another one, such as --log-driver=json-file or local");
        }
        if (place == null && !place(now, sink)) {
            return null;
        }
        if (now.wasNeverStarted() && !read) {
            return source.follows() ? waitForStart(sink) : Outcome.END;
        }
        if (waitingTold) {
            waitingTold = false;
            sink.event(SourceEvent.of(SourceEvent.Kind.APPEARED, now.name()));
        }
        return first || !read ? readLog(now) : afterRead(now, sink);
    }

    private synchronized void watch(String id) throws IOException {
        if (watch == null && !closed) {
            watch = daemon.events().watch(id, this);
        }
    }

    /** Finds out where reading begins; false if that takes a stage of its own. */
    private boolean place(ContainerState now, LineSink sink) throws IOException {
        Place begin = new Place(containerHash());
        if (start instanceof Start.At) {
            Place before = known;
            if (before != null && before.container == containerHash()) {
                place = before;
                see(now);
                return true;
            }
            sink.gap(-1, Gap.Reason.MISMATCH); // another container has this name now
        } else if (start instanceof Start.Since since) {
            begin = Place.since(containerHash(), nanos(since.time()));
        } else if (!(start instanceof Start.Beginning) && !now.wasNeverStarted()) {
            enter(new Placing(this, start instanceof Start.Last last ? last.lines() : 0));
            return false;
        }
        begin.started = now.started();
        place = begin;
        see(now);
        return true;
    }

    private static long nanos(Instant time) {
        try {
            return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        } catch (ArithmeticException e) {
            return time.getEpochSecond() < 0 ? 0 : Long.MAX_VALUE;
        }
    }

    /** The place where reading begins was found. */
    void placed(Place found, LineSink sink) throws IOException {
        place = found;
        ContainerState now = container;
        if (now != null) {
            see(now);
        }
        sink.position(position());
        enter(new Logs(this, false));
    }

    /** Waits until the place is known where reading begins, or there is nothing to read yet. */
    void awaitPlace() throws IOException, InterruptedException {
        daemon.checkOpen();
        long deadline = now() + PATIENCE.toNanos();
        while (place == null) {
            synchronized (this) {
                woken = false;
            }
            Outcome outcome = stage.step(early);
            if (outcome == Outcome.END) {
                return; // the first read finds the same, and says so
            }
            if (outcome == Outcome.WAIT && place == null) {
                awaitWake(deadline, stage instanceof Waiting waiting ? waiting.left() : PATIENCE.toNanos());
            }
        }
    }

    /** Waits for something to happen, but not longer than the stage wants. */
    private synchronized void awaitWake(long deadline, long atMost) throws IOException, InterruptedException {
        long until = now() + atMost;
        while (!woken && until - now() > 0) {
            long left = deadline - now();
            if (left <= 0) {
                throw new IOException("the daemon does not answer");
            }
            wait(1 + Math.min(left, until - now()) / 1_000_000);
        }
    }

    private void woken() {
        synchronized (this) {
            woken = true;
            notifyAll();
        }
        context.wake();
    }

    private Outcome waitForStart(LineSink sink) {
        if (!waitingTold) {
            waitingTold = true;
            sink.position(position());
            sink.event(SourceEvent.of(SourceEvent.Kind.WAITING, "created, not started yet"));
        }
        enter(new Waiting(this, nextWait()));
        context.wake();
        return Outcome.WAIT;
    }

    private @Nullable Outcome readLog(ContainerState now) throws IOException {
        Place at = place();
        verified = read && now.isOver();
        LogFile file = first(at)
                        && source.readsFiles()
                        && daemon.isLocal()
                        && now.driver().equals("json-file")
                ? LogFile.open(this, now.logPath())
                : null;
        if (file != null) {
            enter(file);
            return null;
        }
        enter(new Logs(this, false));
        return null;
    }

    /** The log was read to its end: is the container over, or was it started again? */
    private @Nullable Outcome afterRead(ContainerState now, LineSink sink) throws IOException {
        if (now.isBeingRemoved()) {
            enter(new Waiting(this, nextWait()));
            return null;
        }
        if (now.isOver()) {
            boolean again = restarted;
            tellRestart(sink, Long.MAX_VALUE); // all that came before has been read
            if (again || !verified) {
                return readLog(now); // also what came between the end that was told and the container's
            }
            tellFinished(OptionalInt.of(now.exitCode()), sink);
            if (source.endsWithContainer()) {
                return Outcome.END;
            }
            enter(new Waiting(this, nextWait()));
            return null;
        }
        if (now.started() == place().started) {
            enter(new Waiting(this, nextWait())); // it is about to end; or the daemon is
            read = false;
            return null;
        }
        if (lastExit().isEmpty() && !waitedForCode) {
            waitedForCode = true;
            enter(new Waiting(this, FOR_EXIT_CODE));
            return null;
        }
        waitedForCode = false;
        tellRestart(sink, Long.MAX_VALUE); // all that came before has been read
        return readLog(now);
    }

    // ---- which run an entry is of

    /** Asks what the container is like, while its log is being read. */
    Answer look() throws IOException {
        Dialect dialect = spoken;
        if (dialect == null) {
            throw new IOException("the daemon was lost meanwhile");
        }
        takeStarted();
        return daemon.ask(dialect.path("/containers/" + reference + "/json"), wake);
    }

    /** That question was answered. */
    void looked(Answer answer) throws IOException {
        if (answer.status() == 200) {
            boolean before = restarted;
            see(ContainerState.parse(answer.body()));
            justRestarted = restarted && !before;
        }
    }

    /** Whether the daemon has yet to tell how the container has exited that is running again. */
    boolean missesExit() {
        return justRestarted && restarted && lastExit().isEmpty();
    }

    private void see(ContainerState now) {
        container = now;
        Place at = place();
        if (at.started == Place.NONE) {
            at.started = now.started();
        }
        restarted = now.started() != Place.NONE && now.started() != at.started;
        boolean over = now.isOver() && now.finished() != Place.NONE;
        knownUntil = over ? Math.max(now.finished(), allowed) : Long.MAX_VALUE;
        if (now.isOver() && !restarted) {
            noteExit(now.exitCode());
        }
    }

    /** Up to which time entries are of a run that is known. */
    long knownUntil() {
        return knownUntil;
    }

    /** An entry is later. The container is looked at before it is read again, and as much later it may be then. */
    void isLater(long time) {
        allowed = time + (time - knownUntil);
    }

    /** Entries of the run that was not told yet are later than this. */
    private synchronized long endOfTheLast(ContainerState now) {
        long end = now.isOver() ? Place.NONE : now.finished();
        for (long death : deaths) {
            end = death < now.started() ? Math.max(end, death) : end;
        }
        return end == Place.NONE ? now.started() - EARLY_NANOS : end;
    }

    /** Whether the daemon was away when a run ended that was read before: it has not logged what was written last. */
    private boolean isLostIn(long end) {
        return known != null && daemon.wasAwayAt(end);
    }

    /** Whether the container was started again, which is not told yet. */
    boolean isRestarted() {
        return restarted;
    }

    /** Tells that the container was started again, before the first entry from after that. */
    void tellRestart(LineSink sink, long time) {
        ContainerState now = container;
        if (restarted && now != null && time > endOfTheLast(now)) {
            restarted = false;
            if (!now.isOver() && !place().finished && isLostIn(now.finished())) {
                sink.gap(-1, Gap.Reason.RECONNECTED);
            }
            place().started = now.started();
            place().finished = false;
            sink.event(new SourceEvent(SourceEvent.Kind.RESTARTED, "", takeExit(), "", -1));
            wait = FIRST_WAIT;
        }
    }

    /** Whether nothing of the log was read yet, and all is wanted. */
    private static boolean first(Place at) {
        return at.anchor < 0 && at.earliest() == Place.NONE;
    }

    /** The files were read as far as they can be. */
    @Nullable
    Outcome historyRead() throws IOException {
        enter(new Logs(this, false));
        return null;
    }

    private Duration nextWait() {
        Duration next = wait;
        wait = wait.compareTo(LAST_WAIT) < 0 ? wait.multipliedBy(2) : LAST_WAIT;
        return next;
    }

    /** There is no such container. */
    @Nullable
    Outcome gone(LineSink sink) {
        Place before = known;
        if (container == null && before != null && source.hasFound(before)) {
            place = before; // it was removed while the connection was lost, and what it wrote last with it
            sink.gap(-1, Gap.Reason.RECONNECTED);
        } else if (container == null) {
            throw new LogStreamException(
                    start instanceof Start.At
                            ? this + ": the container is gone, with what it has logged since it was read last"
                            : this + ": no such container; 'docker ps -a' shows all there are");
        }
        if (place != null) {
            tellFinished(lastExit(), sink);
        }
        return Outcome.END;
    }

    private void tellFinished(OptionalInt code, LineSink sink) {
        Place at = place();
        if (!at.finished) {
            at.finished = true;
            ContainerState now = container;
            if (now != null && isLostIn(now.finished())) {
                sink.gap(-1, Gap.Reason.RECONNECTED);
            }
            String detail = code.isPresent() ? "" : "removed";
            sink.event(new SourceEvent(SourceEvent.Kind.FINISHED, detail, code, "", -1));
            sink.position(position());
        }
    }

    // ---- what comes of reading

    /** The daemon says that this was all. */
    @Nullable
    Outcome ended(boolean anything, LineSink sink) {
        if (!source.follows()) {
            return Outcome.END;
        }
        tellRestart(sink, Long.MAX_VALUE);
        read = true;
        wait = anything ? FIRST_WAIT : wait;
        enter(new Asking(this, daemon));
        return null;
    }

    /** The daemon would not tell. */
    @Nullable
    Outcome refused(LogRequest request, LineSink sink) throws IOException {
        String message = request.message();
        if (request.status() == 404) {
            return gone(sink);
        }
        if (request.status() == 409) { // being removed, or dead
            ContainerState before = container;
            if (place == null && before != null && before.isOver()) {
                return gone(sink);
            }
            read = true;
            enter(new Waiting(this, nextWait()));
            return null;
        }
        if (request.status() == 501 || message.contains("does not support reading")) {
            ContainerState now = container;
            throw new LogStreamException(this + ": the daemon can't read logs of its log driver '"
                    + (now == null ? "" : now.driver()) + "': " + message);
        }
        throw new IOException("the daemon can't tell the log: HTTP status " + request.status() + ": " + message);
    }

    /**
     * Reads the log again from this place.
     *
     * @param nothingNew whether nothing new has come since it was read last from here
     */
    @Nullable
    Outcome readAgain(boolean nothingNew) throws IOException {
        Place at = place();
        boolean same = nothingNew && at.anchor >= 0 && at.time[at.anchor] == backAt;
        backAt = at.anchor >= 0 ? at.time[at.anchor] : Place.NONE;
        enter(new Logs(this, same));
        return null;
    }

    void askAgain() {
        enter(new Asking(this, daemon));
    }

    // ---- events of the daemon

    @Override
    public void happened(DaemonEvents.Event event) {
        synchronized (this) {
            changed = true;
            started |= event.action().equals("start");
            if (event.exitCode().isPresent()) {
                lastExit = event.exitCode();
            }
            if (event.action().equals("die") && event.time() > deaths[1]) {
                deaths[0] = deaths[1];
                deaths[1] = event.time();
            }
        }
        woken();
    }

    synchronized boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    synchronized boolean takeStarted() {
        boolean was = started;
        started = false;
        return was;
    }

    private synchronized OptionalInt lastExit() {
        return lastExit;
    }

    private synchronized void noteExit(int code) {
        lastExit = lastExit.isPresent() ? lastExit : OptionalInt.of(code);
    }

    private synchronized OptionalInt takeExit() {
        OptionalInt taken = lastExit;
        lastExit = OptionalInt.empty();
        return taken;
    }

    @Override
    public void close() {
        Stage open;
        DaemonEvents.Watch watching;
        synchronized (this) {
            closed = true;
            open = stage;
            watching = watch;
        }
        if (watching != null) {
            watching.close();
        }
        open.close();
    }

    @Override
    public String toString() {
        return source.identity();
    }
}
