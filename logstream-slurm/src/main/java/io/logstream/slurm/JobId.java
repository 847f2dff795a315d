package io.logstream.slurm;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names one job: {@code 12}, the task {@code 12_5} of an array, or the part {@code 12+1} of a heterogeneous job.
 *
 * @param job the number of the job, array or heterogeneous job
 * @param task the task's number, or -1
 * @param part the part's number, or -1
 */
record JobId(long job, long task, int part) {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,9})(?:_(\\d{1,10})|\\+(\\d{1,5}))?");
    /** With a greater number among those that it is asked for, squeue tells of none of them. */
    private static final long MOST = Integer.MAX_VALUE;

    /** @throws IllegalArgumentException if this names no job */
    static JobId parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + Text.shown(text) + "' names no job: use 12, 12_5 or 12+1");
        }
        long job = Long.parseLong(form.group(1));
        long task = form.group(2) == null ? -1 : Long.parseLong(form.group(2));
        int part = form.group(3) == null ? -1 : Integer.parseInt(form.group(3));
        if (job > MOST || task > MOST) {
            throw new IllegalArgumentException("'" + text + "' names no job: the number is too large");
        }
        return new JobId(job, task, part);
    }

    /** What of the answer about {@link #job} this is, or null: for a task that waits with others, the record of them all. */
    @Nullable
    SlurmJob in(List<SlurmJob> jobs) {
        SlurmJob waiting = null;
        for (SlurmJob one : jobs) {
            if (task >= 0) {
                if (one.arrayId() == job && one.taskId() == task) {
                    return one;
                }
                waiting = one.arrayId() == job && TaskRanges.contains(one.waitingTasks(), task) ? one : waiting;
            } else if (part >= 0 ? one.hetId() == job && one.hetOffset() == part : one.id() == job) {
                return one;
            }
        }
        return waiting;
    }

    @Override
    public String toString() {
        return job + (task >= 0 ? "_" + task : part >= 0 ? "+" + part : "");
    }
}
