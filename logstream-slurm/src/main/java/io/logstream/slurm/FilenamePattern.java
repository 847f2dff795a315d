package io.logstream.slurm;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The pattern of the name of an output file, as it is given to {@code sbatch -o}, and what Slurm makes of it. Written from
 * the names of files that a real sbatch wrote; {@code RealPatternTest} compares the two.
 *
 * <pre>{@code
 *   %%            a percent sign               %n %t  number of node and task: 0 for the batch script
 *   %j            the job's own number         %s     the step: batch
 *   %J            the same, with .step         %N     the short name of the first node's machine
 *   %A  %a        of an array: its number      %u %x  names of user and job
 *                 and that of the task         %b     24.11 and later: the task's number modulo 10
 *                                              %r     25.11 and later: how often it was requeued
 *   %5j           at least 5 digits, at most 10
 *   \             anywhere in the pattern: nothing is expanded, and one backslash of each pair goes
 * }</pre>
 *
 * Any other letter stands for itself with its percent sign; of a width before such a letter, the last
 * digit stays and the percent sign goes.
 */
final class FilenamePattern {
    /** What %a is outside of an array. */
    static final long NO_TASK = 4294967294L;

    private static final int MOST_DIGITS = 10;

    /**
     * What stands for the letters.
     *
     * @param job the job's own number
     * @param array the number of its array, or its own
     * @param task its number in the array, or {@link #NO_TASK}
     * @param step the step's number, or -1 for the batch script
     * @param rank the task's number in the step
     * @param node the short name of the machine
     * @param user the user's name
     * @param name the job's name
     * @param restarts how often it was requeued
     * @param release Slurm's, as 2205
     */
    record Values(
            long job,
            long array,
            long task,
            int step,
            int rank,
            String node,
            String user,
            String name,
            int restarts,
            int release) {
        /** The same with names that have no wildcards. */
        Values quoted() {
            return new Values(
                    job,
                    array,
                    task,
                    step,
                    rank,
                    Globs.quoted(node),
                    Globs.quoted(user),
                    Globs.quoted(name),
                    restarts,
                    release);
        }
    }

    private FilenamePattern() {}

    /** Whether the name depends on one of these letters. */
    static boolean uses(String pattern, String letters) {
        return pattern.indexOf('\\') < 0
                && Pattern.compile("%\\d*[" + letters + "]")
                        .matcher(pattern.replace("%%", ""))
                        .find();
    }

    static String expand(String pattern, Values values) {
        if (pattern.indexOf('\\') >= 0) {
            return withoutBackslashes(pattern);
        }
        StringBuilder name = new StringBuilder();
        int i = 0;
        while (i < pattern.length()) {
            char c = pattern.charAt(i++);
            if (c != '%') {
                name.append(c);
                continue;
            }
            if (i < pattern.length() && pattern.charAt(i) == '%') {
                name.append('%');
                i++;
                continue;
            }
            int digits = i;
            while (i < pattern.length() && isDigit(pattern.charAt(i))) {
                i++;
            }
            String width = pattern.substring(digits, i);
            String value = i < pattern.length() ? value(pattern.charAt(i), width(width), values) : null;
            if (value != null) {
                name.append(value);
                i++;
            } else {
                name.append(width.isEmpty() ? '%' : width.charAt(width.length() - 1));
            }
        }
        return name.toString();
    }

    private static String withoutBackslashes(String pattern) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            if (pattern.charAt(i) == '\\') {
                i++;
            }
            if (i < pattern.length()) {
                name.append(pattern.charAt(i));
            }
        }
        return name.toString();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int width(String digits) {
        String significant = digits.replaceFirst("^0+", "");
        if (significant.length() > 2) {
            return MOST_DIGITS;
        }
        return significant.isEmpty() ? 0 : Math.min(MOST_DIGITS, Integer.parseInt(significant));
    }

    private static @Nullable String value(char letter, int width, Values of) {
        return switch (letter) {
            case 'A' -> number(of.array, width);
            case 'a' -> number(of.task, width);
            case 'j' -> number(of.job, width);
            case 'J' -> number(of.job, width) + (of.step < 0 ? "" : "." + of.step);
            case 'n' -> number(0, width);
            case 't' -> number(of.rank, width);
            case 's' -> of.step < 0 ? "batch" : String.valueOf(of.step);
            case 'N' -> of.node;
            case 'u' -> of.user;
            case 'x' -> of.name;
            case 'b' -> of.release >= 2411 ? number(of.task % 10, width) : null;
            case 'r' -> of.release >= 2511 ? number(of.restarts, width) : null;
            default -> null;
        };
    }

    private static String number(long number, int width) {
        String digits = String.valueOf(number);
        return "0".repeat(Math.max(0, width - digits.length())) + digits;
    }
}
