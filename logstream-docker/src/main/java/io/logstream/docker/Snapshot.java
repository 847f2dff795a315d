package io.logstream.docker;

import io.logstream.LogStreamException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The times of the last entries of a log, and which of them end a line: finds the place from which on there are so many
 * lines. For one thread.
 */
final class Snapshot implements Entries {
    private static final int MAX_ENTRIES = 16 << 20;
    private static final int OPENS = 2;
    private static final int ENDS = 4;

    private final int partBytes;
    private long[] times = new long[256];
    private byte[] kinds = new byte[256]; // channel, and whether a line is open behind it; neither if that is as before
    private int size;

    Snapshot(int partBytes) {
        this.partBytes = partBytes;
    }

    int size() {
        return size;
    }

    @Override
    public void entry(int channel, byte[] bytes, int from, int to, long time) {
        if (size == times.length) {
            if (size == MAX_ENTRIES) {
                throw new LogStreamException("more than " + MAX_ENTRIES + " entries to look back: ask for fewer lines");
            }
            times = Arrays.copyOf(times, 2 * size);
            kinds = Arrays.copyOf(kinds, 2 * size);
        }
        boolean opens = Place.isOpenAfter(false, bytes, from, to, partBytes);
        boolean ends = !Place.isOpenAfter(true, bytes, from, to, partBytes);
        times[size] = time;
        kinds[size] = (byte) (channel | (opens ? OPENS : 0) | (ends ? ENDS : 0));
        size++;
    }

    private boolean isOpenAfter(int i, boolean before) {
        return (kinds[i] & OPENS) != 0 || before && (kinds[i] & ENDS) == 0;
    }

    /**
     * The place with at least so many lines behind it, where no channel is inside of a line.
     *
     * @param container the hash of the container's id
     * @param lines how many; with none it is the end, wherever that is
     * @param whole whether these are all entries of the log
     * @return the place, or null if more entries are needed to tell
     */
    @Nullable
    Place find(long container, int lines, boolean whole) {
        int index = lines == 0 ? size : index(lines, whole);
        if (index <= 0) {
            return whole ? new Place(container) : null;
        }
        Place place = new Place(container);
        for (int i = 0; i < index; i++) {
            int channel = kinds[i] & 1;
            place.pass(channel, times[i], isOpenAfter(i, place.open[channel]));
        }
        // Its entries with the anchor's time must all be known, so that they are counted.
        return whole || times[first(place.anchor)] < place.time[place.anchor] ? place : null;
    }

    private int first(int channel) {
        int i = 0;
        while (i < size && (kinds[i] & 1) != channel) {
            i++;
        }
        return i;
    }

    /** The last entry from which on there are enough lines and at which no line is open, or -1. */
    private int index(int lines, boolean whole) {
        int ends = 0;
        int wanted = -1; // the last place with enough line ends behind it
        for (int i = size - 1; i >= 0 && wanted < 0; i--) {
            ends += (kinds[i] & ENDS) != 0 ? 1 : 0;
            wanted = ends == lines ? i : -1;
        }
        if (wanted < 0) {
            return -1;
        }
        boolean[] open = {isFragment(0, whole), isFragment(1, whole)};
        int index = -1;
        for (int i = 0; i <= wanted; i++) {
            if (!open[0] && !open[1]) {
                index = i;
            }
            int channel = kinds[i] & 1;
            open[channel] = isOpenAfter(i, open[channel]);
        }
        return index;
    }

    /** Whether a channel's first entry that is known may lie within a line. */
    private boolean isFragment(int channel, boolean whole) {
        int first = first(channel);
        return !whole && first < size && times[first] <= times[0];
    }
}
