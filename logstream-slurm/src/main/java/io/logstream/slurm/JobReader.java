package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log of one job through its life:
 *
 * <pre>{@code
 *              nodes                  flag                      not completing, or forgotten
 *   WAITING ----------> RUNNING ------------> COMPLETING ------------------------------> OVER
 *      |  ^                |                      |                                        |
 *      |  +----------------+----------------------+                                        | quiet for the
 *      |      requeued: the same file, or another one                                      | settle time
 *      +-----------------------------------------------------------------------------------+
 *         cancelled before it began: no log                                             FINISHED, END
 * }</pre>
 *
 * Where it stands in this is what the cluster said last ({@link SlurmJob}); what the reader keeps is what of it was told
 * ({@link JobLife}) and the file of each channel ({@link ChannelLog}). Files are read in each of these states, also when the
 * cluster does not answer: the file of a job that waits is opened at its end, as what it has is an older job's, and one
 * that is not there yet is waited for at the likeliest place, until there is one at another.
 *
 * <p>Called by one thread at a time; {@link #close} may come from another one.
 */
final class JobReader implements LogReader {
    private static final Logger LOG = LoggerFactory.getLogger(JobReader.class);
    private static final long NEVER = Long.MIN_VALUE;
    /** How often the places are looked at where a file may be that is not there yet. */
    private static final Duration SEARCH = Duration.ofMillis(500);
    /** How long a job must run until it has cut its file for certain. */
    private static final Duration CUT = Duration.ofSeconds(1);
    /** How often it is looked whether a file may be left for another one. */
    private static final Duration DRAIN = Duration.ofMillis(100);
    /** How long a job must run without a file until that is told: it has one soon after it begins. */
    private static final Duration MISSING = Duration.ofSeconds(3);
    /** How long an event waits for the lines that were written before it. */
    private static final Duration LATEST = Duration.ofSeconds(1);
    /** How long a job must be over for its files to be complete whatever the clocks of the cluster say. */
    private static final Duration LONG_OVER = Duration.ofSeconds(60);

    private final SlurmJobSource source;
    private final SourceContext context;
    private final Poller.Watch watch;
    private final Candidates files;
    private final JobLife life;
    private final ChannelLog out;
    private final ChannelLog err;
    private final Start start;
    private Poller.Known known = Poller.Known.NOTHING;
    /** What was last known of it; null where Slurm knows nothing and the user has told where its files are. */
    private @Nullable SlurmJob job;

    private boolean hasBegun;
    private boolean isErrFirst;
    private boolean isLeaving;
    private boolean isFinal;
    private long toldAt = NEVER;
    private boolean isMissingTold;
    private boolean isAskedSoon;
    private volatile boolean isSearchDue;
    /** Whether a channel that should have a file has none. */
    private boolean isLacking;

    /** Whether it waited while it was read: a place that was given before then is in an earlier run's file. */
    private boolean isNextRun;

    private long searchedAt;
    private boolean isRenewed;
    /** The answers to what is asked for when the log is complete. */
    private CompletableFuture<?> renewed = CompletableFuture.completedFuture(null);

    private long runningSince = NEVER;
    private long overSince = NEVER;
    private long quietSince;

    JobReader(SlurmJobSource source, SourceContext context, Poller.Watch watch, Start start) {
        this.source = source;
        this.context = context;
        this.watch = watch;
        this.start = start;
        files = new Candidates(source, context, () -> isSearchDue = true);
        life = new JobLife(source.job());
        JobPosition at = start instanceof Start.At place ? JobPosition.parse(place.position()) : null;
        out = new ChannelLog(Channel.STDOUT, this::tellPlace, at == null ? null : at.out());
        err = new ChannelLog(Channel.STDERR, this::tellPlace, at == null ? null : at.err());
    }

    /** Asks the cluster for the first time, and opens what is there. */
    void begin() throws IOException, InterruptedException {
        Poller.Known first = watch.await();
        SlurmJob found = source.id().in(first.jobs());
        source.check(first, found, start instanceof Start.At);
        quietSince = context.time().nanoTime();
        boolean opened = false;
        try {
            files.learnHost(found);
            files.learn(found, first.release());
            checkFiles(first, found);
            follow(first);
            opened = true;
        } catch (IOException e) {
            boolean isReadOn = out.isPlaceGiven() || err.isPlaceGiven(); // who has read is in an outage, however long
            if (found != null && first.isGone() && !isReadOn) {
                throw new LogStreamException("Slurm has forgotten job " + source.id() + ", and " + e.getMessage(), e);
            }
            throw e;
        } finally {
            if (!opened) {
                close();
            }
        }
        hasBegun = true;
        files.begun();
    }

    /**
     * Fails while nobody tells whether a file is there that must be, if reading is to go on in it or the log is complete: another
     * one would be taken for it, or none.
     */
    private void checkFiles(Poller.Known first, @Nullable SlurmJob found) throws IOException {
        boolean isNever = found != null && !found.hasBegun() && found.isOver();
        boolean isComplete = !source.follows() || first.isGone() || (found != null && found.isOver());
        for (ChannelLog log : List.of(out, err)) {
            if (!isNever && (isComplete || log.isPlaceGiven())) {
                files.isAwaited(found, first.release(), log.channel());
            }
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // of what is known each change is another object
    public Outcome read(LineSink sink) throws IOException {
        long now = context.time().nanoTime();
        Poller.Known latest = watch.known();
        if (latest != known || isSearchDue || (isLacking && now - searchedAt >= SEARCH.toNanos())) {
            isSearchDue = false;
            follow(latest);
        }
        boolean isFirst = toldAt == NEVER;
        if (isFirst && !(start instanceof Start.At) && !out.isThere(files) && !err.isThere(files)) {
            tellPlace(sink);
        }
        if (!life.hasBegun()) {
            life.events(known, job).forEach(sink::event);
        }
        tellMissing(sink, now);
        settleDoubt(now);
        Outcome found = readBoth(sink, now);
        boolean more = found == Outcome.MORE;
        if (!more || isFirst || now - toldAt >= LATEST.toNanos()) {
            toldAt = now;
            life.events(known, job).forEach(sink::event); // behind the lines that were written before
        }
        if (more) {
            return Outcome.MORE;
        }
        known.checkLongRefusal();
        boolean isComplete = isComplete(now);
        isRenewed &= isComplete;
        return isComplete ? beginFinal(sink) : found;
    }

    /** Reads both channels. Where one takes all the room, the other comes first the next time. */
    private Outcome readBoth(LineSink sink, long now) throws IOException {
        Outcome first = read(isErrFirst ? err : out, sink, now);
        ChannelLog second = isErrFirst ? out : err;
        if (sink.room() <= 0 && second.path() != null && !second.hasEnded()) {
            isErrFirst = !isErrFirst;
            return Outcome.MORE;
        }
        Outcome other = read(second, sink, now);
        return first.compareTo(other) < 0 ? first : other; // MORE, PENDING, WAIT
    }

    private Outcome read(ChannelLog log, LineSink sink, long now) throws IOException {
        long before = log.moves();
        Outcome outcome = log.read(sink, now, files);
        if (before != log.moves()) {
            quietSince = context.time().nanoTime();
            if (!life.hasBegun() && !isAskedSoon) {
                isAskedSoon = true; // it must have begun
                watch.askSoon();
            }
        }
        return outcome == Outcome.END ? Outcome.WAIT : outcome; // the job's end is not only that of its files
    }

    private void tellPlace(LineSink sink) {
        boolean isOne = out.path() == null || err.path() == null;
        boolean isKnown = out.isPlaceKnown() && err.isPlaceKnown();
        sink.position(isKnown ? JobPosition.of(out.position(), err.position(), isOne) : null);
    }

    // ---- where it stands

    private boolean isOver() {
        SlurmJob last = job;
        return known.isGone() || (last != null && last.isOver());
    }

    /** Whether it is over without having begun: whatever its file has is not its. */
    private boolean isNever() {
        SlurmJob last = job;
        return last != null && !last.hasBegun() && last.isOver();
    }

    private boolean isRunning() {
        SlurmJob last = job;
        return last != null && last.hasBegun() && !last.isPending();
    }

    private void follow(Poller.Known latest) throws IOException {
        long now = context.time().nanoTime();
        known = latest;
        SlurmJob found = source.id().in(latest.jobs());
        job = found == null ? job : found;
        isNextRun |= job != null && job.isPending();
        overSince = !isOver() ? NEVER : overSince == NEVER ? now : overSince;
        runningSince = !isRunning() ? NEVER : runningSince == NEVER ? now : runningSince;
        isAskedSoon &= !isRunning();
        isLeaving = false;
        isLacking = false;
        searchedAt = now;
        files.learnHostMeanwhile(job);
        if (!isNever() && !isFinal) {
            List<LogFile> errs =
                    files.of(job, known.release(), Channel.STDERR); // first, so what both find is in the other, too
            List<LogFile> outs = files.of(job, known.release(), Channel.STDOUT);
            place(out, outs, outs, now);
            if (!isLeaving) { // where that one goes, this one may go too
                place(err, errs, outs, now);
            }
        }
    }

    // ---- its files

    /** Opens the file of a channel, if there is another one to read than before. */
    private void place(ChannelLog log, List<LogFile> candidates, List<LogFile> outs, long now) throws IOException {
        LogFile old = log.path();
        if (candidates.isEmpty()) {
            files.failIfUnnameable(log.channel());
        }
        if (candidates.isEmpty() || (old != null && candidates.contains(old) && log.isThere(files))) {
            return;
        }
        Optional<LogFile> there = candidates.stream().filter(files::has).findFirst();
        boolean isThere = there.isPresent();
        LogFile best = isThere || log.hasBytes() ? there.orElse(candidates.get(0)) : awaited(log, candidates);
        if (best == null) {
            return;
        }
        boolean isBetter = !best.equals(old) && (isThere || !log.hasBytes());
        boolean isAwaited =
                source.follows() && (!isOver() || log.isPlaceGiven()); // nobody makes one for a job that is over
        if (isOtherChannel(log, best, outs)) {
            return;
        }
        isLacking |= !isThere;
        if (!isBetter || !(isThere || isAwaited)) {
            return;
        }
        if (!log.mayBeLeft(now, source.settleTime(), files)) {
            isLeaving = true;
            isSearchDue = true;
            context.wakeWithin(DRAIN);
            return;
        }
        if (isNextRun && log.isPlaceGiven() && files.isOnNode(best)) {
            log.forgetPlace();
        }
        LOG.debug("{}: {} is read from {}", source, log.channel(), best);
        try {
            if (log.path() == null && log.position() == null && isOldOf(best)) {
                log.openOld(best, files);
            } else {
                log.open(best, start(log), source.follows(), files);
            }
        } catch (AccessDeniedException e) {
            if (log.position() != null) {
                throw e;
            }
            throw refused(log, best + " may not be read", e);
        }
    }

    /** The file to wait for; null while only the node that the job will run on may tell of one. */
    private @Nullable LogFile awaited(ChannelLog log, List<LogFile> candidates) {
        try {
            return files.awaited(candidates);
        } catch (LogStreamException e) {
            if (isRunning() || isOver()) {
                throw refused(log, String.valueOf(e.getMessage()), e);
            }
            return null;
        }
    }

    /** Why a channel can't be read; the other one may be followed without it. */
    private LogStreamException refused(ChannelLog log, String why, Exception cause) {
        Channel other = log == out ? Channel.STDERR : Channel.STDOUT;
        boolean isThere = source.only() == null
                && files.of(job, known.release(), other).stream().anyMatch(files::has);
        return new LogStreamException(why + (isThere ? "; channel " + other + " can be followed alone" : ""), cause);
    }

    /** Whether what the file has is an older job's. */
    private boolean isOldOf(LogFile file) {
        SlurmJob last = job;
        boolean isNew = !hasBegun && !(start instanceof Start.At);
        return isNew && last != null && last.isPending() && last.restarts() == 0 && files.has(file) && source.follows();
    }

    /** Whether the other channel reads that file, or will when it is there. */
    private boolean isOtherChannel(ChannelLog log, LogFile file, List<LogFile> outs) throws IOException {
        if (log != err) {
            return false;
        }
        LogFile other = out.path();
        boolean isSettled = other != null && outs.contains(other) && out.isThere(files);
        if (!isSettled && outs.stream().anyMatch(one -> one.host() == file.host() && one.isNamedLike(file))) {
            return true; // which the other one is about to read
        }
        if (other == null || file.equals(other)) {
            return other != null;
        }
        return file.isSame(other);
    }

    private Start start(ChannelLog log) {
        SourcePosition place = log.position();
        if (place != null && log.isPlaceGiven()) {
            return Start.at(place);
        }
        return hasBegun || start instanceof Start.At ? Start.beginning() : start;
    }

    /** A job that runs cuts its file at once. */
    private void settleDoubt(long now) throws IOException {
        if (isRunning() && (out.isDoubtful() || err.isDoubtful())) {
            if (now - runningSince < CUT.toNanos()) {
                context.wakeWithin(CUT);
                return;
            }
            out.settleDoubt(files);
            err.settleDoubt(files);
        }
    }

    private boolean isMissing() {
        return isLacking && isRunning() && !out.isThere(files) && !err.isThere(files);
    }

    private void tellMissing(LineSink sink, long now) {
        boolean isMissing = isMissing();
        if (isLacking && isRunning() && !isOver()) {
            context.wakeWithin(SEARCH);
        }
        if (isMissing && !isMissingTold && now - runningSince >= MISSING.toNanos()) {
            isMissingTold = true;
            sink.event(SourceEvent.of(Kind.WAITING, noFile()));
        } else if (!isMissing && isMissingTold) {
            isMissingTold = false;
            sink.event(SourceEvent.of(Kind.APPEARED, String.valueOf(out.isThere(files) ? out.path() : err.path())));
        }
    }

    private String noFile() {
        String looked = files.named(job, known.release());
        return looked.isEmpty() ? "there is no log" : "there is no file " + looked;
    }

    // ---- its end

    private boolean isComplete(long now) {
        if (!source.follows() || isFinal) {
            return (out.path() == null || out.hasEnded()) && (err.path() == null || err.hasEnded());
        }
        if (!isOver() || isLeaving) {
            return false;
        }
        long quiet = now - Math.max(overSince, quietSince);
        long wanted = isNever() || isLongOver() ? 0 : source.settleTime().toNanos();
        if (quiet < wanted) {
            context.wakeWithin(Duration.ofNanos(wanted - quiet));
        }
        return quiet >= wanted;
    }

    private boolean isLongOver() {
        SlurmJob last = job;
        Instant end = last == null ? null : last.end();
        return end != null
                && Instant.ofEpochSecond(0, context.time().epochNanos())
                        .isAfter(end.plus(LONG_OVER).plus(source.settleTime()));
    }

    /** Ends, or looks once more at all that there is before. */
    private Outcome beginFinal(LineSink sink) throws IOException {
        if (isFinal || !source.follows() || isNever()) {
            return end(sink);
        }
        if (!isRenewed) {
            isRenewed = true;
            files.renew();
            renewed = files.ask(Stream.of(out.path(), err.path()));
        }
        if (!renewed.isDone()) {
            return Outcome.PENDING;
        }
        follow(known);
        boolean isAwaited = files.isAwaited(job, known.release(), Channel.STDOUT);
        isAwaited |= files.isAwaited(job, known.release(), Channel.STDERR);
        if (isLeaving || isAwaited) {
            return Outcome.PENDING;
        }
        isFinal = true;
        out.beginFinal(files);
        err.beginFinal(files);
        return Outcome.MORE;
    }

    private Outcome end(LineSink sink) {
        if (isOver()) {
            boolean isRead = out.isThere(files) || err.isThere(files);
            sink.event(life.finished(job, isNever() ? "; it never began" : isRead ? "" : "; " + noFile()));
        } else if (isMissing()) {
            sink.event(SourceEvent.of(Kind.WAITING, noFile()));
        }
        return Outcome.END;
    }

    @Override
    public void close() throws IOException {
        watch.close();
        out.close();
        err.close();
    }
}
