package io.logstream.internal.file;

import io.logstream.SourceEvent;

/**
 * A file that is read after the one before it, held open since it was found.
 *
 * @param file the file
 * @param entry what happens when it is entered
 * @param lostBefore whether lines between both are lost
 * @param foundAt when it was found
 * @param drain whether the one before may still be written, and has to be quiet first
 */
record Next(FollowedFile file, SourceEvent.Kind entry, boolean lostBefore, long foundAt, boolean drain) {
    Next withLostBefore() {
        return new Next(file, entry, true, foundAt, drain);
    }

    /** The same, which is entered as soon as the one before is at its end. */
    Next withoutDrain() {
        return new Next(file, entry, lostBefore, foundAt, false);
    }
}
