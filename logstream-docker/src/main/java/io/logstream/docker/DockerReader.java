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
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

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
final class DockerReader implements LogReader {
    private static final Duration FIRST_WAIT = Duration.ofMillis(50);
    private static final Duration LAST_WAIT = Duration.ofSeconds(10);
    /** The same while events are listened to, which tell of whatever happens. */
    private static final Duration LAST_WAIT_LISTENING = Duration.ofSeconds(60);

    /** How long the daemon may take to tell how a container has exited that is running again. */
    static final Duration FOR_EXIT_CODE = Duration.ofMillis(300);

    /** How long the daemon may take to tell that a container is gone that it does not know any more. */
    private static final Duration FOR_REMOVAL = Duration.ofSeconds(1);

    private static final long SECOND = 1_000_000_000;
    private static final int CHANNELS = Channel.values().length;

    private final DockerDaemon daemon;
    private final DockerSource source;
    private final Start start;
    private final SourceContext context;
    private final Trace trace = new Trace();
    private final @Nullable Place known; // of the position to begin at
    private final Questions questions;
    private final int openings; // how often the daemon had been found when this began
    private final Runs runs;
    private @Nullable Place place;
    private Stage stage;
    private boolean closed;
    private DaemonEvents.@Nullable Watch watch;
    private boolean read; // the log was read, and the daemon said that it is over
    private Place.End before = Place.End.OPEN; // what was known of the end before the log was asked for
    private boolean verified; // once more after the container had stopped
    private boolean isReadAgain; // to its end then
    private boolean isLive; // the history is complete
    private boolean waitingTold;
    private boolean waitedForCode;
    private Duration wait = FIRST_WAIT;
    private long goneBy = Long.MIN_VALUE; // how long it is awaited what is told of the container that is gone; not set
    private long backAt = Place.NONE;

    private final EarlySink early = new EarlySink();
    final Semaphore woken = new Semaphore(0);
    private final long begunAt = System.nanoTime();

    DockerReader(DockerSource source, Start start, SourceContext context) {
        this.daemon = source.daemon();
        this.source = source;
        this.start = start;
        this.context = context;
        openings = daemon.events().openings();
        known = start instanceof Start.At at ? Place.of(at.position(), trace) : null;
        // A position is told by others, and so never chooses a container that the source has not found itself.
        String reference = known != null && source.hasFound(known) ? known.reference() : source.reference();
        runs = new Runs(daemon, this::woken);
        questions = new Questions(daemon, reference, runs, this::woken);
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
            retryWhenBack();
            throw e;
        }
        return outcome;
    }

    /** Another reader is opened as soon as the daemon is back, which it may be already. */
    void retryWhenBack() {
        daemon.events().whenBack(openings, context::retry);
    }

    /** Goes on with another stage; null, as that has come to nothing yet. */
    private @Nullable Outcome enter(Stage next) {
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
        return null;
    }

    // ---- what the stages ask

    SourceContext context() {
        return context;
    }

    long now() {
        return context.time().nanoTime();
    }

    /** Whether the log is read on behind its present end; not where it is read once more to be sure. */
    boolean follows() {
        return source.follows() && !verified;
    }

    boolean isPlaced() {
        return place != null;
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
        return now.position(first ? 0 : -1, trace);
    }

    Runs runs() {
        return runs;
    }

    Trace trace() {
        return trace;
    }

    /** Whatever has an earlier time the daemon has in the log by now, for all that it has told. */
    long daemonTime() {
        long heard = daemon.outages().lastHeard();
        return heard == Place.NONE ? heard : heard - SECOND;
    }

    /** What has this time or a later one came after the daemon's last answer, which tells whole seconds. */
    long daemonTimePassed() {
        long heard = daemon.outages().lastHeard();
        return heard == Place.NONE ? heard : heard + SECOND;
    }

    /** At how many bytes the log is rotated by a daemon that may leave something out then; 0 where it is not. */
    long rotatedAt() {
        ContainerState now = runs.container();
        return now == null || questions.isPodman() ? 0 : now.rotatedAt();
    }

    /** Whether all was told that was in the log when it was asked for first, as far as that can be known. */
    boolean isLive() {
        return isLive;
    }

    void historyIsComplete() {
        isLive = true;
    }

    /** Whether only entries of one channel come. */
    boolean isOneChannel() {
        return source.channels().size() < CHANNELS;
    }

    Questions questions() {
        return questions;
    }

    /** Asks for what is wanted of the log; see {@link Questions#log}. */
    LogRequest logs(boolean follow, int tail, long since, Entries entries) throws IOException {
        return logs(source.channels(), follow, tail, since, entries);
    }

    /** Asks for the newest entries of the log, of whatever channel. */
    LogRequest newest(int tail, Entries entries) throws IOException {
        return logs(Set.of(Channel.values()), false, tail, Place.NONE, entries);
    }

    private LogRequest logs(Set<Channel> of, boolean follow, int tail, long since, Entries entries) throws IOException {
        ContainerState now = runs.container();
        return questions.log(of, now != null && now.terminal(), follow, tail, since, entries);
    }

    /** Whether entries of a channel are wanted. */
    boolean wants(int channel) {
        return source.channels().contains(Channel.values()[channel]);
    }

    // ---- what the daemon says of the container

    /** Whether the container has ended, since reading began, in what may have been an outage. */
    boolean isInDoubt(ContainerState now) {
        Place at = place == null ? known : place;
        return at != null && !questions.isPodman() && runs.isInDoubt(now, at);
    }

    /** The container is there. */
    @Nullable
    Outcome found(ContainerState now, LineSink sink) throws IOException {
        boolean first = runs.container() == null;
        if (place != null) {
            see(now);
        }
        if (questions.reference().equals(source.reference())) {
            source.found(now.id());
        }
        questions.askById(now.id());
        if (place == null && (known == null || known.container != questions.containerHash())) {
            runs.meet(now);
        }
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
            watch = daemon.events().watch(id, runs);
            runs.happened(DaemonEvents.Event.ANYTHING); // since the container was seen
        }
    }

    /** Finds out where reading begins; false if that takes a stage of its own. */
    private boolean place(ContainerState now, LineSink sink) throws IOException {
        Place begin = new Place(questions.containerHash());
        if (start instanceof Start.At) {
            Place before = known;
            if (before != null && before.container == questions.containerHash()) {
                place = before;
                see(now);
                return true;
            }
            trace.forget();
            sink.gap(-1, Gap.Reason.MISMATCH); // another container has this name now
        } else if (start instanceof Start.Since since) {
            begin = Place.since(questions.containerHash(), since.time());
        } else if (!(start instanceof Start.Beginning) && !now.wasNeverStarted()) {
            enter(new Placing(this, start instanceof Start.Last last ? last.lines() : 0));
            return false;
        }
        begin.started = now.started();
        begin(begin, now);
        return true;
    }

    /**
     * Whether it is known from what is read how long the log's file is, and so that it was not rotated. One file alone may have
     * been emptied when only its beginning had come: of two the daemon tells the first one to its end.
     */
    private boolean isCounted(ContainerState now) {
        return source.channels().size() == CHANNELS && !now.labelled() && !now.emptied();
    }

    private void begin(Place at, ContainerState now) {
        place = at;
        see(now);
        if (at.isBeginning() && isCounted(now)) {
            trace.beginWhole();
        }
    }

    /** The place where reading begins was found. */
    @Nullable
    Outcome placed(Place found, LineSink sink) throws IOException {
        ContainerState now = runs.container();
        if (now == null) {
            throw new IllegalStateException("not seen yet");
        }
        begin(found, now);
        sink.position(position());
        return askForLog();
    }

    /** Waits until the place is known where reading begins, or there is nothing to read yet. */
    void awaitPlace() throws IOException, InterruptedException {
        daemon.checkOpen();
        long deadline = now() + Question.PATIENCE.toNanos();
        while (place == null) {
            woken.drainPermits();
            Outcome outcome = stage.step(early);
            if (outcome == Outcome.END) {
                return; // the first read finds the same, and says so
            }
            if ((outcome == Outcome.WAIT || outcome == Outcome.PENDING) && place == null) {
                long left = stage instanceof Waiting waiting ? waiting.left() : Question.PATIENCE.toNanos();
                boolean any = woken.tryAcquire(Math.min(left, deadline - now()), TimeUnit.NANOSECONDS);
                if (!any && deadline - now() <= 0) {
                    daemon.outages().silent(begunAt);
                    throw new IOException("the daemon does not answer");
                }
            }
        }
    }

    private void woken() {
        if (woken.availablePermits() == 0) { // a few more do no harm, but nobody takes them when the place is known
            woken.release();
        }
        context.wake();
    }

    private Outcome waitForStart(LineSink sink) {
        if (!waitingTold) {
            waitingTold = true;
            sink.position(position());
            sink.event(SourceEvent.of(SourceEvent.Kind.WAITING, "created, not started yet"));
        }
        awaitEvent();
        context.wake();
        return Outcome.WAIT;
    }

    private @Nullable Outcome readLog(ContainerState now) throws IOException {
        Place at = place();
        verified = read && now.isOver();
        before = at.end;
        if (now.isRunning() && now.started() == at.started) {
            at.end = Place.End.OPEN; // the log was told to be over too soon
        }
        boolean isEmptied = now.emptied() && now.rotatedAt() > 0; // and then what was read of it does not go on
        LogFile file = at.isBeginning() && source.readsFiles() && daemon.isLocal() && now.isJson() && !isEmptied
                ? LogFile.open(this, now.logPath())
                : null;
        return file != null ? enter(file) : askForLog();
    }

    /** The log was read to its end: is the container over, or was it started again? */
    private @Nullable Outcome afterRead(ContainerState now, LineSink sink) throws IOException {
        if (now.isBeingRemoved()) {
            return awaitEvent();
        }
        if (now.isOver()) {
            if (runs.isRestarted() || !verified) {
                return readLog(now); // also what came between the end that was told and the container's
            }
            if (runs.tellLoss(sink, place())) {
                place().end = Place.End.SEEN; // all is read that there is
            }
            tellFinished(OptionalInt.of(now.exitCode()), sink);
            if (source.endsWithContainer()) {
                return Outcome.END;
            }
            return awaitEvent();
        }
        if (now.started() == place().started) {
            enter(new Waiting(this, nextWait(LAST_WAIT))); // it is about to end; or the daemon is
            read = false;
            return null;
        }
        if (runs.lastExit().isEmpty() && !waitedForCode) {
            waitedForCode = true;
            return enter(new Waiting(this, FOR_EXIT_CODE));
        }
        waitedForCode = false;
        return readLog(now); // the log may still have something from before, so it is told there
    }

    // ---- which run an entry is of

    /** The container is like this, while its log is read. */
    void see(ContainerState now) {
        judge(now);
        runs.see(now, place());
        trace.describe(rotatedAt(), !now.isJson(), isCounted(now));
    }

    private void judge(ContainerState now) {
        if (!questions.isPodman()) {
            runs.judge(now, place());
        }
    }

    /** Tells that the container was started again, behind all that has come. */
    void tellRestart(LineSink sink) {
        if (runs.isRestarted()) {
            tellRestart(sink, Long.MAX_VALUE);
            sink.position(position()); // or it would be told again after an outage
        }
    }

    /** Tells that the container was started again, before the first entry from after that. */
    void tellRestart(LineSink sink, long time) {
        ContainerState now = runs.container();
        if (now != null && runs.isRestarted()) {
            judge(now); // that the daemon was lost may have been noticed since it has answered
            runs.tellRestart(sink, place(), time);
            verified &= runs.isRestarted(); // that was the run before
            wait = FIRST_WAIT;
        }
    }

    /** Has the daemon tell the log from the place on. */
    @Nullable
    Outcome askForLog() throws IOException {
        return enter(new Logs(this, false));
    }

    private Duration nextWait(Duration last) {
        Duration next = wait.compareTo(last) < 0 ? wait : last;
        wait = next.multipliedBy(2);
        return next;
    }

    /** Waits for something of which events tell. */
    private @Nullable Outcome awaitEvent() {
        return enter(new Waiting(this, nextWait(daemon.events().areComing() ? LAST_WAIT_LISTENING : LAST_WAIT)));
    }

    /** There is no such container. */
    @Nullable
    Outcome gone(LineSink sink) {
        ContainerState last = runs.container();
        if (last == null && known != null && source.hasFound(known)) {
            place = known;
        } else if (last == null) {
            throw new LogStreamException(
                    start instanceof Start.At
                            ? this + ": the container is gone, with what it has logged since it was read last"
                            : this + ": no such container; 'docker ps -a' shows all there are");
        }
        Place at = place;
        boolean isRead =
                at != null && !at.cut && (at.end != Place.End.OPEN || at.isBeforeTheFirstRun()) && !runs.isRestarted();
        if (isRead && last != null && source.follows() && !runs.wasRemoved()) {
            goneBy = goneBy == Long.MIN_VALUE ? now() + FOR_REMOVAL.toNanos() : goneBy;
            if (goneBy - now() > 0) {
                return enter(new Waiting(this, Duration.ofNanos(goneBy - now()))); // also a start may be told yet
            }
        }
        boolean hasRun = at == null || !at.isBeforeTheFirstRun();
        if (isRead && questions.isPodman() && !isReadAgain && hasRun) {
            return removed(true, sink); // it may leave out what was written right before the end
        }
        boolean isSeen = last != null && !runs.mayBeUnseen(questions.isPodman());
        return isRead && !isSeen && !questions.isPodman()
                ? enter(new Farewell(this))
                : removed(!isRead || !isSeen, sink);
    }

    /**
     * The container was removed.
     *
     * @param withMore perhaps with something that it wrote and that was not read
     */
    Outcome removed(boolean withMore, LineSink sink) {
        if (place != null) {
            if (withMore) {
                sink.gap(-1, Gap.Reason.RECONNECTED);
            } else if (trace.isOpen()) {
                sink.gap(-1, Gap.Reason.ROTATED);
            }
            trace.forget();
            tellFinished(runs.lastExit(), sink);
        }
        return Outcome.END;
    }

    private void tellFinished(OptionalInt code, LineSink sink) {
        if (runs.tellFinished(sink, place(), code)) {
            sink.position(position());
        }
    }

    // ---- what comes of reading

    /**
     * The daemon says that this was all.
     *
     * @param run when the container was started, for all that was known when it was asked for the log
     */
    @Nullable
    Outcome ended(boolean anything, long run, LineSink sink) {
        if (!source.follows()) {
            return Outcome.END;
        }
        Place at = place();
        ContainerState now = runs.container();
        boolean isOver = now != null && now.isOver();
        tellRestart(sink);
        boolean isOpen = run != at.started; // of a run that has begun behind that, the log may have the beginning only
        Place.End end = isOpen || at.cut ? Place.End.OPEN : isOver ? Place.End.SEEN : Place.End.SAID;
        at.end = at.end.or(end);
        sink.position(position());
        read = true;
        isReadAgain = verified;
        wait = anything ? FIRST_WAIT : wait;
        return enter(new Asking(this, daemon));
    }

    /** The daemon would not tell. */
    @Nullable
    Outcome refused(LogRequest request, LineSink sink) throws IOException {
        boolean removed = request.status() == 404;
        boolean dead = request.status() == 409; // or being removed
        if (place != null && (removed || dead)) {
            place.end = place.end.or(before); // it did not run on, but ended
        }
        if (removed) {
            return gone(sink);
        }
        if (dead) {
            ContainerState before = runs.container();
            if (place == null && before != null && before.isOver()) {
                return gone(sink);
            }
            read = true;
            return awaitEvent();
        }
        throw request.failure(this.toString());
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
        before = Place.End.OPEN;
        backAt = at.anchor >= 0 ? at.time[at.anchor] : Place.NONE;
        return enter(new Logs(this, same));
    }

    @Nullable
    Outcome askAgain() {
        return enter(new Asking(this, daemon));
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
