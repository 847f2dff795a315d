package io.logstream.internal.file;

import io.logstream.internal.file.Stamp.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files beside a log at one moment, and what their names and times tell of the order in which they were rotated away.
 * Counters tell it best, up or down, but only of names that did not change meanwhile; then birth times, and the times of
 * last writes where there are none: a file may be written late.
 */
final class Chronicle {
    private final List<Entry> entries;
    private final boolean steady;
    private final int direction;

    /** A file beside the log, or the log itself; {@code stamp} is null where rotation is not known to have made the name. */
    record Entry(Path path, FileStat stat, @Nullable Stamp stamp) {
        boolean isCompressed() {
            return stamp != null && stamp.isCompressed();
        }

        boolean isCounted() {
            return stamp != null && stamp.kind() == Kind.COUNTER;
        }
    }

    /**
     * What was seen.
     *
     * @param entries the files, the log itself included
     * @param steady whether they had the same names when they were looked at again
     */
    Chronicle(List<Entry> entries, boolean steady) {
        this.entries = entries;
        this.steady = steady;
        this.direction = direction(entries);
    }

    /** Above zero if counters grow with each rotation, below zero if the newest file has the lowest, zero if nothing tells. */
    private static int direction(List<Entry> entries) {
        List<Entry> counted = entries.stream()
                .filter(Entry::isCounted)
                .sorted(Comparator.comparingInt(Chronicle::number))
                .toList();
        if (counted.size() < 2) {
            return 0;
        }
        Entry last = counted.get(counted.size() - 1);
        Entry first = counted.get(0);
        int writes = Long.compare(last.stat().modifiedNanos(), first.stat().modifiedNanos());
        // A compressed file was born when it was compressed, but keeps the time of the last write.
        boolean born = !last.isCompressed() && !first.isCompressed();
        int births = born ? compareBirths(last.stat(), first.stat()) : 0;
        if (births < 0 || writes < 0) {
            return -1;
        }
        return Integer.signum(births + writes);
    }

    private boolean isAscending() {
        return direction > 0;
    }

    boolean isSteady() {
        return steady;
    }

    /** Whether rotation has gone on after a file: another one has been rotated away since. */
    boolean hasRotatedAfter(FileStat older) {
        Entry old = find(older);
        return entries.stream()
                .anyMatch(entry -> entry.stamp() != null && !entry.stat().isSame(older) && isAfter(entry, old, older));
    }

    /** The file, if it is one of these. */
    @Nullable
    Entry find(FileStat stat) {
        for (Entry entry : entries) {
            if (entry.stat().isSame(stat)) {
                return entry;
            }
        }
        return null;
    }

    /** What was rotated away after one file and before another, in that order. */
    List<Entry> between(FileStat older, FileStat newer) {
        Entry old = find(older);
        Entry young = find(newer);
        List<Entry> found = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.stamp() != null
                    && !entry.stat().isSame(older)
                    && !entry.stat().isSame(newer)
                    && isAfter(entry, old, older)
                    && !isBehind(entry, young, newer)) {
                found.add(entry);
            }
        }
        found.sort(order(found));
        return found;
    }

    /** Decided so that a file is left out rather than read for nothing. */
    private boolean isAfter(Entry entry, @Nullable Entry old, FileStat older) {
        FileStat stat = entry.stat();
        int births = compareBirths(stat, older);
        if (old == null || old.stamp() == null) {
            // Copies of what the older one held before it was cut are younger than it, but not than its last write.
            FileStat last = old == null ? older : old.stat();
            return !entry.isCompressed()
                    && stat.modifiedNanos() >= last.modifiedNanos()
                    && stat.birthNanos() != FileStat.UNKNOWN
                    && births >= 0;
        }
        if (entry.stamp() == null || entry.stamp().kind() != old.stamp().kind()) {
            return false;
        }
        if (entry.isCompressed() && isCompressionOfAnother(entry)) {
            return false;
        }
        int names = compareNames(entry, old);
        boolean writtenLast = stat.modifiedNanos() >= old.stat().modifiedNanos();
        // The older one may have been written late, after the last line of this one.
        boolean sure = names > 0 && !entry.isCompressed() && births >= 0 && stat.birthNanos() != FileStat.UNKNOWN;
        // What a copy was made of, and was renamed later, was born before the copy.
        boolean born = births >= 0 || entry.isCompressed() || (names > 0 && entry.isCounted());
        return names >= 0 && (sure || writtenLast) && born;
    }

    /** Whether the file is there too of which this is made right now. */
    private boolean isCompressionOfAnother(Entry compressed) {
        Stamp stamp = compressed.stamp();
        for (Entry entry : entries) {
            if (stamp != null && !entry.isCompressed() && entry.stamp() != null && stamp.isSame(entry.stamp())) {
                return true;
            }
        }
        return false;
    }

    /** Whether rotation has gone on since the newer one was found, and this came after it. */
    private boolean isBehind(Entry entry, @Nullable Entry young, FileStat newer) {
        int births = compareBirths(entry.stat(), newer);
        if (young == null) {
            // Rotation removes the oldest first: what is still there came after it, unless its new name was missed.
            return steady ? births >= 0 : births > 0;
        }
        return young.stamp() != null && births >= 0 && (births > 0 || compareNames(entry, young) > 0);
    }

    /** Above zero if the names say that the first was rotated away after the second, zero if they say nothing. */
    private int compareNames(Entry one, Entry other) {
        Stamp mine = one.stamp();
        Stamp others = other.stamp();
        if (mine == null || others == null || mine.kind() != others.kind() || mine.kind() == Kind.WORD) {
            return 0;
        }
        if (mine.kind() == Kind.COUNTER) {
            int order = steady ? Integer.compare(mine.number(), others.number()) : 0;
            return isAscending() ? order : -order;
        }
        // A date that the day leads tells nothing.
        int order = Stamp.compareNumbers(mine, others);
        int births = compareBirths(one.stat(), other.stat());
        return births == 0 || (births > 0) == (order > 0) ? order : 0;
    }

    /** One order for all of them. */
    private Comparator<Entry> order(List<Entry> some) {
        if (steady && some.stream().allMatch(Entry::isCounted)) {
            Comparator<Entry> counters = Comparator.comparingInt(Chronicle::number);
            return isAscending() ? counters : counters.reversed();
        }
        boolean born = some.stream().allMatch(entry -> entry.stat().birthNanos() != FileStat.UNKNOWN);
        Comparator<Entry> times = Comparator.comparingLong(
                entry -> born ? entry.stat().birthNanos() : entry.stat().modifiedNanos());
        return times.thenComparingLong(entry -> entry.stat().modifiedNanos()).thenComparing(this::compareStamps);
    }

    private int compareStamps(Entry one, Entry other) {
        if (one.stamp() == null || other.stamp() == null) {
            return 0;
        }
        int order = Stamp.compareNumbers(one.stamp(), other.stamp());
        return one.isCounted() && other.isCounted() && !isAscending() ? -order : order;
    }

    /** Whether a counter is missing between a file that came after another one and the file before it. */
    boolean hasHoleBefore(FileStat newer, FileStat older) {
        Entry old = find(older);
        Entry young = find(newer);
        if (!steady
                || direction == 0
                || old == null
                || !old.isCounted()
                || young == null
                || compareBirths(newer, older) < 0) {
            return false;
        }
        if (isAscending() && !young.isCounted()) {
            return false; // whatever has the highest counter is the one before the log itself
        }
        int before = (young.isCounted() ? number(young) : 0) + (isAscending() ? -1 : 1);
        boolean inside = isAscending() ? before > number(old) : before < number(old);
        return inside && entries.stream().noneMatch(entry -> entry.isCounted() && number(entry) == before);
    }

    private static int number(Entry counted) {
        return counted.stamp() == null ? 0 : counted.stamp().number();
    }

    /** Zero where a time is not known. */
    private static int compareBirths(FileStat one, FileStat other) {
        return one.birthNanos() == FileStat.UNKNOWN || other.birthNanos() == FileStat.UNKNOWN
                ? 0
                : Long.compare(one.birthNanos(), other.birthNanos());
    }
}
