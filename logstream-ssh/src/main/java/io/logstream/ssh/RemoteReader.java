package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import io.logstream.ssh.Search.Found;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one remote log and what rotation makes of it. {@link #read} waits for nothing: it asks, and the answers wake it. What
 * needs several answers in turn, a {@link Search}, runs on a thread of its own, and its result is taken by the next read.
 *
 * <pre>
 *   current  the file that is read     next  those that follow it     late  those before it, which may still be written to
 *
 *   look: another file at the path -> search -> next          look: nothing there -> missing
 *   current is read to its end, and quiet -> late; the first of next -> current
 *   current was cut -> search for a copy -> current = the copy, next = the file from its beginning
 * </pre>
 */
final class RemoteReader implements LogReader {
    /** The most bytes of one call of {@link #read}, so that one file can't keep others waiting. */
    private static final int TURN_BYTES = 256 * 1024;

    private static final int LEAST_BYTES = 512;
    private static final long FIRST_DELAY = Duration.ofMillis(20).toNanos();
    private static final long LOOK_INTERVAL = Duration.ofMillis(200).toNanos();
    /**
     * When a file that looks the same as before is compared with what is at the path, byte for byte, counted from when it came to
     * look so: another one of this size could have been written in the same second, but not later.
     */
    private static final long[] COMPARISONS = {
        Duration.ofMillis(200).toNanos(),
        Duration.ofSeconds(1).toNanos(),
        Duration.ofMillis(2500).toNanos()
    };
    /** How long a file that is never quiet is read before the next one follows. */
    private static final long DRAIN_CAP = Duration.ofSeconds(5).toNanos();
    /** How long a file that is gone is held open. */
    private static final long HOLD = Duration.ofSeconds(60).toNanos();

    /** A file that follows. */
    private record Next(RemoteFile file, boolean gapBefore, Kind entry, boolean drain, long foundAt) {}

    private interface Task {
        Found run() throws IOException, InterruptedException;
    }

    private record Searching(CompletableFuture<Found> found, Consumer<Found> use) {}

    private final SshFileSource source;
    private final SourceContext context;
    private final Sftp sftp;
    private final Search search;
    private final LateLines late;
    private final Deque<Next> next = new ArrayDeque<>();
    private final List<Consumer<LineSink>> notices = new ArrayList<>();

    private @Nullable ReadAhead current;
    /** Where to go on when a file is at the path, if none is open. */
    private Place left = Place.NOTHING;
    /** Whether lines behind that place may be in a file that is gone. */
    private boolean leftUnread;

    private @Nullable Look look;
    private @Nullable Searching searching;
    /** Why what is at the path now is not read; thrown when nothing more comes from the file that is open. */
    private @Nullable LogStreamException refusal;

    private boolean cut;
    private boolean missing;
    private boolean goneTold;
    private boolean closed;

    private long delay = FIRST_DELAY;
    private long pollAt;
    private long lookedAt;
    private long busyAt;
    private long endSeenAt;
    private long missingSince;
    private long heardAt;
    private @Nullable Attributes lookedLike;
    private long lookedLikeSince;
    private int comparisons;
    private long refusedAt;

    RemoteReader(SshFileSource source, SourceContext context, Sftp sftp) {
        this.source = source;
        this.context = context;
        this.sftp = sftp;
        this.search = new Search(sftp, source.path(), source.connection().answerTimeout());
        this.late = new LateLines(context::wake);
        long now = context.time().nanoTime();
        pollAt = now;
        lookedAt = now;
        busyAt = now;
        endSeenAt = now - 1;
        heardAt = now;
    }

    // ---- beginning; may wait

    void begin(Start start) throws IOException, InterruptedException {
        if (start instanceof Start.At at) {
            left = Place.of(at.position());
            leftUnread = !left.isBlank();
            Found found = search.goOn(left);
            synchronized (this) {
                appear(found);
            }
            return;
        }
        RemoteFile file = search.open(0);
        if (file == null) {
            synchronized (this) {
                tellPosition(start instanceof Start.Beginning ? 0 : -1);
                awaitAppearance();
            }
            return;
        }
        boolean begun = false;
        try {
            search.begin(file, start);
            begun = true;
        } finally {
            if (!begun) {
                file.close();
            }
        }
        synchronized (this) {
            current = new ReadAhead(file, context::wake);
            tellPosition(start instanceof Start.Beginning ? 0 : -1);
        }
    }

    private void awaitAppearance() {
        event(Kind.WAITING, "there is no " + Text.escaped(source.path()));
        goneTold = true;
    }

    // ---- notices

    private void event(Kind kind, String detail) {
        notices.add(sink -> sink.event(SourceEvent.of(kind, detail)));
    }

    private void tellPosition(long lines) {
        ReadAhead reads = current;
        Place place = reads == null ? left : reads.file().place();
        notices.add(sink -> sink.position(place.position(lines)));
    }

    private void tell(LineSink sink) {
        notices.forEach(notice -> notice.accept(sink));
        notices.clear();
    }

    // ---- reading

    @Override
    public synchronized Outcome read(LineSink sink) throws IOException {
        source.connection().checkOpen();
        if (closed) {
            throw new IOException("the reader of " + source.identity() + " is closed");
        }
        long now = context.time().nanoTime();
        takeSearch();
        takeLook(now);
        tell(sink);
        boolean more = handOver(sink, now);
        tell(sink);
        ReadAhead reads = current;
        if (reads != null && mayHandLate(reads) && late.hand(sink, now)) {
            sink.position(reads.file().place().position(-1));
            busyAt = now;
            more = true;
        }
        more |= advance(now);
        tell(sink);
        if (more) {
            return Outcome.MORE;
        }
        if (!source.follows() && isComplete()) {
            return Outcome.END;
        }
        schedule(now);
        return Outcome.WAIT;
    }

    /** Between two lines; and what a search uses is not closed. */
    private boolean mayHandLate(ReadAhead reads) {
        return !reads.file().isLineOpen() && searching == null;
    }

    private boolean handOver(LineSink sink, long now) throws IOException {
        ReadAhead reads = current;
        int handed = 0;
        while (reads != null && !cut) {
            int room = sink.room();
            if (handed > 0 && (room <= 0 || handed >= TURN_BYTES)) {
                return true;
            }
            switch (reads.next()) {
                case BYTES -> {
                    ByteBuffer bytes = reads.bytes();
                    int length = Math.min(bytes.remaining(), Math.max(LEAST_BYTES, room));
                    sink.bytes(Channel.STDOUT, bytes.limit(bytes.position() + length), LineSink.NO_TIME);
                    reads.took(length);
                    sink.position(reads.file().place().position(-1));
                    handed += length;
                    heardAt = now;
                    busyAt = now;
                    delay = FIRST_DELAY;
                    pollAt = now;
                }
                case END -> {
                    heardAt = now;
                    endSeenAt = now;
                    pollAt = now + (isRestless() ? FIRST_DELAY : delay);
                    delay = Math.min(source.pollInterval().toNanos(), delay + delay / 4);
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
                    if (pollAt - now > 0) {
                        return false;
                    }
                    reads.ask();
                    heardAt = now;
                    if (reads.isPending()) {
                        return false;
                    }
                }
            }
        }
        return false;
    }

    /** Whether something is about to change, so that looks are not to wait. */
    private boolean isRestless() {
        return !next.isEmpty() || refusal != null || (missing && !goneTold);
    }

    /** Without following: whether the end was reached that the file had when it was opened, or later. */
    private boolean isComplete() {
        boolean waits = current == null || endSeenAt - busyAt >= 0;
        return next.isEmpty() && searching == null && look == null && waits;
    }

    private void schedule(long now) throws IOException {
        ReadAhead reads = current;
        boolean pending = (reads != null && reads.isPending()) || look != null || late.isPending();
        long patience = source.connection().answerTimeout().toNanos();
        if (pending && now - heardAt >= patience) {
            IOException silent = new IOException("the SFTP server has not answered for "
                    + source.connection().answerTimeout().toSeconds() + " s");
            sftp.fail(silent);
            throw silent;
        }
        long soon = pending ? patience - (now - heardAt) : Long.MAX_VALUE;
        if (reads == null) {
            soon = Math.min(soon, look == null && searching == null ? Math.max(0, pollAt - now) : soon);
        } else if (!reads.isPending() && !cut) {
            soon = Math.min(soon, Math.max(0, pollAt - now));
        }
        if (!late.isEmpty() && reads != null && mayHandLate(reads)) {
            soon = Math.min(soon, Math.max(1_000_000, late.dueIn(now)));
        }
        if (soon < Long.MAX_VALUE) {
            context.wakeWithin(Duration.ofNanos(soon));
        }
    }

    // ---- what is at the path

    private void takeLook(long now) throws IOException {
        Look running = look;
        if (running != null && running.isDone()) {
            look = null;
            heardAt = now;
            take(running.verdict(), running.seen(), now);
        }
        if (look != null || searching != null || !source.follows() && current != null) {
            return;
        }
        long interval = current == null ? 0 : isRestless() ? FIRST_DELAY : LOOK_INTERVAL;
        if (now - lookedAt >= interval && (current != null || pollAt - now <= 0)) {
            lookedAt = now;
            heardAt = now;
            if (current == null) {
                pollAt = now + delay;
                delay = Math.min(source.pollInterval().toNanos(), delay + delay / 4);
            }
            look = new Look(sftp, source.path(), newest(), context::wake);
        }
    }

    private @Nullable RemoteFile newest() {
        ReadAhead reads = current;
        return !next.isEmpty() ? next.getLast().file() : reads == null ? null : reads.file();
    }

    private void take(Look.Verdict verdict, @Nullable Attributes seen, long now) {
        RemoteFile newest = newest();
        switch (verdict) {
            case SAME -> {
                if (missing && goneTold) {
                    event(Kind.APPEARED, "");
                }
                missing = false;
                goneTold = false;
                refusal = null;
                compare(newest, seen, now);
            }
            case NOTHING -> {
                refusal = null;
                if (newest != null && !missing) {
                    missing = true;
                    missingSince = now;
                }
            }
            case OTHER -> {
                if (newest == null) {
                    Place place = left;
                    search(() -> search.goOn(place), this::appear);
                } else {
                    searchNext(newest);
                }
            }
        }
    }

    private void compare(@Nullable RemoteFile newest, @Nullable Attributes seen, long now) {
        if (newest == null || seen == null) {
            return;
        }
        if (!seen.equals(lookedLike)) {
            lookedLike = seen;
            lookedLikeSince = now;
            comparisons = 0;
        } else if (comparisons < COMPARISONS.length && now - lookedLikeSince >= COMPARISONS[comparisons]) {
            comparisons++;
            searchNext(newest);
        }
    }

    private void searchNext(RemoteFile newest) {
        List<RemoteFile> older = new ArrayList<>(late.open());
        ReadAhead reads = current;
        if (reads != null && reads.file() != newest) {
            older.add(reads.file());
        }
        next.stream().map(Next::file).filter(file -> file != newest).forEach(older::add);
        List<Attributes> finished = late.finished();
        search(
                () -> {
                    Found found = search.another(newest, older, finished);
                    return found == null ? Found.NONE : found;
                },
                found -> {
                    if (!found.files().isEmpty()) {
                        Kind entry = missing && goneTold ? Kind.APPEARED : Kind.ROTATED;
                        missing = false;
                        goneTold = false;
                        long now = context.time().nanoTime();
                        next.add(new Next(found.files().get(0), found.gapBeforeLast(), entry, true, now));
                        pollAt = now;
                    }
                });
    }

    /** The log is there: for the first time, again, or as it is where a reader begins at a position. */
    private void appear(Found found) {
        if (found.files().isEmpty()) {
            if (!goneTold) {
                tellPosition(-1);
                awaitAppearance();
            }
            return;
        }
        long now = context.time().nanoTime();
        if (goneTold) {
            event(Kind.APPEARED, "");
        }
        goneTold = false;
        missing = false;
        RemoteFile first = found.files().get(0);
        boolean alone = found.files().size() == 1;
        if (alone && found.gapBeforeLast() && (leftUnread || left.isBlank())) {
            Gap.Reason reason = left.isBlank() ? Gap.Reason.ROTATED : Gap.Reason.MISMATCH;
            notices.add(sink -> sink.gap(-1, reason));
        }
        current = new ReadAhead(first, context::wake);
        tellPosition(-1);
        if (!alone) {
            next.add(new Next(found.files().get(1), found.gapBeforeLast(), Kind.ROTATED, true, now));
        }
        delay = FIRST_DELAY;
        pollAt = now;
        busyAt = now;
    }

    // ---- a file that was cut

    private void searchCopy(RemoteFile file, long now) {
        if (searching != null) {
            pollAt = now + FIRST_DELAY; // it is found to be cut again then
            return;
        }
        cut = true;
        search(
                () -> {
                    RemoteFile copy = search.copyOf(file);
                    return copy == null ? Found.NONE : new Found(List.of(copy), false);
                },
                found -> restart(
                        file, found.files().isEmpty() ? null : found.files().get(0)));
    }

    private void restart(RemoteFile file, @Nullable RemoteFile copy) {
        cut = false;
        long now = context.time().nanoTime();
        pollAt = now;
        delay = FIRST_DELAY;
        if (copy != null) {
            file.restart();
            current = new ReadAhead(copy, context::wake);
            next.addFirst(new Next(file, false, Kind.TRUNCATED, false, now));
            return;
        }
        if (file.isBehind()) {
            notices.add(sink -> sink.gap(-1, Gap.Reason.TRUNCATED));
        } else if (file.isLineOpen()) {
            notices.add(sink -> sink.endLine(Channel.STDOUT));
        }
        file.restart();
        event(Kind.TRUNCATED, "");
        tellPosition(-1);
    }

    // ---- from file to file

    /** Goes on to the next file if the current one is at its end. Returns whether there is something to read at once. */
    private boolean advance(long now) {
        ReadAhead reads = current;
        if (reads == null || cut || searching != null) { // what a search uses is not closed
            return false;
        }
        Next following = next.peek();
        if (refusal != null
                && following == null
                && endSeenAt - Math.max(busyAt, refusedAt) >= source.drainTime().toNanos()) {
            throw refusal;
        }
        if (following != null) {
            boolean ended = endSeenAt - Math.max(busyAt, following.foundAt) >= 0;
            long drain = source.drainTime().toNanos();
            boolean quiet = endSeenAt - Math.max(busyAt, following.foundAt) >= drain;
            if (ended && (quiet || !following.drain || next.size() > 1)
                    || (endSeenAt - following.foundAt >= 0 && now - following.foundAt >= DRAIN_CAP)) {
                next.remove();
                enter(reads, following, now);
                return true;
            }
        } else if (missing) {
            long quiet = endSeenAt - Math.max(busyAt, missingSince);
            if (!goneTold && quiet >= source.drainTime().toNanos()) {
                goneTold = true;
                event(Kind.DISAPPEARED, "");
            }
            if (goneTold && quiet >= HOLD) {
                left = reads.file().place();
                leftUnread = false;
                reads.close();
                current = null;
            }
        }
        return false;
    }

    private void enter(ReadAhead before, Next following, long now) {
        RemoteFile file = following.file;
        if (before.file().isLineOpen()) {
            notices.add(sink -> sink.endLine(Channel.STDOUT));
        }
        file.generation(Math.max(file.generation(), before.file().generation() + 1));
        before.drop();
        late.add(before.file(), now);
        if (following.gapBefore) {
            notices.add(sink -> sink.gap(-1, Gap.Reason.ROTATED));
        }
        event(following.entry, "");
        current = new ReadAhead(file, context::wake);
        tellPosition(-1);
        busyAt = now;
        pollAt = now;
        delay = FIRST_DELAY;
    }

    // ---- searching

    private void search(Task task, Consumer<Found> use) {
        CompletableFuture<Found> result = new CompletableFuture<>();
        searching = new Searching(result, use);
        context.blocking().execute(() -> {
            try {
                result.complete(task.run());
            } catch (InterruptedException e) {
                result.completeExceptionally(new IOException("interrupted", e));
            } catch (IOException | RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
            discardIfClosed(result);
            context.wake();
        });
    }

    private synchronized void discardIfClosed(CompletableFuture<Found> result) {
        if (closed && !result.isCompletedExceptionally()) {
            result.join().close();
        }
    }

    private void takeSearch() throws IOException {
        Searching done = searching;
        if (done == null || !done.found.isDone()) {
            return;
        }
        searching = null;
        try {
            done.use.accept(done.found.join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof LogStreamException refused && current != null) {
                refusedAt = refusal == null ? context.time().nanoTime() : refusedAt;
                refusal = refused;
                return;
            }
            if (e.getCause() instanceof RuntimeException other) {
                throw other;
            }
            throw Search.failure(e.getCause());
        }
        heardAt = context.time().nanoTime();
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
        ReadAhead reads = current;
        if (reads != null) {
            reads.close();
        }
        next.forEach(one -> one.file.close());
        late.close();
        source.connection().release(sftp);
    }
}
