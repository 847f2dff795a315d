package io.logstream.internal.file;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What rotation has put into a log's name, as in {@code app.log.3}, {@code app.log-20261126.gz}, {@code app-2026-11-26.log}
 * or {@code app.log.old}.
 *
 * @param kind what it is
 * @param text it, without the sign before it
 * @param isCompressed whether the file was compressed
 */
record Stamp(Kind kind, String text, boolean isCompressed) {
    private static final String COMPRESSION = "(\\.(?:gz|xz|zst|bz2|lz4|lzma|Z|zip))?";
    private static final Pattern BEHIND = Pattern.compile("[-._~]?(\\d[\\dTZ:._+-]*?)" + COMPRESSION);
    /** Or none, as in {@code app.log~} and {@code app.log.gz}. */
    private static final Pattern WORD =
            Pattern.compile("[-._~]?(old|bak|backup|prev|previous|last|save|orig|rotated|)" + COMPRESSION);

    private static final Pattern INSIDE = Pattern.compile("[-._](\\d[\\dTZ:._+-]*)");
    private static final Pattern COMPRESSED = Pattern.compile(COMPRESSION);
    private static final Pattern COUNTER = Pattern.compile("\\d{1,5}");
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    /** Fewer digits in front of a log's extension are no date: {@code job-12.log} is not what rotation made of job.log. */
    private static final int LEAST_DATE = 6;

    /** Whether both say the same, though one file may be compressed. */
    boolean isSame(Stamp other) {
        return kind == other.kind && text.equals(other.text);
    }

    /** How the stamps of one log are to be compared. */
    enum Kind {
        /** A number that grows, or that is given to another file at each rotation. */
        COUNTER,
        /** A date, perhaps with a counter behind it. */
        DATE,
        /** A word, of which there is only one file. */
        WORD
    }

    /**
     * What rotation has made of a log's name in this one, or null if it is not known to have. Behind a digit that takes
     * something between them: job-12 is not what rotation made of job-1.
     */
    static @Nullable Stamp of(String log, String name) {
        if (name.startsWith(log) && name.length() > log.length()) {
            boolean number = isDigit(log.charAt(log.length() - 1)) && isDigit(name.charAt(log.length()));
            return number ? null : behind(name.substring(log.length()));
        }
        int extension = log.lastIndexOf('.');
        return extension > 0 ? inside(log.substring(0, extension), log.substring(extension), name) : null;
    }

    private static @Nullable Stamp behind(String suffix) {
        Matcher number = BEHIND.matcher(suffix);
        if (number.matches()) {
            Kind kind = COUNTER.matcher(number.group(1)).matches() ? Kind.COUNTER : Kind.DATE;
            return new Stamp(kind, number.group(1), number.group(2) != null);
        }
        Matcher word = WORD.matcher(suffix);
        return word.matches() ? new Stamp(Kind.WORD, word.group(1), word.group(2) != null) : null;
    }

    private static @Nullable Stamp inside(String stem, String extension, String name) {
        int end = name.lastIndexOf(extension);
        if (!name.startsWith(stem) || end < stem.length()) {
            return null;
        }
        Matcher date = INSIDE.matcher(name.substring(stem.length(), end));
        Matcher compression = COMPRESSED.matcher(name.substring(end + extension.length()));
        if (!date.matches()
                || !compression.matches()
                || date.group(1).chars().filter(c -> isDigit((char) c)).count() < LEAST_DATE) {
            return null;
        }
        return new Stamp(Kind.DATE, date.group(1), compression.group(1) != null);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** A counter's number. */
    int number() {
        return Integer.parseInt(text);
    }

    /** Compares two stamps, number by number. */
    static int compareNumbers(Stamp one, Stamp other) {
        List<String> mine = numbers(one);
        List<String> others = numbers(other);
        for (int i = 0; i < Math.min(mine.size(), others.size()); i++) {
            int order = compareDigits(mine.get(i), others.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(mine.size(), others.size());
    }

    private static List<String> numbers(Stamp stamp) {
        return NUMBER.matcher(stamp.text).results().map(MatchResult::group).toList();
    }

    private static int compareDigits(String one, String other) {
        return one.length() == other.length() ? one.compareTo(other) : Integer.compare(one.length(), other.length());
    }
}
