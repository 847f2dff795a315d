package io.logstream.docker;

import java.util.Arrays;

/**
 * Which entries were handed over since the log was last compared with what the daemon has. While it follows a log that is
 * rotated, a daemon may leave entries out without a word; read again from some time before, the log has them. For one
 * thread.
 */
final class Trace {
    private static final int MAX = 64 * 1024;
    private static final long SLACK_NANOS = 200_000_000;

    private long[] entries = new long[64]; // time * 2 + channel, in the order in which they came
    private int size;
    private int next;
    private long missing;

    private static long code(int channel, long time) {
        return time << 1 | channel;
    }

    /** An entry was handed over. Of very many, the first half is forgotten. */
    void add(int channel, long time) {
        if (size == MAX) {
            System.arraycopy(entries, MAX / 2, entries, 0, MAX / 2);
            size = MAX / 2;
        }
        if (size == entries.length) {
            entries = Arrays.copyOf(entries, 2 * size);
        }
        entries[size++] = code(channel, time);
    }

    int size() {
        return size;
    }

    /** The log is read again. */
    void begin() {
        next = 0;
        missing = 0;
    }

    /** An entry that the log has before the place up to which it was handed over. */
    void compare(int channel, long time, boolean endsLine) {
        long wanted = code(channel, time);
        if (next < size && entries[next] == wanted) {
            next++;
            return;
        }
        for (int i = next; i < size; i++) {
            if (entries[i] == wanted) {
                next = i + 1;
                return;
            }
            if ((entries[i] & 1) == channel && entries[i] > wanted) {
                break; // within a channel times never go back
            }
        }
        boolean known = next > 0; // it lies between two that were handed over
        boolean later = size > 0 && time > (entries[0] >> 1) + SLACK_NANOS;
        if ((known || later) && endsLine) {
            missing++;
        }
    }

    /** All up to the place was compared; how many lines had not come. */
    long settle() {
        long found = missing;
        size = 0;
        begin();
        return found;
    }
}
