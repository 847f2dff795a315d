package io.logstream.docker;

import io.logstream.Gap;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log from the reader's place on. It asks for the newest entries, more and more of them, until they overlap with
 * what is known: to have the daemon look for a time takes seconds where the log is long.
 */
final class Logs implements Stage {
    private static final int FIRST_TAIL = 1500;
    private static final int LAST_TAIL = 400_000;
    private static final long SLACK_NANOS = 200_000_000; // the channels' times differ by milliseconds
    private static final Duration UNCOMPARED = Duration.ofSeconds(5);
    private static final Duration UNSETTLED = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofMillis(200);
    /** How long an answer may take to begin; podman's does with the first entry only. */
    private static final Duration UNHEARD = Duration.ofSeconds(2);

    private final DockerReader reader;
    private final Place place;
    private final boolean stepBack;
    private int tail;
    private long begins = Long.MAX_VALUE; // with an entry of this time, the shorter answer before
    private volatile LogRequest request;
    private long run; // the container's start, as it is known when the log is asked for
    private Handover handover;
    private boolean told;

    private final Look look;
    private final Silence silence;
    private volatile boolean closed;
    private long askedAt;
    private long heardAt;
    /** The daemon's time behind its answer. */
    private long liveFrom = Place.NONE;

    private volatile @Nullable Newest newest;
    private boolean wasRefused;
    private long refusedAt;

    private Duration unsettled = UNSETTLED;

    /**
     * @param stepBack see {@link Gate}
     */
    Logs(DockerReader reader, boolean stepBack) throws IOException {
        this.reader = reader;
        this.place = reader.place();
        this.stepBack = stepBack;
        look = new Look(reader);
        silence = new Silence(reader);
        boolean whole =
                place.anchor < 0 || reader.questions().isPodman(); // podman leaves lines out between tail and follow
        tail = whole ? Integer.MAX_VALUE : tail(FIRST_TAIL + reader.trace().entries());
        handover = handover();
        request = ask();
    }

    private static int tail(long entries) {
        return entries <= LAST_TAIL ? (int) entries : Integer.MAX_VALUE;
    }

    private Handover handover() {
        Gate.Window window = tail < Integer.MAX_VALUE
                ? Gate.Window.TAIL
                : place.earliest() == Place.NONE ? Gate.Window.WHOLE : Gate.Window.SINCE;
        return new Handover(reader, window, stepBack);
    }

    private LogRequest ask() throws IOException {
        long earliest = reader.trace().earliest(place.earliest());
        long since = tail < Integer.MAX_VALUE || earliest == Place.NONE
                ? Place.NONE
                : place.anchor < 0 ? earliest : earliest - SLACK_NANOS;
        ContainerState now = reader.runs().container();
        run = now == null ? Place.NONE : now.started();
        askedAt = reader.now();
        heardAt = askedAt;
        return reader.logs(reader.follows(), tail, since, handover);
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink to) throws IOException {
        handover.begin(to);
        if (!told) {
            told = true;
            to.position(reader.position());
        }
        try {
            if (!look.isDone()) {
                return look(to);
            }
            if (handover.turn() == Handover.Turn.LOOK_FIRST) {
                handover.goOn();
            }
            Exchange.Step step = Exchange.Step.MORE;
            while (step == Exchange.Step.MORE && handover.turn() == null && to.room() > 0) {
                step = request.step();
                if (step == Exchange.Step.MORE) {
                    heardAt = reader.now();
                }
                if (step == Exchange.Step.DONE && !request.isGranted()) {
                    return reader.refused(request, to);
                }
            }
            return handover.turn() != null ? turned() : outcome(step, to);
        } finally {
            handover.end();
        }
    }

    private LogReader.@Nullable Outcome outcome(Exchange.Step step, LineSink to) throws IOException {
        return switch (step) {
            case MORE -> LogReader.Outcome.MORE;
            case WAIT -> waiting(to);
            case DONE -> {
                if (!handover.isSettled()) {
                    if (tail < Integer.MAX_VALUE) {
                        yield widen();
                    }
                    missing(to);
                }
                yield reader.ended(handover.entries() > 0, run, to);
            }
        };
    }

    /** What the place stands behind is no longer there, and nothing else has come either. */
    private void missing(LineSink to) {
        to.gap(-1, Gap.Reason.ROTATED);
        reader.trace().forget();
        place.anchor = -1;
        to.position(reader.position());
    }

    // ---- reading again

    private LogReader.@Nullable Outcome turned() throws IOException {
        if (handover.turn() == Handover.Turn.WIDEN) {
            return widen();
        } else if (handover.turn() == Handover.Turn.READ_AGAIN) {
            return reader.readAgain(handover.entries() == 0);
        }
        look.begin(); // while what has come waits: of a container that is removed it can't be had again
        return null;
    }

    private LogReader.@Nullable Outcome widen() throws IOException {
        request.close();
        boolean isAll = handover.begins() >= begins; // the answer before was no shorter: the log has no more
        begins = handover.begins() == Place.NONE ? begins : handover.begins();
        tail = isAll ? Integer.MAX_VALUE : tail(4L * tail); // all that was known before is told again
        handover = handover();
        request = ask();
        look.begin();
        if (closed) {
            request.close();
        }
        return null;
    }

    /** Not too often, as a daemon that is slow anyway would leave out the more. */
    private boolean isToBeCompared() {
        return handover.isToBeCompared() && reader.now() - askedAt > UNCOMPARED.toNanos();
    }

    // ---- the container meanwhile

    private LogReader.@Nullable Outcome look(LineSink to) throws IOException {
        if (request.head() == Exchange.Step.WAIT) {
            return waiting(to);
        }
        if (!look.step(request.isGranted())) {
            return LogReader.Outcome.PENDING;
        }
        heardAt = reader.now(); // nothing was listened to until now
        liveFrom = liveFrom == Place.NONE ? reader.daemonTimePassed() : liveFrom;
        return null;
    }

    /** A container that was started again, and writes nothing: nothing of the time before comes any more either. */
    private void tellQuietRestart(LineSink to) {
        if (look.isDone() && handover.isSettled() && reader.runs().isRestarted()) {
            long left = QUIET.toNanos() - (reader.now() - heardAt);
            if (left <= 0) {
                reader.tellRestart(to);
            } else {
                reader.context().wakeWithin(Duration.ofNanos(left));
            }
        }
    }

    // ---- silence

    private LogReader.@Nullable Outcome waiting(LineSink to) throws IOException {
        if (!handover.isSettled() && tail < Integer.MAX_VALUE) {
            long left = unsettled.toNanos() - (reader.now() - heardAt);
            if (left <= 0) {
                unsettled = unsettled.multipliedBy(2); // it may only be busy
                return widen();
            }
            reader.context().wakeWithin(Duration.ofNanos(left));
        }
        if (reader.follows()) {
            look.again();
            tellQuietRestart(to);
            if (isToBeCompared()) {
                return reader.readAgain(false);
            }
        }
        return silence.hides(handover.entries()) ? reader.readAgain(false) : idle();
    }

    private LogReader.Outcome idle() throws IOException {
        if (!reader.isLive() && reader.follows() && isComplete()) { // else the daemon says where it ends
            reader.historyIsComplete();
            closeNewest();
        }
        return reader.isLive() ? LogReader.Outcome.WAIT : LogReader.Outcome.PENDING;
    }

    /**
     * Whether all was told that was in the log when it was asked for. No daemon says where that ends: it does behind an entry as
     * late as its answer; and where nothing comes, which may be as it has to look for what is wanted in a long log, or to wait for
     * an entry before it begins to answer, it tells the newest.
     */
    private boolean isComplete() throws IOException {
        if (look.isDone() && place.isAsLateAs(liveFrom)) {
            return true;
        }
        Newest asked = newest;
        if (asked == null && isDue() && isSilentFor(look.isDone() ? QUIET : UNHEARD)) {
            asked = new Newest(reader, true);
            newest = asked;
            if (closed) {
                asked.close();
            }
        }
        if (asked == null || !asked.isKnown()) {
            return false;
        } else if (!asked.isGranted()) {
            newest = null; // it is asked for once more
            wasRefused = true;
            refusedAt = reader.now();
            return isDue();
        }
        return !asked.isBehind(place);
    }

    private boolean isSilentFor(Duration time) {
        return hasPassed(time, heardAt);
    }

    /** Whether the newest entry may be asked for: not right after that was refused. */
    private boolean isDue() {
        return !wasRefused || hasPassed(UNHEARD, refusedAt);
    }

    private boolean hasPassed(Duration time, long since) {
        long left = time.toNanos() - (reader.now() - since);
        if (left > 0) {
            reader.context().wakeWithin(Duration.ofNanos(left));
        }
        return left <= 0;
    }

    @Override
    public void close() {
        closed = true;
        request.close();
        look.close();
        silence.close();
        closeNewest();
    }

    private void closeNewest() {
        Newest asked = newest;
        if (asked != null) {
            asked.close();
        }
    }
}
