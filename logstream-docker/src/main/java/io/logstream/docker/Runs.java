package io.logstream.docker;

import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one container, from one start to its end: which of them an entry of the log is of, and what is told of them.
 * Events come on the daemon's thread, all else is for the thread that reads.
 *
 * <p>The daemon notes when a process was started, which may be after it has written its first line, and when it ended, after
 * which the rest of what it wrote may still be logged. Between the two lies the event of its death, which is exact, where it
 * was listened to.
 */
final class Runs implements DaemonEvents.Listener {
    private static final long EARLY_NANOS = 50_000_000; // no container is started again in less time

    private static final long LATE_NANOS = 10_000_000; // nor in so little: entries may always be as late as this

    private final DockerDaemon daemon;
    private final Runnable wake;
    private @Nullable ContainerState container;
    private boolean restarted; // since the run that the place is in; not told yet
    private boolean justRestarted;
    private long knownUntil = Long.MAX_VALUE;
    private volatile long death = Long.MAX_VALUE; // told since the container was looked at last
    private long allowed = Place.NONE; // entries up to this one were written before the container was looked at last

    private long judged = Place.NONE; // the last end of which is known whether the daemon was away then
    private long cutAt = Place.NONE; // the last end that was cut short

    private boolean changed; // guarded by this, like those below
    private boolean started;
    private int starts; // told, and moments when perhaps one was not told
    private int asked; // those of them behind which the container was asked for
    private int seen; // and has answered
    private int asking; // how often the daemon had been lost when the container was asked for
    private int losses; // the same, where there was an answer
    private boolean removed;
    private OptionalInt lastExit = OptionalInt.empty();
    private final long[] deaths = {Place.NONE, Place.NONE}; // the last two that the daemon has told

    /**
     * @param wake run when something has happened
     */
    Runs(DockerDaemon daemon, Runnable wake) {
        this.daemon = daemon;
        this.wake = wake;
    }

    // ---- what the daemon says

    /** What the container was like when it was looked at last, if it was. */
    @Nullable
    ContainerState container() {
        return container;
    }

    /** The container is like this, and reading begins, wherever that is: no end before is judged. */
    void meet(ContainerState now) {
        judged = now.finished();
        isLike(now);
    }

    private synchronized void isLike(ContainerState now) {
        container = now;
        seen = asked;
        losses = asking;
    }

    /** The container is like this, while reading is at a place. */
    void see(ContainerState now, Place at) {
        isLike(now);
        death = Long.MAX_VALUE;
        if (at.started == Place.NONE) {
            at.started = now.started();
        }
        boolean before = restarted;
        restarted = now.started() != Place.NONE && now.started() != at.started;
        justRestarted = restarted && !before;
        boolean over = now.isOver() && now.finished() != Place.NONE;
        knownUntil = over ? Math.max(now.finished(), allowed) : Long.MAX_VALUE;
        if (now.isOver() && !restarted) {
            noteExit(now.exitCode());
        }
    }

    @Override
    public void happened(DaemonEvents.Event event) {
        synchronized (this) {
            changed = true;
            started |= event.action().equals("start");
            starts += event.action().equals("start") || event.equals(DaemonEvents.Event.ANYTHING) ? 1 : 0;
            removed |= event.action().equals("destroy") || event.action().equals("remove"); // podman's word
            if (event.exitCode().isPresent()) {
                lastExit = event.exitCode();
            }
            if (event.action().equals("die") && event.time() > deaths[1]) {
                deaths[0] = deaths[1];
                deaths[1] = event.time();
                death = event.time();
            }
        }
        wake.run();
    }

    /** Whether anything has happened since this was asked last. */
    synchronized boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** The container is asked for. */
    synchronized void ask() {
        started = false;
        asked = starts;
        asking = daemon.outages().losses();
    }

    /** Whether the container was started since it was asked for. */
    synchronized boolean wasStarted() {
        return started;
    }

    /** Whether the daemon has told that the container was removed, and so all that has happened to it. */
    synchronized boolean wasRemoved() {
        return removed;
    }

    /**
     * Whether a container that is gone was perhaps started since it was seen. Where its removal was not told, events may have
     * been lost that nobody knows of yet.
     */
    synchronized boolean mayBeUnseen(boolean podman) {
        return starts != seen || !removed && !podman;
    }

    // ---- which run an entry is of

    /** Up to which time entries are of a run that is known. */
    long knownUntil() {
        return Math.min(knownUntil, death);
    }

    /** The daemon can't tell what the container is like: all that comes is taken as it is. */
    void isUnknown() {
        knownUntil = Long.MAX_VALUE;
        death = Long.MAX_VALUE;
    }

    /**
     * An entry is later. The container is looked at before the log is read on, and then an entry may be twice as late: so
     * it is looked at a few times only, however much of it was logged behind the end.
     */
    void isLater(long time) {
        ContainerState now = container;
        long end = now != null && now.isOver() ? Math.min(now.finished(), death) : death;
        allowed = time + Math.max(time - end, LATE_NANOS);
    }

    /** Entries of the run that was not told yet are later than this. */
    private synchronized long endOfTheLast(ContainerState now) {
        long end = now.isOver() ? Place.NONE : now.finished();
        for (long death : deaths) {
            end = death < now.started() ? Math.max(end, death) : end;
        }
        return end == Place.NONE ? now.started() - EARLY_NANOS : end;
    }

    // ---- what is told

    /** Whether the container was started again, which is not told yet. */
    boolean isRestarted() {
        return restarted;
    }

    /** Whether the daemon has yet to tell how the container has exited that is running again. */
    boolean missesExit() {
        return justRestarted && restarted && lastExit().isEmpty();
    }

    /** Tells that the container was started again, if an entry of this time is of the new run, or was not told before. */
    void tellRestart(LineSink sink, Place at, long time) {
        ContainerState now = container;
        if (restarted && now != null && time > endOfTheLast(now)) {
            restarted = false;
            if (!now.isOver() || cutAt != now.finished()) {
                tellLoss(sink, at);
            }
            at.started = now.started();
            at.finished = false;
            at.end = Place.End.OPEN;
            sink.event(new SourceEvent(SourceEvent.Kind.RESTARTED, "", takeExit(), "", -1));
        }
    }

    /** Tells that the container has ended, or is gone, unless that was told; whether it was not. */
    boolean tellFinished(LineSink sink, Place at, OptionalInt code) {
        if (at.finished) {
            return false;
        }
        at.finished = true;
        sink.event(new SourceEvent(SourceEvent.Kind.FINISHED, code.isPresent() ? "" : "removed", code, "", -1));
        return true;
    }

    /** Whether the container has ended when the daemon was perhaps away, and that was not judged. */
    boolean isInDoubt(ContainerState now) {
        ContainerState last = container;
        boolean ranSince =
                last != null && last.isRunning() && losses == daemon.outages().losses();
        return now.finished() != judged && !ranSince && daemon.outages().contain(now.finished());
    }

    /**
     * Judges the container's last end. What was in its pipe then was logged by nobody, if the daemon was away: that is to be told
     * where this run is told to be over, however many others follow until then.
     *
     * @param isCut whether the daemon was away at that time
     */
    void judge(ContainerState now, Place at, boolean isCut) {
        if (now.finished() != judged) {
            judged = now.finished();
            boolean read = at.finished || at.end == Place.End.SEEN;
            boolean behind = now.started() != at.started || !now.isRunning() && !read;
            if (isCut && behind) {
                at.cut = true;
                cutAt = judged;
            }
        }
    }

    /** Tells that what a run wrote before it ended may be lost, unless that was told; whether it was not. */
    boolean tellLoss(LineSink sink, Place at) {
        boolean was = at.cut;
        if (was) {
            at.cut = false;
            sink.gap(-1, Gap.Reason.RECONNECTED);
        }
        return was;
    }

    /** How the last run has ended, where that is known. */
    synchronized OptionalInt lastExit() {
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
}
