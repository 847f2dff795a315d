package io.logstream.internal;

import io.logstream.LogFilter;
import io.logstream.LogLine;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The filters that {@link LogFilter} makes. */
public final class Filters {
    /** Lets every line through; recognised, and never called. */
    public static final LogFilter ALL = line -> true;

    private static final int LEVEL_BYTES = 256;
    private static final Map<String, LogFilter.Level> LEVELS = levels();
    private static final Pattern LEVEL = levelPattern();

    private Filters() {}

    /** See {@link LogFilter#contains}. */
    public static LogFilter contains(String text) {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        return line -> indexOf(line, wanted) >= 0;
    }

    /** See {@link LogFilter#regex(Pattern)}. */
    public static LogFilter regex(Pattern pattern) {
        Objects.requireNonNull(pattern, "pattern");
        return line -> Bounded.find(pattern, line.text());
    }

    /** See {@link LogFilter#level}. */
    public static LogFilter level(LogFilter.Level atLeast) {
        Objects.requireNonNull(atLeast, "atLeast");
        return line -> {
            LogFilter.Level level = levelOf(line);
            return level != null && level.compareTo(atLeast) >= 0;
        };
    }

    static LogFilter.@Nullable Level levelOf(LogLine line) {
        byte[] head = new byte[Math.min(line.length(), LEVEL_BYTES)];
        for (int i = 0; i < head.length; i++) {
            head[i] = line.byteAt(i);
        }
        Matcher matcher = LEVEL.matcher(new String(head, StandardCharsets.ISO_8859_1));
        if (!matcher.find()) {
            return null;
        }
        for (int group = 1; group <= matcher.groupCount(); group++) {
            String word = matcher.group(group);
            if (word != null) {
                return LEVELS.get(word.toUpperCase(Locale.ROOT));
            }
        }
        return null;
    }

    private static int indexOf(LogLine line, byte[] wanted) {
        int last = line.length() - wanted.length;
        outer:
        for (int from = 0; from <= last; from++) {
            for (int i = 0; i < wanted.length; i++) {
                if (line.byteAt(from + i) != wanted[i]) {
                    continue outer;
                }
            }
            return from;
        }
        return -1;
    }

    private static Map<String, LogFilter.Level> levels() {
        Map<String, LogFilter.Level> words = new java.util.HashMap<>();
        for (LogFilter.Level level : LogFilter.Level.values()) {
            words.put(level.name(), level);
        }
        for (String word : new String[] {"FINE", "FINER", "FINEST", "VERBOSE"}) {
            words.put(word, LogFilter.Level.TRACE);
        }
        words.put("DBG", LogFilter.Level.DEBUG);
        for (String word : new String[] {"NOTICE", "INFORMATION", "CONFIG"}) {
            words.put(word, LogFilter.Level.INFO);
        }
        words.put("WARNING", LogFilter.Level.WARN);
        words.put("ERR", LogFilter.Level.ERROR);
        words.put("SEVERE", LogFilter.Level.ERROR);
        for (String word : new String[] {"CRITICAL", "CRIT", "ALERT", "EMERG", "EMERGENCY", "PANIC"}) {
            words.put(word, LogFilter.Level.FATAL);
        }
        return Map.copyOf(words);
    }

    /** The rule of {@link LogFilter#level}; linear, since nothing in it repeats without a bound. */
    private static Pattern levelPattern() {
        String upper = "(" + String.join("|", LEVELS.keySet()) + ")";
        String any = "((?i:" + String.join("|", LEVELS.keySet()) + "))";
        String noCount = "(?<!(?:^|[\\s;(=]|(?<![0-9]),)[0-9]{1,9} )";
        String word = "(?<![A-Za-z0-9_])" + noCount + upper + "(?![A-Za-z0-9_])";
        String bracketed = "(?<=[\\[<(])" + any + "(?=[\\]>)])";
        String colon = "(?<![A-Za-z0-9_])" + noCount + any + "(?=:)";
        String key = "(?i:level|lvl|loglevel|severity)[\"']? ?[=:] ?[\"']?" + any + "(?![A-Za-z0-9_])";
        return Pattern.compile(key + "|" + bracketed + "|" + colon + "|" + word);
    }
}
