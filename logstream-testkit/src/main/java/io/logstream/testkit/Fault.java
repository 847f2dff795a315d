package io.logstream.testkit;

import java.time.Duration;

/**
 * What a {@link FaultProxy} does to the bytes that go in one direction over one connection. Immutable and threadsafe.
 */
public sealed interface Fault {

    /** Nothing. */
    record None() implements Fault {}

    /**
     * Ends the connection.
     *
     * @param bytes how many bytes pass before
     * @param reset whether it ends with a reset instead of an orderly end
     */
    record Cut(long bytes, boolean reset) implements Fault {}

    /**
     * Lets nothing more pass, and does not end the connection either.
     *
     * @param bytes how many bytes pass before
     */
    record Stall(long bytes) implements Fault {}

    /**
     * Slows the connection down.
     *
     * @param bytes how many bytes pass at a time
     * @param pause how long it waits after them
     */
    record Trickle(int bytes, Duration pause) implements Fault {}

    /**
     * Changes one byte.
     *
     * @param offset how many bytes pass before it
     */
    record Garble(long offset) implements Fault {}

    /**
     * All bytes pass unchanged.
     *
     * @return the fault that is none
     */
    static Fault none() {
        return new None();
    }

    /**
     * Both ends see an orderly end of the connection, as when the peer closes it.
     *
     * @param bytes how many bytes pass before, zero or more
     * @return the fault
     * @throws IllegalArgumentException if the number is negative
     */
    static Fault cutAfter(long bytes) {
        return new Cut(notNegative("cut after", bytes), false);
    }

    /**
     * Both ends see a reset connection, as when the peer's machine is restarted. A Unix domain socket has no reset: there
     * it is a close at once.
     *
     * @param bytes how many bytes pass before, zero or more
     * @return the fault
     * @throws IllegalArgumentException if the number is negative
     */
    static Fault resetAfter(long bytes) {
        return new Cut(notNegative("reset after", bytes), true);
    }

    /**
     * Nothing more passes and nobody is told, as when a cable is cut: a black hole. Healing it lets go on what was held.
     *
     * @param bytes how many bytes pass before, zero or more
     * @return the fault
     * @throws IllegalArgumentException if the number is negative
     */
    static Fault stallAfter(long bytes) {
        return new Stall(notNegative("stall after", bytes));
    }

    /**
     * Bytes pass a few at a time.
     *
     * @param bytes how many at a time, at least 1
     * @param pause how long it waits after them, zero or more
     * @return the fault
     * @throws IllegalArgumentException if a value is out of its bounds
     */
    static Fault trickle(int bytes, Duration pause) {
        if (bytes < 1 || pause.isNegative()) {
            throw new IllegalArgumentException(
                    "trickle of " + bytes + " bytes each " + pause + ": use at least 1 byte and no negative pause");
        }
        return new Trickle(bytes, pause);
    }

    /**
     * All bits of one byte are flipped.
     *
     * @param offset how many bytes pass before it, zero or more
     * @return the fault
     * @throws IllegalArgumentException if the offset is negative
     */
    static Fault garbleAt(long offset) {
        return new Garble(notNegative("garble at", offset));
    }

    private static long notNegative(String name, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(name + " " + bytes + " bytes: use zero or more");
        }
        return bytes;
    }
}
