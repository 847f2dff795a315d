package io.logstream.docker;

import io.logstream.Gap;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.TimeSource;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log from the reader's place on. It asks for the newest entries, more and more of them, until they overlap with
 * what is known: to have the daemon look for a time takes seconds where the log is long.
 */
final class Logs implements Stage {
    private static final int FIRST_TAIL = 1500;
    private static final int LAST_TAIL = 100_000;
    private static final long SLACK_NANOS = 200_000_000; // the channels' times differ by milliseconds
    private static final Duration UNCOMPARED = Duration.ofSeconds(5);
    private static final Duration UNSETTLED = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofMillis(200);
    private static final Duration FIRST_SILENCE = Duration.ofSeconds(30);
    private static final Duration LAST_SILENCE = Duration.ofMinutes(2);

    private final DockerReader reader;
    private final Place place;
    private final boolean stepBack;
    private int tail;
    private volatile LogRequest request;
    private Handover handover;
    private boolean told;

    private volatile @Nullable LogRequest probe;
    private long probed = Place.NONE;
    private int probedChannel;
    private Duration silence = FIRST_SILENCE;
    private TimeSource.@Nullable Alarm alarm;
    private long heard;
    private volatile boolean silent;
    private volatile boolean closed;
    private volatile @Nullable Answer aside;
    private long asideAt;
    private boolean seen; // what it is like, after the daemon has opened the log
    private long exitBy;
    private boolean looked; // all that is to be known before the log is handed over is known
    private long askedAt;
    private long heardAt;
    private Duration unsettled = UNSETTLED;

    /**
     * @param stepBack see {@link Gate}
     */
    Logs(DockerReader reader, boolean stepBack) throws IOException {
        this.reader = reader;
        this.place = reader.place();
        this.stepBack = stepBack;
        boolean whole =
                place.anchor < 0 || reader.questions().isPodman(); // podman leaves lines out between tail and follow
        tail = whole ? Integer.MAX_VALUE : FIRST_TAIL + reader.trace().size();
        handover = handover();
        request = ask();
    }

    private Handover handover() {
        Gate.Window window = tail < Integer.MAX_VALUE
                ? Gate.Window.TAIL
                : place.earliest() == Place.NONE ? Gate.Window.WHOLE : Gate.Window.SINCE;
        return new Handover(reader, window, stepBack);
    }

    private LogRequest ask() throws IOException {
        long earliest = place.earliest();
        long since = tail < Integer.MAX_VALUE || earliest == Place.NONE
                ? Place.NONE
                : place.anchor < 0 ? earliest : earliest - SLACK_NANOS;
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
            if (!looked) {
                return look(to);
            }
            Exchange.Step step;
            do {
                step = request.step();
                if (step == Exchange.Step.MORE) {
                    heardAt = reader.now();
                }
                if (step == Exchange.Step.DONE && !request.isGranted()) {
                    return reader.refused(request, to);
                }
            } while (step == Exchange.Step.MORE && handover.turn() == null && to.room() > 0);
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
                yield reader.ended(handover.entries() > 0, to);
            }
        };
    }

    /** What the place stands behind is no longer there, and nothing else has come either. */
    private void missing(LineSink to) {
        to.gap(-1, Gap.Reason.ROTATED);
        place.anchor = -1;
        to.position(reader.position());
    }

    // ---- reading again

    private LogReader.@Nullable Outcome turned() throws IOException {
        if (handover.turn() == Handover.Turn.WIDEN) {
            return widen();
        }
        return reader.readAgain(handover.turn() == Handover.Turn.READ_AGAIN && handover.entries() == 0);
    }

    private LogReader.@Nullable Outcome widen() throws IOException {
        request.close();
        tail = tail < LAST_TAIL ? 4 * tail : Integer.MAX_VALUE; // all that was known before is told again
        handover = handover();
        request = ask();
        seen = false;
        looked = false;
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

    /**
     * Looks at the container when the daemon has opened the log, before anything of it is handed over. While a container is
     * started again the daemon opens no log, so what was known before may be of the run before, but the log is of both.
     */
    private LogReader.@Nullable Outcome look(LineSink to) throws IOException {
        if (request.head() == Exchange.Step.WAIT) {
            return waiting(to);
        }
        if (!seen && request.isGranted()) {
            seen = lookAside();
            exitBy = reader.now() + (reader.runs().missesExit() ? DockerReader.FOR_EXIT_CODE.toNanos() : 0);
        }
        long left = exitBy - reader.now();
        looked = !request.isGranted() || seen && (left <= 0 || !reader.runs().missesExit());
        if (looked) {
            heardAt = reader.now(); // nothing was listened to until now
        } else if (seen) {
            reader.context().wakeWithin(Duration.ofNanos(left));
        }
        return looked ? null : LogReader.Outcome.WAIT;
    }

    /** Asks what the container is like; false as long as there is no answer. */
    private boolean lookAside() throws IOException {
        Answer asked = aside;
        if (asked == null) {
            asked = reader.look();
            aside = asked;
            asideAt = reader.now();
            if (closed) {
                asked.close();
            }
        }
        if (!asked.isComplete()) {
            reader.awaitAnswer(asideAt);
            return false;
        }
        aside = null;
        asked.close();
        reader.looked(asked);
        return true;
    }

    /** A container that was started again, and writes nothing: nothing of the time before comes any more either. */
    private void tellQuietRestart(LineSink to) {
        if (looked && handover.isSettled() && reader.runs().isRestarted()) {
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
            if (aside != null || reader.runs().takeStarted()) {
                lookAside();
            }
            tellQuietRestart(to);
            if (isToBeCompared()) {
                return reader.readAgain(false);
            }
        }
        LogReader.Outcome probing = silent || probe != null ? probe() : LogReader.Outcome.WAIT;
        watch();
        return probing;
    }

    /** Sets the alarm that looks whether anything has come at all. */
    private void watch() {
        if (alarm == null && !closed) {
            heard = handover.entries();
            alarm = reader.context().time().after(silence, this::lookForSilence);
        } else if (heard != handover.entries()) {
            silence = FIRST_SILENCE;
        }
    }

    private void lookForSilence() {
        silent = true;
        if (!closed) {
            reader.context().wake();
        }
    }

    /**
     * After a long silence: is the newest entry of the log one that has come? If not, the daemon has stopped telling, as some
     * do when somebody cuts the log's file; and a daemon that does not answer is gone without a word.
     */
    private LogReader.@Nullable Outcome probe() throws IOException {
        if (silent) {
            silent = false;
            alarm = null;
            if (heard != handover.entries()) {
                return LogReader.Outcome.WAIT;
            }
            if (probe != null) {
                throw new IOException("the daemon does not answer");
            }
            silence = silence.compareTo(LAST_SILENCE) < 0 ? silence.multipliedBy(2) : LAST_SILENCE;
            probed = Place.NONE;
            LogRequest asking = reader.logs(false, 1, Place.NONE, (c, bytes, from, to, time) -> {
                probed = time;
                probedChannel = c;
            });
            probe = asking;
            if (closed) {
                asking.close();
            }
        }
        LogRequest asked = probe;
        if (asked == null) {
            return LogReader.Outcome.WAIT;
        }
        Exchange.Step step;
        do {
            step = asked.step();
        } while (step == Exchange.Step.MORE);
        if (step == Exchange.Step.DONE) {
            asked.close();
            probe = null;
            if (reader.follows() && asked.isGranted() && probed > place.time[probedChannel]) {
                return reader.readAgain(false);
            }
        }
        return LogReader.Outcome.WAIT;
    }

    @Override
    public void close() {
        closed = true;
        TimeSource.Alarm set = alarm;
        if (set != null) {
            set.cancel();
        }
        request.close();
        LogRequest asked = probe;
        if (asked != null) {
            asked.close();
        }
        Answer question = aside;
        if (question != null) {
            question.close();
        }
    }
}
