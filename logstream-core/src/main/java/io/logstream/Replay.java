package io.logstream;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * Where a viewer joins a stream: how much of what is already there it gets first. History and live are one sequence, so
 * there is no seam between them: no line is missing there, and none comes twice.
 *
 * <p>If nothing reads the stream yet, this is also where reading begins. If it is being read, history reaches back as far
 * as the stream retains.
 */
public sealed interface Replay {

    /** The history that a viewer gets unless it asks for another: 1000 lines. */
    int DEFAULT_LINES = 1000;

    /** No history. */
    record None() implements Replay {}

    /**
     * The last lines.
     *
     * @param lines how many, at least 1, counted before any filter
     */
    record Last(int lines) implements Replay {
        /**
         * Checks the count.
         *
         * @param lines how many, at least 1, counted before any filter
         */
        public Last {
            if (lines < 1) {
                throw new IllegalArgumentException(
                        "replay of the last " + lines + " lines: use a number of at least 1");
            }
        }
    }

    /** All there is. */
    record All() implements Replay {}

    /**
     * What was written since some time.
     *
     * @param time the time
     */
    record Since(Instant time) implements Replay {
        /**
         * Checks that nothing is null.
         *
         * @param time the time
         */
        public Since {
            Objects.requireNonNull(time, "time");
        }
    }

    /**
     * What follows a place reached before. Streams without a token are replayed whole.
     *
     * @param tokens the places by stream id
     */
    record After(Map<String, ResumeToken> tokens) implements Replay {
        /**
         * Copies the map.
         *
         * @param tokens the places by stream id
         */
        public After {
            tokens = Map.copyOf(tokens);
        }
    }

    /**
     * Nothing that is already there: only new lines.
     *
     * @return the choice
     */
    static Replay none() {
        return new None();
    }

    /**
     * The last lines that are already there, then new ones.
     *
     * @param lines how many, at least 0, counted before any filter
     * @return the choice
     */
    static Replay last(int lines) {
        return lines == 0 ? none() : new Last(lines);
    }

    /**
     * All that is there, from the beginning of the source if nothing reads it yet, then new lines.
     *
     * @return the choice
     */
    static Replay all() {
        return new All();
    }

    /**
     * What was written since some time, then new lines.
     *
     * @param time the time
     * @return the choice
     */
    static Replay since(Instant time) {
        return new Since(time);
    }

    /**
     * Exactly what follows a place in the stream with this id.
     *
     * @param stream the id of the stream
     * @param token the place
     * @return the choice
     */
    static Replay after(String stream, ResumeToken token) {
        return new After(Map.of(stream, token));
    }

    /**
     * Exactly what follows a place in each stream, as {@link Subscription#tokens()} gave them.
     *
     * @param tokens the places by stream id; a stream that is not among them is replayed whole
     * @return the choice
     */
    static Replay after(Map<String, ResumeToken> tokens) {
        return new After(tokens);
    }
}
