package io.logstream.slurm;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names one job: {@code 12}, the task {@code 12_5} of an array, or the part {@code 12+1} of a heterogeneous job; or a step of
 * one of these, {@code 12_5.0}. The batch script is a step too, {@code 12.batch}, and its output that of the job.
 *
 * @param job the number of the job, array or heterogeneous job
 * @param task the task's number, or -1
 * @param part the part's number, or -1
 * @param step the step's number, or -1 for the batch script
 */
record JobId(long job, long task, int part, int step) {
    private static final Pattern FORM =
            Pattern.compile("([1-9]\\d{0,9})(?:_(\\d{1,10})|\\+(\\d{1,5}))?(?:\\.(\\d{1,9}|batch))?");
    /** With a greater number among those that it is asked for, squeue tells of none of them. */
    private static final long MOST = Integer.MAX_VALUE;

    /** @throws IllegalArgumentException if this names no job */
    static JobId parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + Text.shown(text) + "' names no job: use 12, 12_5, 12+1 or 12.0"
                    + (text.matches("\\S+\\.(extern|interactive)")
                            ? "; the step " + text + " has no output of its own"
                            : ""));
        }
        long job = Long.parseLong(form.group(1));
        long task = form.group(2) == null ? -1 : Long.parseLong(form.group(2));
        int part = form.group(3) == null ? -1 : Integer.parseInt(form.group(3));
        int step = form.group(4) == null || form.group(4).equals("batch") ? -1 : Integer.parseInt(form.group(4));
        if (job > MOST || task > MOST) {
            throw new IllegalArgumentException("'" + text + "' names no job: the number is too large");
        }
        return new JobId(job, task, part, step);
    }

    /** What the record is of: of tasks that wait together, their array. */
    static JobId of(SlurmJob job) {
        if (job.taskId() >= 0) {
            return new JobId(job.arrayId(), job.taskId(), -1, -1);
        }
        return job.hetId() > 0
                ? new JobId(job.hetId(), -1, job.hetOffset(), -1)
                : new JobId(job.arrayId() > 0 ? job.arrayId() : job.id(), -1, -1, -1);
    }

    /** Whether this names an array or a heterogeneous job as a whole, if it is one. */
    boolean isWhole() {
        return task < 0 && part < 0;
    }

    /** Whether this is a step that srun starts. */
    boolean isStep() {
        return step >= 0;
    }

    /** The job that this is, or is a step of. */
    JobId ofJob() {
        return new JobId(job, task, part, -1);
    }

    /** What of the answer about {@link #job} is about this. */
    List<SlurmJob> of(List<SlurmJob> jobs) {
        SlurmJob one = isWhole() ? null : in(jobs);
        return isWhole() ? jobs : one == null ? List.of() : List.of(one);
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
        return job + (task >= 0 ? "_" + task : part >= 0 ? "+" + part : "") + (step < 0 ? "" : "." + step);
    }
}
