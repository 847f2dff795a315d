package io.logstream.internal.file;

/** A running 64 bit FNV-1a hash: tells contents apart without keeping them. It is no protection against forgery. */
final class Fingerprint {
    /** The hash of nothing. */
    static final long EMPTY = 0xcbf29ce484222325L;

    private static final long PRIME = 0x100000001b3L;

    private Fingerprint() {}

    /** The hash of what {@code hash} covers and these bytes behind it. */
    static long extend(long hash, byte[] bytes, int from, int length) {
        long extended = hash;
        for (int i = from; i < from + length; i++) {
            extended = (extended ^ (bytes[i] & 0xff)) * PRIME;
        }
        return extended;
    }
}
