package io.logstream.internal;

import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.spi.Start;
import org.jspecify.annotations.Nullable;

/** Turns a {@link Replay} into a place in a run's ring, or into the start of a source that nobody reads yet. */
final class Placement {
    private Placement() {}

    /** The token that a viewer gave for a stream, or null. */
    static @Nullable ResumeToken tokenFor(Replay replay, String id) {
        return replay instanceof Replay.After after ? after.tokens().get(id) : null;
    }

    /** Refuses a token that is not of this stream. */
    static void check(StreamName name, Replay replay) {
        ResumeToken given = tokenFor(replay, name.id());
        if (given == null) {
            return;
        }
        Token token = Token.decode(given.toBytes());
        if (token.stream() != name.idHash()) {
            throw new LogStreamException("resume token can't be used for stream '" + name.id()
                    + "': it was made for a stream with another id");
        }
        if (token.source() != name.sourceHash()) {
            throw new LogStreamException("resume token can't be used for stream '" + name.id()
                    + "': the stream read another source when it was made");
        }
    }

    /** Puts a cursor where a viewer asked to begin. Under the ring's lock. */
    static void place(Run run, Replay replay, Cursor cursor) {
        SegmentRing ring = run.ring;
        ResumeToken given = tokenFor(replay, run.name.id());
        if (given != null) {
            after(run, given, cursor);
        } else if (replay instanceof Replay.After) {
            after(run, run.token(new Place(run.firstSlot, run.firstSlot, -1), null), cursor);
        } else if (replay instanceof Replay.None) {
            cursor.beginAt(run.placeAt(ring.tail()));
        } else if (replay instanceof Replay.Last last) {
            long wanted = ring.tailSequence() - last.lines();
            cursor.beginAt(run.placeAt(wanted <= ring.headSequence() ? ring.head() : ring.slotOf(wanted)));
        } else if (replay instanceof Replay.Since since) {
            cursor.beginAt(run.placeAt(ring.slotSince(SystemTime.epochNanos(since.time()))));
        } else {
            cursor.beginAt(run.placeAt(ring.head()));
        }
    }

    private static void after(Run run, ResumeToken given, Cursor cursor) {
        SegmentRing ring = run.ring;
        Token token = Token.decode(given.toBytes());
        if (token.epoch() == ring.epoch) {
            if (token.slot() > ring.tail()) {
                throw new LogStreamException("resume token can't be used: it is ahead of the stream");
            }
            if (token.slot() >= ring.head()) {
                cursor.beginAt(run.placeAt(token.slot()));
            } else {
                cursor.beginExpired(token.slot(), token.sequence(), given);
            }
            return;
        }
        Place oldest = run.placeAt(ring.head());
        if (run.beganAt(token) && oldest.slot() == run.firstSlot) {
            cursor.beginAt(oldest);
        } else if (run.beganAt(token)) {
            cursor.beginExpired(run.firstSlot, run.firstSlot, given);
        } else {
            cursor.beginAfterLoss(oldest, given);
        }
    }

    /** Where reading begins for a viewer that is the first. */
    static Start start(Replay replay) {
        if (replay instanceof Replay.None) {
            return Start.end();
        }
        if (replay instanceof Replay.Last last) {
            return Start.last(last.lines());
        }
        if (replay instanceof Replay.Since since) {
            return Start.since(since.time());
        }
        return Start.beginning();
    }
}
