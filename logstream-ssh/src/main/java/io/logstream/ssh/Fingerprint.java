package io.logstream.ssh;

/** A hash of some bytes of a log, to know them again: FNV-1a of 64 bits. Not meant against those who forge. */
final class Fingerprint {
    private Fingerprint() {}

    static long of(byte[] bytes, int from, int length) {
        long hash = 0xcbf29ce484222325L;
        for (int i = from; i < from + length; i++) {
            hash = (hash ^ (bytes[i] & 0xFF)) * 0x100000001b3L;
        }
        return hash;
    }
}
