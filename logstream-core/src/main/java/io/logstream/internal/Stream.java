package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import io.logstream.spi.LogSource;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a hub through all its runs: begins a run with the first viewer, ends it when it has been alone for the
 * linger, and is forgotten when it has ended and been alone for the linger.
 */
final class Stream implements Broadcaster, Run.Owner {
    private final Hub hub;
    private final StreamName name;
    private final StreamOptions options;
    private final @Nullable LogSource source;
    private @Nullable Run run;
    private @Nullable Reading reading;
    private volatile @Nullable EndReason end;
    private boolean keepReading;
    private boolean finishing;
    private TimeSource.@Nullable Alarm linger;

    /**
     * @param source what it reads, or null for a feed
     */
    Stream(Hub hub, String id, @Nullable LogSource source, StreamOptions options) {
        this.hub = hub;
        this.name = new StreamName(id, options.charset(), source == null ? "feed" : source.identity());
        this.source = source;
        this.options = options;
        this.keepReading = options.startAtOnce();
    }

    @Override
    public String id() {
        return name.id();
    }

    Hub hub() {
        return hub;
    }

    boolean reads(LogSource other) {
        return source != null && name.sourceHash() == Token.hash(other.identity());
    }

    // ---- viewers

    @Override
    public Subscription subscribe(SubscribeOptions subscribeOptions, Subscriber subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        Delivery delivery = new Delivery(hub.engine(), subscribeOptions, subscriber, false);
        join(delivery, subscribeOptions);
        return delivery;
    }

    @Override
    public LogCursor tail(SubscribeOptions subscribeOptions) {
        Pull pull = new Pull(hub.engine());
        join(pull, subscribeOptions);
        return pull;
    }

    @Override
    public Flow.Publisher<LogEntry> publisher(SubscribeOptions subscribeOptions) {
        return subscriber -> {
            Objects.requireNonNull(subscriber, "subscriber");
            FlowViewer viewer = new FlowViewer(hub.engine(), subscriber);
            viewer.begin(() -> join(viewer, subscribeOptions));
        };
    }

    /** Adds this stream to what a viewer watches, at the place that its options say. */
    void join(Viewer viewer, SubscribeOptions how) {
        checkAllowed(viewer.viewing.policyOr(how.policy()));
        Placement.check(name, how.replay());
        hub.admit();
        boolean joined = false;
        try {
            synchronized (this) {
                boolean first = run == null;
                Run current = openRun(how.replay());
                Cursor cursor = new Cursor(this, current, viewer, how);
                try {
                    current.join(cursor, c -> Placement.place(current, how.replay(), c));
                    joined = viewer.viewing.add(cursor);
                } finally {
                    if (first) {
                        beginReading(); // only now: of what is read before, it could lose some in silence
                    }
                    if (joined) {
                        cancelLinger();
                    } else {
                        current.leave(cursor);
                        rest();
                    }
                }
            }
        } finally {
            if (!joined) {
                hub.dismiss();
            }
        }
        viewer.wake();
    }

    /** A viewer has gone. */
    void leave(Cursor cursor) {
        cursor.run.leave(cursor);
        hub.dismiss();
        synchronized (this) {
            notifyAll();
            rest();
        }
    }

    void checkAllowed(BackpressurePolicy policy) {
        if (policy instanceof BackpressurePolicy.Block block && block.patience().compareTo(options.allowBlock()) > 0) {
            throw new IllegalArgumentException("stream '" + id() + "' may be blocked for at most "
                    + options.allowBlock() + ", not " + block.patience()
                    + ": choose another policy or patience, or open the stream with StreamOptions.allowBlock");
        }
    }

    // ---- runs

    /** The run that goes on or has ended, or a new one that begins where a viewer wants it and is not read yet. */
    private Run openRun(Replay replay) {
        EndReason ended = end;
        Run current = run;
        if (current != null) {
            return current;
        }
        if (ended != null) {
            throw new LogStreamException(
                    "stream '" + id() + "' has ended (" + ended + ") and its history is no longer kept: open it again");
        }
        Start start = source == null ? Start.beginning() : Placement.start(replay);
        Run begun = new Run(name, options, start instanceof Start.Beginning ? 0 : -1, hub.engine(), this);
        if (source != null) {
            ResumeToken given = Placement.tokenFor(replay, id());
            if (given != null) {
                begun.beginAt(Token.decode(given.toBytes()));
            }
            reading = new Reading(begun, source, start, hub.engine());
        }
        run = begun;
        return begun;
    }

    private synchronized void beginReading() {
        if (reading != null) {
            reading.wake();
        }
    }

    /** A feed's run, which begins with the feed. */
    synchronized Run openFeed() {
        Run begun = openRun(Replay.all());
        begun.caughtUp();
        return begun;
    }

    @Override
    public void unblocked() {
        Reading current;
        synchronized (this) {
            current = reading;
            notifyAll();
        }
        if (current != null) {
            current.wake();
        }
    }

    /** Waits until a feed may publish, as long as a viewer holds it back. */
    void awaitRoom(Run fed) {
        if (fed.mayPublish() || hub.engine().isOwnThread()) {
            return;
        }
        synchronized (this) {
            while (fed.room() <= 0 && end == null) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    @Override
    public void ended(Run which) {
        synchronized (this) {
            if (run == which) {
                ended();
                notifyAll();
                rest();
            }
        }
    }

    /** Ends the stream once what is there has been read. */
    synchronized void finish() {
        finishing = true;
        if (reading != null) {
            reading.finish();
        }
    }

    synchronized boolean isEnding() {
        return finishing || ended() != null;
    }

    /** Why it has ended: known here as soon as it can be known to a viewer. */
    private synchronized @Nullable EndReason ended() {
        Run current = run;
        if (end == null && current != null) {
            end = current.end;
        }
        return end;
    }

    // ---- lingering

    /** Sets the alarm for what is to happen when nobody comes back. Under this monitor. */
    private void rest() {
        Run current = run;
        boolean alone = current != null && current.cursors.length == 0;
        if (alone && linger == null && (ended() != null || source != null && !keepReading)) {
            linger = hub.engine().time().after(options.linger(), this::lingered);
        }
    }

    private void cancelLinger() {
        if (linger != null) {
            linger.cancel();
            linger = null;
        }
    }

    private void lingered() {
        Reading stopped;
        synchronized (this) {
            Run current = run;
            linger = null;
            if (current == null || current.cursors.length > 0 || ended() == null && keepReading) {
                return;
            }
            stopped = reading;
            reading = null;
            run = null;
            current.ring.free();
        }
        if (stopped != null) {
            stopped.close();
        }
        if (end != null) {
            hub.forget(this);
        }
    }

    // ---- the rest of Broadcaster

    @Override
    public void start() {
        synchronized (this) {
            if (ended() == null) {
                keepReading = true;
                openRun(Replay.last(Replay.DEFAULT_LINES));
                beginReading();
                cancelLinger();
            }
        }
    }

    @Override
    public Stats stats() {
        Run current;
        Reading reader;
        synchronized (this) {
            current = run;
            reader = reading;
        }
        EndReason ended = ended();
        if (current == null) {
            State state = ended == null ? State.IDLE : stateAt(ended);
            return new Stats(state, 0, 0, 0, 0, 0, 0, 0, 0, "");
        }
        SegmentRing ring = current.ring;
        State state = ended != null ? stateAt(ended) : reader == null ? State.LIVE : reader.state();
        return new Stats(
                state,
                ring.epoch,
                ring.headSequence(),
                ring.tailSequence(),
                ring.footprint(),
                current.intake.readBytes(),
                current.cursors.length,
                current.upstreamGaps,
                reader == null ? 0 : reader.retries(),
                reader == null ? "" : reader.lastError());
    }

    private static State stateAt(EndReason ended) {
        return ended.kind() == EndReason.Kind.FAILED ? State.FAILED : State.ENDED;
    }

    @Override
    public Optional<EndReason> end() {
        return Optional.ofNullable(ended());
    }

    @Override
    public void close() {
        Closing closing = beginClose();
        closing.await(Deadline.in(Deadline.CLOSE));
    }

    /** Ends the stream for all its viewers, who are still to be waited for. */
    Closing beginClose() {
        Run current;
        Reading reader;
        EndReason closed = EndReason.of(EndReason.Kind.CLOSED, "");
        synchronized (this) {
            end = ended() == null ? closed : end;
            current = run;
            reader = reading;
            run = null;
            reading = null;
            cancelLinger();
            notifyAll();
        }
        hub.forget(this);
        if (reader != null) {
            reader.close();
        }
        if (current != null) {
            current.end(closed);
            for (Cursor cursor : current.cursors) {
                cursor.abort(closed);
            }
        }
        return deadline -> awaitClose(current, reader, closed, deadline);
    }

    private void awaitClose(@Nullable Run current, @Nullable Reading reader, EndReason closed, Deadline deadline) {
        boolean wait = !hub.engine().isOwnThread();
        try {
            if (current != null) {
                synchronized (this) {
                    while (wait && isWatchedElsewhere(current) && !deadline.isOver()) {
                        TimeUnit.NANOSECONDS.timedWait(this, deadline.nanosLeft());
                    }
                }
                for (Cursor stuck : wait ? current.cursors : new Cursor[0]) {
                    if (!stuck.isCallingHere()) {
                        stuck.abandon(closed);
                    }
                }
            }
            if (reader != null && wait) {
                reader.awaitEnd(deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (current != null) {
                current.ring.free();
            }
        }
    }

    /** Whether other viewers are left than the one whose code is closing the stream, which ends when that returns. */
    private static boolean isWatchedElsewhere(Run current) {
        for (Cursor cursor : current.cursors) {
            if (!cursor.isCallingHere()) {
                return true;
            }
        }
        return false;
    }

    /** The second part of closing. */
    interface Closing {
        void await(Deadline deadline);
    }
}
