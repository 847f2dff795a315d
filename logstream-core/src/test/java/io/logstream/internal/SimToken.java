package io.logstream.internal;

import io.logstream.ResumeToken;

/**
 * A token, and what the model knows about its place.
 *
 * @param places where each channel is in the source there, in units; -1 where that is open
 * @param generation of the source's content
 */
record SimToken(ResumeToken token, Model model, long slot, long[] places, int generation) {}
