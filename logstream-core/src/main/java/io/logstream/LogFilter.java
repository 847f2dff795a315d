package io.logstream;

import io.logstream.internal.Filters;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Decides which lines a viewer gets. Filters are judged on the viewer's side, one line (or part of a line) at a time;
 * lines held back are counted in {@link Subscription.Stats#filtered()}.
 *
 * <p>The filters made here are immutable and threadsafe. Regular expressions are bounded: one that takes too many steps
 * on a line, or overflows the stack, does not judge it: the whole filter lets that line through, and
 * {@link Subscription.Stats#filterOverBound()} counts it. What a filter of your own throws ends the subscription.
 */
@FunctionalInterface
public interface LogFilter {

    /** The levels of {@link #level}, from the lowest to the highest. */
    enum Level {
        /** Also written FINE, FINER, FINEST, VERBOSE. */
        TRACE,
        /** Also written DBG. */
        DEBUG,
        /** Also written NOTICE, INFORMATION, CONFIG. */
        INFO,
        /** Also written WARNING. */
        WARN,
        /** Also written ERR, SEVERE. */
        ERROR,
        /** Also written CRITICAL, CRIT, ALERT, EMERG, EMERGENCY, PANIC. */
        FATAL
    }

    /**
     * Judges one line.
     *
     * @param line the line, valid during this call
     * @return whether the viewer gets it
     */
    boolean test(LogLine line);

    /**
     * Lets every line through.
     *
     * @return the filter
     */
    static LogFilter all() {
        return Filters.ALL;
    }

    /**
     * Lets lines through that contain a text, letter by letter as it is.
     *
     * @param text the text, in UTF-8
     * @return the filter
     */
    static LogFilter contains(String text) {
        return Filters.contains(text);
    }

    /**
     * Lets lines through in which a regular expression finds a match.
     *
     * @param pattern the expression
     * @return the filter
     */
    static LogFilter regex(Pattern pattern) {
        return Filters.regex(pattern);
    }

    /**
     * Lets lines through in which a regular expression finds a match.
     *
     * @param pattern the expression
     * @return the filter
     * @throws java.util.regex.PatternSyntaxException if it is no regular expression
     */
    static LogFilter regex(String pattern) {
        return regex(Pattern.compile(pattern));
    }

    /**
     * Lets lines through in which a regular expression finds no match.
     *
     * @param pattern the expression
     * @return the filter
     * @throws java.util.regex.PatternSyntaxException if it is no regular expression
     */
    static LogFilter exclude(String pattern) {
        return regex(pattern).not();
    }

    /**
     * Lets lines through whose level is at least the one given.
     *
     * <p>The rule: a level is a whole word at the place of a level in the first 256 bytes of the line. It stands there if
     * it is (1) written in capitals, as in {@code 12:00:01 WARN disk}; or (2) in any case, directly between brackets or
     * directly before a colon, as in {@code [error]} or {@code warning: x}; or (3) in any case, the value of a key
     * {@code level}, {@code lvl}, {@code loglevel} or {@code severity}, as in {@code level=warn} or
     * {@code "severity":"Error"}. The first such word counts. A number right before it, as in {@code 0 ERROR}, makes it a
     * count and no level. So {@code 0 errors found} has no level, and a line without a level is held back.
     *
     * @param atLeast the lowest level that passes
     * @return the filter
     */
    static LogFilter level(Level atLeast) {
        return Filters.level(atLeast);
    }

    /**
     * Lets lines through that both filters let through.
     *
     * @param other the other filter
     * @return the filter
     */
    default LogFilter and(LogFilter other) {
        Objects.requireNonNull(other, "other");
        return line -> test(line) && other.test(line);
    }

    /**
     * Lets lines through that one of the filters lets through.
     *
     * @param other the other filter
     * @return the filter
     */
    default LogFilter or(LogFilter other) {
        Objects.requireNonNull(other, "other");
        return line -> test(line) || other.test(line);
    }

    /**
     * Lets lines through that this filter holds back.
     *
     * @return the filter
     */
    default LogFilter not() {
        return line -> !test(line);
    }
}
