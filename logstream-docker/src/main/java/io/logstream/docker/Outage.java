package io.logstream.docker;

/**
 * The last time that a daemon could not be connected to. Who tries only now and then notices that late, so it is taken to have
 * begun a second before. In milliseconds since 1970, by the clock of this host. Threadsafe.
 */
final class Outage {
    private static final long LATE = 1000;

    private long begun = Long.MAX_VALUE;
    private long end;
    private boolean over = true;

    /** A connection was refused. */
    synchronized void goesOn(long now) {
        begun = over ? now - LATE : begun;
        over = false;
        end = Long.MAX_VALUE;
    }

    /** The daemon answers. */
    synchronized void ends(long now) {
        end = over ? end : now;
        over = true;
    }

    synchronized boolean contains(long time) {
        return begun <= time && time <= end;
    }
}
