package io.logstream.benchmarks;

/** A peer that brings those who come later the last 1000 lines first. */
interface ReplayingPeer extends Peer {
    /** Lines that a visitor gets first. */
    int HISTORY = 1000;

    /** The stay of one visitor. */
    interface Visit {
        /** Ends it; returns whether the peer's account of it, if there is one, tells what the visitor has seen. */
        boolean leave();
    }

    /** Adds a visitor while lines are published; called by one thread, which is not the one that publishes. */
    Visit join(Visitor visitor);
}
