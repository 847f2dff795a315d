package io.logstream.slurm;

import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The tasks of an array that wait together, as Slurm writes them: {@code 0-9:3,17,20-29%4}. */
final class TaskRanges {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,10})(?:-(\\d{1,10})(?::(\\d{1,10}))?)?");

    /** Slurm allows no larger number (MaxArraySize of 4,000,001). */
    static final int MOST = 4_000_000;

    private TaskRanges() {}

    /** Whether Slurm has cut the text short, so that it may hold any task behind the greatest that is told. */
    static boolean isCut(String ranges) {
        return ranges.contains("...");
    }

    static boolean contains(String ranges, long task) {
        boolean isTold = ranges(ranges)
                .anyMatch(range -> task >= range.first && task <= range.last && (task - range.first) % range.step == 0);
        return isTold
                || (isCut(ranges)
                        && task > ranges(ranges).mapToLong(Range::last).max().orElse(-1));
    }

    /** Adds those that are told to a set; not what Slurm has cut off. */
    static void addTo(BitSet tasks, String ranges) {
        ranges(ranges).forEach(range -> {
            for (long task = range.first; task <= Math.min(range.last, MOST); task += range.step) {
                tasks.set((int) task);
            }
        });
    }

    private static Stream<Range> ranges(String ranges) {
        return Stream.of(ranges.replaceFirst("%.*", "").split(",", -1))
                .map(RANGE::matcher)
                .filter(Matcher::matches)
                .map(form -> {
                    long first = Long.parseLong(form.group(1));
                    long last = form.group(2) == null ? first : Long.parseLong(form.group(2));
                    long step = form.group(3) == null ? 1 : Math.max(1, Long.parseLong(form.group(3)));
                    return new Range(first, last, step);
                });
    }

    private record Range(long first, long last, long step) {}
}
