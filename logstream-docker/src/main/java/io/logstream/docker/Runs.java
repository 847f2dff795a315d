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

    private static final long SOON_NANOS = 1_000_000_000; // so soon a daemon goes that has ended its containers before

    private final DockerDaemon daemon;
    private final Runnable wake;
    private @Nullable ContainerState container;
    private boolean restarted; // since the run that the place is in; not told yet
    private boolean justRestarted;
    private long knownUntil = Long.MAX_VALUE;
    private volatile long death = Long.MAX_VALUE; // told since the container was asked for, of the last answer
    private long deathAsked = Long.MAX_VALUE; // the same when it was asked for; guarded by this
    private long allowed = Place.NONE; // entries up to this one were written before the container was looked at last

    private boolean cutBefore; // a run before the last one was cut short
    private long cutAt = Place.NONE; // the last run's end, where that was

    private boolean changed; // guarded by this, like those below
    private boolean started;
    private int starts; // told, and moments when perhaps one was not told
    private int asked; // those of them behind which the container was asked for
    private int seen; // and has answered
    private int asking; // how often the daemon had been lost when the container was asked for
    private int losses; // the same, where there was an answer: all ends before it are judged
    private boolean removed;
    private OptionalInt lastExit = OptionalInt.empty();
    private OptionalInt exitBefore = OptionalInt.empty(); // what that was when the last death was told
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
    synchronized void meet(ContainerState now) {
        death = death == deathAsked ? Long.MAX_VALUE : death;
        container = now;
        seen = asked;
        losses = asking;
    }

    /** The container is like this, while reading is at a place. */
    void see(ContainerState now, Place at) {
        meet(now);
        if (at.started == Place.NONE) {
            at.started = now.started();
        }
        boolean before = restarted;
        restarted = now.started() != Place.NONE && now.started() != at.started;
        justRestarted = restarted && !before;
        boolean over = now.hasEnded() && now.finished() != Place.NONE;
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
            boolean died = event.action().equals("die") || event.action().equals("died"); // podman's word
            if (died && event.exitCode().isPresent()) { // what is executed in a container exits too
                exitBefore = lastExit;
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
        deathAsked = death;
        asked = starts;
        asking = daemon.outages().losses();
    }

    /**
     * Whether the container was started since it was asked for. With podman, which remembers nothing that could be asked for when it
     * is gone, also whether it perhaps was.
     */
    synchronized boolean wasStarted(boolean podman) {
        return started || podman && starts != asked;
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
    void takeAllAsItIs() {
        knownUntil = Long.MAX_VALUE;
        death = Long.MAX_VALUE;
    }

    /**
     * An entry is later. The container is looked at before the log is read on, and then an entry may be twice as late: so
     * it is looked at a few times only, however much of it was logged behind the end.
     */
    void waitFor(long time) {
        ContainerState now = container;
        long end = now != null && now.hasEnded() ? Math.min(now.finished(), death) : death;
        allowed = time + Math.max(time - end, LATE_NANOS);
    }

    /** Entries of the run that was not told yet are later than this. */
    private synchronized long endOfTheLast(ContainerState now) {
        long end = now.hasEnded() ? Place.NONE : now.finished();
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
            boolean isCut = at.cut && now.hasEnded() && cutAt == now.finished(); // the one that begins
            if (cutBefore || !isCut) {
                tellLoss(sink, at);
            }
            at.cut = isCut;
            at.started = now.started();
            at.finished = false;
            at.end = Place.End.OPEN;
            sink.event(new SourceEvent(SourceEvent.Kind.RESTARTED, "", takeExit(now.started()), "", -1));
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

    /** Whether a run has ended, behind a place, when the daemon was perhaps away, and that was not judged. */
    boolean isInDoubt(ContainerState now, Place at) {
        return isInDoubtBefore(now, at) || isLastInDoubt(now, at);
    }

    private static boolean isLater(ContainerState now, Place at) {
        return at.started != Place.NONE && now.started() != at.started;
    }

    private static boolean isRead(Place at) {
        return at.finished || at.end == Place.End.SEEN;
    }

    /** Whether that is so of the last end, of the run that is told now or is to be told next. */
    private boolean isLastInDoubt(ContainerState now, Place at) {
        boolean isBehind = isLater(now, at) ? now.hasEnded() : !now.isRunning() && !isRead(at);
        return isBehind && isEndInDoubt(now);
    }

    private boolean isEndInDoubt(ContainerState now) {
        return daemon.outages().overlap(losses, now.finished() - 1, now.finished());
    }

    /**
     * Whether that is so of a run before the one that is there now. Only the last end is told, and any time before may be that of
     * another one, back to where reading is, or to where the container was seen last.
     */
    private boolean isInDoubtBefore(ContainerState now, Place at) {
        if (!isLater(now, at)) {
            return at.started == Place.NONE && now.isRunning() && isEndInDoubt(now); // behind the first start
        }
        Outages outages = daemon.outages();
        ContainerState last = container;
        long behind = Math.max(at.started, at.anchor < 0 ? Place.NONE : at.time[at.anchor]);
        behind = last != null && last.hasEnded() ? Math.max(behind, last.finished()) : behind;
        boolean isStopped = outages.contain(Math.min(behind + SOON_NANOS, now.started()), now.started());
        if (isRead(at) && now.hasEnded() && isStopped) {
            return false; // or another run would have begun and ended in the one outage with its start, or right before
        }
        return outages.overlap(losses, behind, now.hasEnded() ? now.started() : now.finished());
    }

    /**
     * Judges the ends of runs behind a place. What was in a container's pipe when it ended was logged by nobody, if the daemon was
     * away: that is to be told where this run is told to be over, however many others follow until then.
     */
    void judge(ContainerState now, Place at) {
        if (isInDoubtBefore(now, at)) {
            cutBefore = true;
            at.cut = true;
        }
        if (isLastInDoubt(now, at)) {
            cutAt = now.finished();
            at.cut = true;
        }
    }

    /** Tells that what a run wrote before it ended may be lost, unless that was told; whether it was not. */
    boolean tellLoss(LineSink sink, Place at) {
        boolean was = at.cut;
        cutBefore = false;
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

    /** How the run before the one with this start has exited; that the next one has too may have been told. */
    private synchronized OptionalInt takeExit(long started) {
        boolean isNext = deaths[1] >= started;
        OptionalInt taken = isNext ? exitBefore : lastExit;
        lastExit = isNext ? lastExit : OptionalInt.empty();
        exitBefore = OptionalInt.empty();
        return taken;
    }
}
