package io.logstream.internal;

import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run's one serial task: opens the source, reads it, flushes unfinished lines that are quiet, and opens it again, with
 * back-off, when it fails.
 */
final class Reading extends SerialTask {
    private static final Logger LOG = LoggerFactory.getLogger(Reading.class);
    private static final Duration READ_GRACE = Duration.ofMillis(200);

    /** After how many steps viewers are woken while there is more to read: waking costs as much as some hundred lines. */
    private static final int STEPS = 4;
    /** Where less is kept, each step may be all of it. */
    private static final long LEAST_BYTES = 8L << 20;

    private final Run run;
    private final Intake intake;
    private final LogSource source;
    private final Engine engine;
    private volatile boolean over;
    private Start start;

    private final Alarms alarms;
    /** Null while nothing has failed since it went well. */
    private @Nullable Backoff backoff;

    private @Nullable Wakeup wakeup;
    private volatile @Nullable LogReader reader; // whoever takes it away, under this monitor, closes it
    private boolean outage;
    private boolean readBefore;
    private long shown;
    private int unshown;

    private volatile Broadcaster.State state = Broadcaster.State.WAITING;
    private volatile int retries;
    private volatile String lastError = "";
    private volatile boolean closing;
    private volatile boolean finishing;
    private volatile @Nullable Opening opening;

    Reading(Run run, LogSource source, Start start, Engine engine) {
        this.run = run;
        this.intake = run.intake;
        this.source = source;
        this.start = start;
        this.engine = engine;
        this.alarms = new Alarms(this, engine.time());
        this.shown = run.firstSlot;
    }

    @Override
    Executor executor() {
        return engine.reading();
    }

    Broadcaster.State state() {
        Broadcaster.State now = state;
        return now == Broadcaster.State.LIVE && intake.isWaiting() ? Broadcaster.State.WAITING : now;
    }

    int retries() {
        return retries;
    }

    String lastError() {
        return lastError;
    }

    // ---- closing

    /** Stops reading: at once where the source allows it, otherwise the thread that is stuck in it is left behind. */
    void close() {
        closing = true;
        Opening opened = opening;
        if (opened != null) {
            opened.close();
        }
        wake();
        engine.time().after(READ_GRACE, () -> {
            if (!over) {
                engine.blocking().execute(this::closeReader);
            }
        });
    }

    /** Waits until reading has stopped. */
    void awaitEnd(Deadline deadline) throws InterruptedException {
        synchronized (this) {
            while (!over && !deadline.isOver()) {
                TimeUnit.NANOSECONDS.timedWait(this, deadline.nanosLeft());
            }
        }
    }

    private synchronized void tellOver() {
        over = true;
        notifyAll();
    }

    /** Ends the run at the next place where the reader has nothing more. */
    void finish() {
        if (!source.endsItself()) {
            finishing = true;
            wake();
        }
    }

    // ---- the task

    @Override
    boolean step() {
        if (over) {
            return false;
        }
        boolean more = false;
        try {
            if (closing) {
                shut();
                return false;
            }
            intake.flushQuiet();
            if (wakeup == null && Backoff.delay(backoff, engine.time().nanoTime()) == 0) {
                open();
            }
            Wakeup opened = wakeup;
            LogReader from = reader;
            if (opened != null && from != null && (opened.isWanted() || finishing)) {
                more = read(opened, from);
            }
        } catch (Intake.Mismatch e) {
            startOver(e);
            more = true;
        } catch (IOException e) {
            if (finishing) {
                String gone = "the log is gone, and what was left of it can't be read: " + e.getMessage();
                end(new EndReason(EndReason.Kind.FAILED, gone, e));
            } else {
                failed(e);
            }
        } catch (InterruptedException e) {
            more = closing;
            failed(new IOException("interrupted while opening", e));
        } catch (LogStreamException e) {
            end(new EndReason(EndReason.Kind.FAILED, String.valueOf(e.getMessage()), e));
        } catch (Throwable e) {
            end(Ends.failed(EndReason.Kind.FAILED, "the source failed with", e));
            LOG.error("stream {}: the source threw what a source must not throw", run.name.id(), e);
        }
        signal(more);
        arm();
        return more;
    }

    /** Wakes the viewers if something was published; what ends the run, or its history, has done so itself. */
    private void signal(boolean more) {
        long tail = run.ring.tail();
        if (tail != shown && (!more || ++unshown == STEPS || isMuch(tail - shown))) {
            shown = tail;
            unshown = 0;
            run.signal();
        }
    }

    /** Whether a viewer that is not woken now may lose lines. */
    private boolean isMuch(long slots) {
        StreamOptions options = run.options;
        return slots >= options.retainLines() / 4 || options.retainBytes() < LEAST_BYTES;
    }

    private void open() throws IOException, InterruptedException {
        SourcePosition known = intake.reopenAt();
        if (known != null) {
            start = Start.at(known);
        } else if (!intake.isUntouched() || (readBefore && !(start instanceof Start.Beginning))) {
            if (!intake.isBehindGap()) {
                intake.gap(-1, Gap.Reason.RECONNECTED);
            }
            start = Start.end();
        }
        Wakeup opened = new Wakeup(this, engine);
        wakeup = opened;
        Opening now = new Opening();
        opening = now;
        if (closing) {
            now.close(); // who closes this did not see it
        }
        try {
            reader = now.open(() -> source.open(start, opened));
        } finally {
            opening = null;
        }
        if (outage) {
            intake.announceFirst(SourceEvent.of(SourceEvent.Kind.RECONNECTED, ""));
        }
    }

    private boolean read(Wakeup opened, LogReader from) throws IOException {
        int room = run.room();
        if (room <= 0) {
            return false;
        }
        intake.welcome(room);
        opened.clear();
        boolean last = finishing;
        long before = intake.handed();
        LogReader.Outcome outcome;
        try {
            outcome = from.read(intake);
        } finally {
            outage &= intake.hasFirst(); // it is over once that was told, whatever comes then
        }
        readBefore = true;
        intake.wasRead();
        if (outcome != LogReader.Outcome.PENDING || intake.handed() != before) {
            intake.announce();
            outage = false;
            backoff = null;
            state = Broadcaster.State.LIVE;
        }
        switch (outcome) {
            case MORE -> opened.want();
            case PENDING -> {}
            case WAIT -> {
                if (last) {
                    end(EndReason.of(EndReason.Kind.COMPLETED, ""));
                } else {
                    run.caughtUp();
                }
            }
            case END -> end(EndReason.of(EndReason.Kind.COMPLETED, ""));
        }
        return outcome == LogReader.Outcome.MORE;
    }

    /** The source no longer has what it had before the place of resumption: goes on from the last position, with a gap. */
    private void startOver(Intake.Mismatch e) {
        SourcePosition position = intake.newestPosition();
        LOG.info("stream {}: {}", run.name.id(), e.getMessage());
        shutReader();
        intake.gap(-1, Gap.Reason.MISMATCH);
        if (position != null) {
            intake.position(position);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by the task only
    private void countRetry() {
        retries++;
    }

    private void failed(IOException e) {
        Wakeup tried = wakeup;
        shutReader();
        countRetry();
        lastError = String.valueOf(e.getMessage());
        intake.takeBackFirst();
        if (!outage) {
            outage = true;
            LOG.info("stream {}: source can't be read, trying again: {}", run.name.id(), lastError);
            intake.event(SourceEvent.of(SourceEvent.Kind.RECONNECTING, lastError));
        }
        state = Broadcaster.State.RECONNECTING;
        backoff = Backoff.after(backoff, tried, engine, run.options);
    }

    private void end(EndReason reason) {
        shutReader();
        intake.finish(reason.kind() == EndReason.Kind.COMPLETED);
        state = reason.kind() == EndReason.Kind.FAILED ? Broadcaster.State.FAILED : Broadcaster.State.ENDED;
        run.end(reason);
        tellOver();
        run.owner.ended(run);
    }

    /** The end that comes from outside. */
    private void shut() {
        shutReader();
        state = Broadcaster.State.ENDED;
        tellOver();
    }

    private void shutReader() {
        Wakeup opened = wakeup;
        wakeup = null;
        if (opened != null) {
            opened.close();
        }
        closeReader();
    }

    private void closeReader() {
        LogReader from;
        synchronized (this) {
            from = reader;
            reader = null;
        }
        try {
            if (from != null) {
                from.close();
            }
        } catch (Throwable e) {
            LOG.debug("stream {}: closing the source failed", run.name.id(), e);
        }
    }

    /** Sets the alarm for the earliest of: a line to flush, a read that was asked for, another try. */
    private void arm() {
        if (over) {
            alarms.cancel();
            return;
        }
        long now = engine.time().nanoTime();
        Wakeup opened = wakeup;
        long reading = opened != null ? opened.delay(now) : Backoff.delay(backoff, now);
        long next = opened != null && run.isBlocked() ? Wakeup.NEVER : reading; // whoever blocks wakes this task
        alarms.within(Alarms.earlier(next, intake.nextFlush()));
    }
}
