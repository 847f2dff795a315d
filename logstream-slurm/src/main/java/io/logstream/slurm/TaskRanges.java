package io.logstream.slurm;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tasks of an array that wait together, as Slurm writes them: {@code 0-9:3,17,20-29%4}. */
final class TaskRanges {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,10})(?:-(\\d{1,10})(?::(\\d{1,10}))?)?");

    private TaskRanges() {}

    /** Where Slurm has cut the text short, it may hold any task. */
    static boolean contains(String ranges, long task) {
        if (ranges.contains("...")) {
            return true;
        }
        for (String range : ranges.replaceFirst("%.*", "").split(",", -1)) {
            Matcher form = RANGE.matcher(range);
            if (form.matches()) {
                long first = Long.parseLong(form.group(1));
                long last = form.group(2) == null ? first : Long.parseLong(form.group(2));
                long step = form.group(3) == null ? 1 : Math.max(1, Long.parseLong(form.group(3)));
                if (task >= first && task <= last && (task - first) % step == 0) {
                    return true;
                }
            }
        }
        return false;
    }
}
