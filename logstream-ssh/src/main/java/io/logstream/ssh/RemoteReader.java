package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import io.logstream.ssh.Beside.Known;
import io.logstream.ssh.Search.Found;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one remote log and what rotation makes of it. {@link #read} waits for nothing: it asks, and the answers wake it. What
 * needs several answers in turn, a {@link Search}, runs on a thread of its own, and its result is taken by the next read. While
 * it runs, nothing changes that it is about: no look is taken, and no file is entered or closed.
 */
final class RemoteReader implements LogReader {
    /** The most bytes of one call of {@link #read}, so that one file can't keep others waiting. */
    private static final int TURN_BYTES = 256 * 1024;

    private static final int LEAST_BYTES = 512;
    private static final long LOOK_INTERVAL = Duration.ofMillis(200).toNanos();

    /** A search; {@code holdsUp} says whether the current file is not read meanwhile. */
    private record Searching(CompletableFuture<Found> found, BiConsumer<Found, Long> use, boolean holdsUp) {}

    private final SshFileSource source;
    private final SourceContext context;
    private final Sftp sftp;
    private final Search search;
    private final Trail trail;
    private final Pace pace;
    private final Rest rest;
    private @Nullable Bell bell;
    /** Whether the file was written since it was asked for last, as the bell tells. */
    private volatile boolean rung;
    /** Whether the path was not looked at since the bell rang: it rings for another file as well. */
    private volatile boolean rungForLook;

    private @Nullable Look look;
    private @Nullable Searching searching;
    /** Why what is at the path now is not read; thrown when nothing more comes from the file that is open. */
    private @Nullable LogStreamException refusal;

    private long refusedAt;
    private boolean closed;

    private long lookedAt;

    RemoteReader(SshFileSource source, SourceContext context, Sftp sftp) {
        this.source = source;
        this.context = context;
        this.sftp = sftp;
        this.search = new Search(sftp, source.path(), source.connection().answerTimeout());
        long now = context.time().nanoTime();
        this.trail = new Trail(source, context::wake, now);
        this.pace = new Pace(source.pollInterval(), now);
        this.rest = new Rest(now);
        lookedAt = now;
    }

    /** Finds where to begin; may wait. */
    void begin(Start start) throws IOException, InterruptedException {
        if (start instanceof Start.At at) {
            Place place = Place.of(at.position());
            trail.leave(place);
            Found found = search.goOn(place, !place.isBlank(), Known.NOTHING);
            synchronized (this) {
                trail.appear(found, context.time().nanoTime());
            }
        } else {
            Found found = search.begin(start);
            long lines = start instanceof Start.Beginning ? 0 : -1;
            if (found.files().isEmpty()) {
                List<Place> ends = search.newestEnds();
                synchronized (this) {
                    trail.begin(ends, lines);
                }
            } else {
                synchronized (this) {
                    trail.begin(found.files().get(0), lines);
                }
            }
        }
        synchronized (this) {
            if (!source.follows()) {
                if (trail.current() == null) {
                    throw new LogStreamException(
                            sftp + ": there is no " + Text.escaped(source.path()) + ": follow it, or name a file");
                }
                trail.limit();
            } else if (source.mode() == SshFileSource.Mode.EXEC) {
                bell = new Bell(sftp, source.path(), this::ring);
            }
        }
    }

    private void ring() {
        rung = true;
        rungForLook = true;
        context.wake();
    }

    // ---- reading

    @Override
    public synchronized Outcome read(LineSink sink) throws IOException {
        source.connection().checkOpen();
        if (closed) {
            throw new IOException("the reader of " + source.identity() + " is closed");
        }
        long now = context.time().nanoTime();
        takeSearch(now);
        takeLook(now);
        trail.tell(sink);
        boolean more = handOver(sink, now);
        if (searching == null) { // what it uses is not closed
            more |= trail.handLate(sink, now);
            more |= advance(now);
        }
        trail.tell(sink);
        if (more) {
            return Outcome.MORE;
        }
        if (isComplete()) {
            return Outcome.END;
        }
        schedule(now);
        return isAllKnown() ? Outcome.WAIT : Outcome.PENDING;
    }

    /** Whether no answer is awaited that may tell of more: all of the file was read, or there was none. */
    private boolean isAllKnown() {
        ReadAhead reads = trail.current();
        return searching == null && !trail.hasNext() && (reads == null || reads.isRead());
    }

    private boolean handOver(LineSink sink, long now) throws IOException {
        ReadAhead reads = trail.current();
        int handed = 0;
        while (reads != null && !isHeldUp()) {
            int room = sink.room();
            if (handed > 0 && (room <= 0 || handed >= TURN_BYTES)) {
                return true;
            }
            switch (reads.next(now)) {
                case BYTES -> {
                    if (reads.file().isUnknown()) {
                        searchBefore(reads.file(), reads.file()::known, now);
                        return false;
                    }
                    handed += hand(reads, sink, room, now);
                }
                case END -> {
                    if (rung) {
                        continue; // it asks again
                    }
                    rest.nothing();
                    pollLater(now);
                    return false;
                }
                case SHRUNK, REWRITTEN -> {
                    searchCopy(reads.file(), now);
                    return false;
                }
                case PENDING -> {
                    return false;
                }
                case IDLE -> {
                    if (!pace.isDue(now) && !rung) {
                        return false;
                    }
                    if (isAtRest()) {
                        rest.glimpse(sftp, source.path(), context::wake);
                        pollLater(now);
                        return false;
                    }
                    rest.asked();
                    rung = false; // before it asks: what is written later rings again
                    reads.ask(now);
                    if (reads.isPending()) {
                        return false;
                    }
                }
            }
        }
        return false;
    }

    private int hand(ReadAhead reads, LineSink sink, int room, long now) {
        ByteBuffer bytes = reads.bytes();
        int length = Math.min(bytes.remaining(), Math.max(LEAST_BYTES, room));
        sink.bytes(Channel.STDOUT, bytes.limit(bytes.position() + length), LineSink.NO_TIME);
        reads.took(length);
        sink.position(trail.place().position(-1));
        trail.wasBusy(now);
        rest.bytes();
        pace.soon(now);
        return length;
    }

    private void pollLater(long now) {
        if (isRestless()) {
            pace.shortlyAgain(now);
        } else {
            pace.later(now);
        }
    }

    /** Whether something is about to change, so that looks are not to wait. */
    private boolean isRestless() {
        return trail.isRestless() || refusal != null;
    }

    /** Goes on to the next file, if it is time for that. Returns whether there is something to read at once. */
    private boolean advance(long now) {
        LogStreamException refused = refusal;
        if (refused != null && !trail.hasNext() && trail.isQuietSince(refusedAt)) {
            throw refused;
        }
        boolean entered = trail.advance(now);
        if (entered) {
            pace.soon(now);
        }
        return entered;
    }

    /** Without following: whether all was read that was there when it was found. */
    private boolean isComplete() {
        ReadAhead reads = trail.current();
        return !source.follows()
                && !trail.hasNext()
                && searching == null
                && reads != null
                && reads.isAtEnd()
                && trail.isLateDone();
    }

    /** What was asked for wakes by itself, also when the connection is lost. */
    private void schedule(long now) {
        ReadAhead reads = trail.current();
        long soon = Long.MAX_VALUE;
        if (reads == null) {
            soon = Math.min(soon, look == null && searching == null ? pace.in(now) : soon);
        } else if (!reads.isPending() && !isHeldUp()) {
            soon = Math.min(soon, pace.in(now));
        }
        if (searching == null) {
            soon = Math.min(soon, Math.max(1_000_000, trail.lateIn(now)));
            boolean looks = rungForLook && look == null && reads != null;
            soon = looks ? Math.min(soon, Math.max(0, LOOK_INTERVAL - (now - lookedAt))) : soon;
        }
        if (soon < Long.MAX_VALUE) {
            context.wakeWithin(Duration.ofNanos(soon));
        }
    }

    // ---- what is at the path

    /** Whether a glimpse tells if there is anything new. */
    private boolean isAtRest() {
        return source.follows()
                && !rung
                && !rungForLook
                && look == null
                && searching == null
                && !isRestless()
                && rest.isEnough(trail.current(), trail.newest());
    }

    private void takeLook(long now) throws IOException {
        if (searching != null) {
            look = null; // it may be about what was there before
            return;
        }
        Look running = look;
        if (running != null && running.isDone()) {
            look = null;
            take(running, now);
        }
        if (rest.beginsRound(now)) {
            pace.now(now);
            lookedAt = now - LOOK_INTERVAL;
        }
        boolean following = trail.current() != null;
        if (look != null || searching != null || isAtRest() || (!source.follows() && following)) {
            return;
        }
        if (!following && rung) {
            rung = false;
            pace.now(now);
        }
        long interval = !following ? 0 : isRestless() ? Pace.FIRST : LOOK_INTERVAL;
        if (now - lookedAt >= interval && (following || pace.isDue(now))) {
            lookedAt = now;
            rungForLook = false;
            if (!following) {
                pace.later(now);
            }
            look = new Look(sftp, source.path(), trail.newest(), context::wake);
        }
    }

    private void take(Look done, long now) throws IOException {
        RemoteFile newest = trail.newest();
        switch (done.verdict()) {
            case SAME -> {
                trail.found();
                refusal = null;
                if (newest != null) {
                    compare(newest, done.seen(), now);
                }
            }
            case NOTHING -> {
                refusal = null;
                trail.missed(now);
            }
            case OTHER -> {
                if (newest == null) {
                    searchOn();
                } else {
                    searchNext(newest);
                }
            }
        }
    }

    private void compare(RemoteFile newest, Attributes seen, long now) {
        newest.seen(seen, now);
        ReadAhead reads = trail.current();
        boolean written = seen.size() == 0 && seen.modified() != newest.modified();
        if (written && reads != null && reads.file() == newest && newest.isUnknown()) {
            searchBefore(newest, () -> newest.modified(seen.modified()), now);
            return;
        }
        if (rest.isComparedNow(newest, seen, now)) {
            searchNext(newest);
        }
    }

    // ---- searching

    private void searchOn() {
        Place place = trail.left();
        boolean unread = trail.isLeftUnread();
        Known known = trail.known();
        search(false, () -> search.goOn(place, unread, known), (found, now) -> {
            trail.appear(found, now);
            pace.soon(now);
        });
    }

    private void searchNext(RemoteFile newest) {
        Handle handle = newest.handle();
        long generation = newest.generation() + 1;
        long since = newest.modified();
        Known known = trail.known();
        search(false, () -> search.another(handle, generation, since, known), (found, now) -> {
            trail.follow(found, now);
            if (trail.hasNext()) {
                pace.now(now);
            }
        });
    }

    private void searchCopy(RemoteFile file, long now) {
        if (searching != null) {
            pace.shortly(now); // it is found to be cut again then
            return;
        }
        Place place = file.place();
        long size = file.seenSize();
        Known known = trail.known();
        search(true, () -> search.afterCut(file.handle(), place, size, known), (found, later) -> {
            trail.restart(found, later);
            pace.soon(later);
        });
    }

    /** The file has first bytes, or was written although it has none: another content may have come and gone. */
    private void searchBefore(RemoteFile file, Runnable done, long now) {
        if (searching != null) {
            pace.shortly(now);
            return;
        }
        long since = file.modified();
        Known known = trail.known();
        search(true, () -> search.beforeFirstBytes(since, known), (found, later) -> {
            done.run();
            trail.tellUnread(found);
        });
    }

    private boolean isHeldUp() {
        Searching running = searching;
        return running != null && running.holdsUp;
    }

    private void search(boolean holdsUp, Searches.Task task, BiConsumer<Found, Long> use) {
        CompletableFuture<Found> result =
                sftp.searches().begin(context.blocking(), () -> isClosed() ? Found.NONE : task.run());
        searching = new Searching(result, use, holdsUp);
        CompletableFuture<?> unused = result.whenComplete((found, failure) -> {
            if (found != null) {
                discardIfClosed(found);
            }
            context.wake();
        });
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void discardIfClosed(Found found) {
        if (closed) {
            found.close();
        }
    }

    private void takeSearch(long now) throws IOException {
        Searching done = searching;
        if (done == null || !done.found.isDone()) {
            return;
        }
        searching = null;
        try {
            done.use.accept(done.found.join(), now);
        } catch (CompletionException e) {
            if (e.getCause() instanceof LogStreamException refused && trail.current() != null) {
                refusedAt = refusal == null ? now : refusedAt;
                refusal = refused;
                return;
            }
            if (e.getCause() instanceof RuntimeException other) {
                throw other;
            }
            throw Search.failure(e.getCause());
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Searching running = searching;
        if (running != null && running.found.isDone() && !running.found.isCompletedExceptionally()) {
            running.found.join().close();
        }
        Bell hung = bell;
        if (hung != null) {
            hung.close();
        }
        trail.close();
        source.connection().release(sftp);
    }
}
