package io.logstream.internal.file;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Reads one log file and what rotation makes of it. Called by one thread at a time; {@link #close} may come from another
 * one, and then the files are closed when the read that is running returns.
 */
public final class FileReader implements LogReader {
    /** The most bytes of one call of {@link #read}, so that one file can't keep others waiting. */
    private static final int TURN_BYTES = 256 * 1024;
    /** Even if the sink has less room: a read costs the same for all of these. */
    private static final int LEAST_BYTES = 512;
    /** From how many bytes on only whole lines are handed over if more is there: whole lines are cheaper than halves. */
    private static final int BULK_BYTES = 64 * 1024;
    /** How many of them may be read again for that. */
    private static final int LOOK_BACK = 4096;
    /** The first read, with the anchor before it: no more, as long as there is no more, so that idle files need no buffer. */
    private static final int FIRST_BYTES = 8192 - FollowedFile.AT;

    private static final long FIRST_DELAY = Duration.ofMillis(1).toNanos();
    /** The delay while a file is drained. */
    private static final long RESTLESS_DELAY = Duration.ofMillis(20).toNanos();
    /** How soon a watched file is read without a hint: writes on another path, or through a memory map, make no event. */
    private static final long SWEEP = Duration.ofSeconds(1).toNanos();
    /** How seldom, once it has been quiet for long: thousands of idle files shall cost next to nothing. */
    private static final long IDLE_SWEEP = Duration.ofSeconds(10).toNanos();
    /** Idle files are looked at many at a time, since to wake a thread costs more than a look. */
    private static final long TICK = Duration.ofMillis(500).toNanos();

    /** How long NULs at the end of a file on a remote file system are not believed. */
    private static final long REMOTE_NULS = Duration.ofSeconds(5).toNanos();

    private static final long NEVER = Long.MIN_VALUE;
    private static final int IDLE = 0;
    private static final int READING = 1;
    private static final int CLOSED = 2;
    private static final AtomicIntegerFieldUpdater<FileReader> USE =
            AtomicIntegerFieldUpdater.newUpdater(FileReader.class, "use");

    private final FileSettings settings;
    private final PathWatch watch;
    private final Trail trail;
    /** For files on remote file systems only. */
    private final @Nullable RemoteHandle remote;

    @SuppressWarnings("UnusedVariable") // by its updater
    private volatile int use = IDLE;

    private long delay = FIRST_DELAY / 2;
    private long nulsSince = NEVER;
    /** Why what is at the path now is not read; thrown when nothing more comes to the files that are open. */
    private @Nullable LogStreamException refusal;

    private int reach;

    private long quietSince;

    private FileReader(FileSettings settings, FileAccess access, PathWatch watch, Trail trail) {
        this.settings = settings;
        this.remote = watch.isLocal() ? null : new RemoteHandle(access, settings.path());
        this.watch = watch;
        this.trail = trail;
        this.reach = Math.min(settings.readSize(), FIRST_BYTES);
    }

    /**
     * Opens the file, or begins to wait for it.
     *
     * @param settings how
     * @param start where reading begins
     * @param context what the hub offers
     * @return the reader
     * @throws IOException if it can't be opened now
     * @throws InterruptedException if the thread was interrupted
     */
    public static FileReader open(FileSettings settings, Start start, SourceContext context)
            throws IOException, InterruptedException {
        return open(settings, start, context, FileAccess.system(), FileWatch.shared());
    }

    static FileReader open(
            FileSettings settings, Start start, SourceContext context, FileAccess access, FileWatch watching)
            throws IOException, InterruptedException {
        FileAccess files = settings.followLinks() ? access : new NoLinks(access);
        PathWatch watch = new PathWatch(settings, files, watching, context);
        Trail trail = new Trail(settings, files, watch, context.time());
        FileReader reader = new FileReader(settings, files, watch, trail);
        boolean begun = false;
        try {
            trail.begin(start, context.time().nanoTime());
            begun = true;
            return reader;
        } finally {
            if (!begun) {
                reader.close();
            }
        }
    }

    @Override
    public Outcome read(LineSink sink) throws IOException {
        if (!USE.compareAndSet(this, IDLE, READING)) {
            throw new IOException("the reader of " + settings.path() + " is closed");
        }
        try {
            return readOn(sink);
        } finally {
            if (!USE.compareAndSet(this, READING, IDLE)) {
                free();
            }
        }
    }

    private Outcome readOn(LineSink sink) throws IOException {
        long now = watch.context().time().nanoTime();
        boolean due = settings.follow() && (watch.isChanged() || trail.sinceLook(now) >= lookInterval());
        if (due || trail.isLookDue()) {
            look(now);
        }
        trail.tell(sink);
        boolean more = handOver(sink, now);
        trail.tell(sink); // an end of a line, before late lines come
        if (trail.hasDrained()) {
            int most = settings.readSize();
            more |= trail.handLate(sink, ReadBuffer.get(most + FollowedFile.AT), most, now);
        }
        more = more || trail.advance(now);
        trail.tell(sink);
        if (more) {
            return Outcome.MORE;
        }
        if (trail.isComplete()) {
            return Outcome.END;
        }
        if (refusal != null
                && !trail.isRestless()
                && now - quietSince >= settings.drainTime().toNanos()) {
            throw refusal;
        }
        SourceContext context = watch.context();
        context.wakeWithin(Duration.ofNanos(nextDelay(context.time().nanoTime())));
        return Outcome.WAIT;
    }

    private void look(long now) throws IOException {
        try {
            trail.look(now);
            refusal = null;
        } catch (LogStreamException e) {
            if (trail.current() == null) {
                throw e;
            }
            quietSince = refusal == null ? now : quietSince;
            refusal = e;
        }
        FollowedFile file = trail.current();
        if (file != null && remote != null && trail.isRestless()) {
            remote.followName(file, now);
        }
    }

    /** Hands over what is there. Returns whether there is something to read at once. */
    private boolean handOver(LineSink sink, long now) throws IOException {
        int handed = 0;
        while (handed < TURN_BYTES) {
            FollowedFile file = trail.current();
            int room = sink.room();
            if (file == null || (room <= 0 && handed > 0)) {
                return file != null;
            }
            int wanted = Math.min(Math.min(reach, TURN_BYTES - handed), Math.max(LEAST_BYTES, room));
            byte[] buffer = ReadBuffer.get(wanted + FollowedFile.AT);
            int fresh = file.read(buffer, wanted);
            reach = Math.min(settings.readSize(), fresh < wanted ? FIRST_BYTES : 4 * wanted);
            if (fresh < 0) {
                if (remote != null && trail.sinceLook(now) >= RESTLESS_DELAY) {
                    look(now); // is it cut, or another file that is at its path?
                    if (refusal == null) {
                        remote.openAgain(file);
                    }
                    return true;
                }
                return trail.cut(file, fresh, now);
            }
            if (trail.takePositionDue()) {
                sink.position(trail.mark(file).position(-1));
            }
            if (fresh == 0) {
                failIfStale(file, now);
                trail.wasCaughtUp();
                return false;
            }
            int settled = countSettled(buffer, fresh, now);
            int none = file.isBegun() ? 0 : file.countNoContent(buffer, settled);
            if (none > 0) {
                file.passed(buffer, none);
                sink.position(trail.mark(file).position(-1));
            }
            int whole = file.units().whole(buffer, FollowedFile.AT + none, settled - none);
            if (whole >= BULK_BYTES && file.isBehind(fresh)) {
                whole = file.units().wholeLines(buffer, FollowedFile.AT + none, whole, LOOK_BACK);
            }
            if (whole > 0) {
                hand(sink, file, buffer, FollowedFile.AT + none, whole);
            } else if (none == 0) {
                return false;
            }
            trail.wasBusy(now);
            if (delay >= SWEEP) {
                watch.sweptUp();
            }
            if (remote != null) {
                remote.wasRead();
            }
            quietSince = now;
            delay = FIRST_DELAY / 2;
            handed += fresh;
            if (!file.isBehind()) {
                trail.wasCaughtUp();
                return false;
            }
        }
        return true;
    }

    /** To be opened again at the same byte finds the file wherever it is now. */
    private void failIfStale(FollowedFile file, long now) throws IOException {
        boolean comparable = settings.follow() && !trail.isRestless() && !trail.isMissing();
        if (remote != null && comparable && remote.isStale(file, now)) {
            throw new IOException(settings.path() + " names another file than the open one");
        }
    }

    /** How many bytes there are without the NULs at the end, which on a remote file system may be bytes on their way. */
    private int countSettled(byte[] buffer, int fresh, long now) {
        if (watch.isLocal()) {
            return fresh;
        }
        int settled = fresh;
        while (settled > 0 && buffer[FollowedFile.AT + settled - 1] == 0) {
            settled--;
        }
        if (settled == fresh) {
            nulsSince = NEVER;
            return fresh;
        }
        nulsSince = nulsSince == NEVER ? now : nulsSince;
        return now - nulsSince >= REMOTE_NULS ? fresh : settled;
    }

    private void hand(LineSink sink, FollowedFile file, byte[] buffer, int from, int length) {
        sink.bytes(Channel.STDOUT, file.units().bytes(buffer, from, length), LineSink.NO_TIME);
        file.took(buffer, from, length);
        sink.position(trail.mark(file).position(-1));
    }

    private long lookInterval() {
        if (!watch.isTrusted() || isRestless()) {
            return settings.pollInterval().toNanos();
        }
        return IDLE_SWEEP - TICK;
    }

    private boolean isRestless() {
        return trail.isRestless() || refusal != null;
    }

    private long nextDelay(long now) {
        long most = settings.pollInterval().toNanos();
        if (isRestless()) {
            return Math.min(RESTLESS_DELAY, most);
        }
        if (watch.isTrusted() && !trail.hasDrained()) {
            delay = Math.min(IDLE_SWEEP, Math.max(SWEEP, 2 * delay));
            long next = Math.min(delay, Math.max(SWEEP, IDLE_SWEEP - trail.sinceLook(now)));
            return next - Math.floorMod(now + next, TICK);
        }
        delay = Math.min(2 * delay, watch.isTrusted() ? SWEEP : most);
        return Math.min(delay, Math.max(FIRST_DELAY, lookInterval() - trail.sinceLook(now)));
    }

    @Override
    public void close() {
        if (USE.getAndSet(this, CLOSED) == IDLE) {
            free();
        }
    }

    private void free() {
        watch.close();
        trail.close();
    }
}
