package io.logstream.docker;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongConsumer;

/**
 * The times in which a daemon was perhaps away, by its own clock: each from the last time that it told before a connection was
 * refused, ended of itself or was not answered, to the first one that it tells after. So whatever ended while the daemon still
 * told of it has not ended in an outage. Where only the way to it was cut, it remembers what was before. All times in
 * nanoseconds since 1970. Threadsafe.
 */
final class Outages {
    private static final int MAX = 32;
    private static final long SECOND = 1_000_000_000L;

    /** The one in which the daemon was lost for this time; of several that are one, the last. */
    private record Outage(int loss, long from, long to) {
        /** Both, and what is between them. */
        Outage and(Outage later) {
            return new Outage(later.loss, Math.min(from, later.from), Math.max(to, later.to));
        }
    }

    private final Deque<Outage> outages = new ArrayDeque<>();
    private long heard = Place.NONE; // the latest time that the daemon has told while it was there
    private long heardAt; // when that was, by the clock that only measures, like those below
    private boolean away;
    private long awaySince;
    private int losses;
    private final Runnable whenLost;
    private final LongConsumer whenSilent;

    /**
     * @param whenLost run when the daemon is lost: who answers next may be another one
     * @param whenSilent told when it is lost without a word, with the time of the question that it has not answered
     */
    Outages(Runnable whenLost, LongConsumer whenSilent) {
        this.whenLost = whenLost;
        this.whenSilent = whenSilent;
    }

    /** The daemon tells of something that happened at this time, over a connection that it has not lost. */
    synchronized void heard(long time) {
        if (time >= heard) {
            heard = time;
            heardAt = System.nanoTime();
        }
    }

    /**
     * A connection was refused, or has ended of itself: one to a socket that somebody else listens at, such as systemd, is never
     * refused.
     */
    void lost() {
        whenLost.run();
        synchronized (this) {
            awaySince = away ? awaySince : System.nanoTime();
            losses += away ? 0 : 1;
            away = true;
        }
    }

    /**
     * A question was not answered: where packets vanish on their way, no connection ends, nor is one refused.
     *
     * @param askedAt when it was asked, by the clock that only measures
     */
    void silent(long askedAt) {
        lost();
        whenSilent.accept(askedAt);
    }

    /**
     * A new connection is answered.
     *
     * @param date the header of this name: the daemon's time, in whole seconds; one that tells none is taken to have ours
     * @param askedAt when that was asked for, by the clock that only measures
     */
    synchronized void answered(String date, long askedAt) {
        if (away && askedAt - awaySince < 0) {
            return; // on its way since before, or from the daemon that is back: who asks now will know
        }
        long second = second(date);
        boolean setBack = second + SECOND <= heard && askedAt - heardAt >= 0;
        if (away) {
            away = false;
            long lasted = System.nanoTime() - awaySince;
            // Who tries only now and then notices late that nobody is there.
            long from = heard != Place.NONE && !setBack ? heard : second - lasted - SECOND;
            add(new Outage(losses, from, second + SECOND));
        }
        heard = setBack ? Place.NONE : heard;
        heard(second);
    }

    /** Many connections may be lost at once. */
    private void add(Outage one) {
        Outage last = outages.peekLast();
        if (last != null && one.from() <= last.to() && last.from() <= one.to()) {
            outages.removeLast();
            outages.add(last.and(one));
        } else {
            outages.add(one);
        }
        if (outages.size() > MAX) {
            outages.addFirst(outages.pop().and(outages.pop()));
        }
    }

    /** The daemon remembers something that happened at this time, so it was there ever since: it keeps that in its memory. */
    synchronized void remembered(long time) {
        outages.removeIf(outage -> time != Place.NONE && time <= outage.from());
    }

    /** How often the daemon was lost. */
    synchronized int losses() {
        return losses;
    }

    /** The latest time that the daemon has told, by its clock as it is now. */
    synchronized long lastHeard() {
        return heard;
    }

    private static long second(String date) {
        try {
            return Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date))
                            .getEpochSecond()
                    * SECOND;
        } catch (DateTimeException e) {
            return System.currentTimeMillis() / 1000 * SECOND;
        }
    }

    /** Whether the daemon was away from one time to another all the time, for all that is known. */
    synchronized boolean contain(long from, long to) {
        return away && from > heard || outages.stream().anyMatch(one -> one.from() < from && to <= one.to());
    }

    /**
     * Whether the daemon was away at any time behind one and up to another, for all that is known.
     *
     * @param known as many losses of the daemon don't matter
     */
    synchronized boolean overlap(int known, long behind, long upTo) {
        return away && upTo > heard
                || outages.stream()
                        .anyMatch(one -> one.loss() > known && Math.max(one.from(), behind) < Math.min(one.to(), upTo));
    }
}
