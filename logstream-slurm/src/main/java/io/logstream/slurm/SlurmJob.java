package io.logstream.slurm;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster says about one job, one task of an array that has begun, or all tasks of an array that wait together.
 *
 * @param id its own number
 * @param arrayId the number of its array, or 0
 * @param taskId its number in the array, or -1
 * @param waitingTasks which tasks of the array it stands for while they wait, as {@code 3-5,9%2}; empty for one job
 * @param hetId the number of its heterogeneous job, or 0
 * @param hetOffset its place in that
 * @param state its base state, as {@code RUNNING}; empty where Slurm tells a flag in its place
 * @param flags what is true besides, as {@code COMPLETING} or {@code REQUEUED}
 * @param reason why it waits, or what went wrong; may be empty
 * @param name its name
 * @param user its user's name
 * @param workDirectory the directory that it was submitted in
 * @param stdout the pattern of its output file as Slurm tells it; empty for the default
 * @param stderr the same of its error file; empty where both are one
 * @param stdoutFile the output file's name where Slurm itself tells it, or empty
 * @param stderrFile the error file's name where Slurm itself tells it, or empty
 * @param batchHost the node that its script runs on, or empty
 * @param nodes all its nodes, as {@code n[1-2]}, or empty
 * @param restarts how often it was requeued
 * @param exitCode what its script returned
 * @param signal the signal that ended it, or 0
 * @param start when it began, or null
 * @param end when it ended, or will at the latest, or null
 */
public record SlurmJob(
        long id,
        long arrayId,
        long taskId,
        String waitingTasks,
        long hetId,
        int hetOffset,
        String state,
        Set<String> flags,
        String reason,
        String name,
        String user,
        String workDirectory,
        String stdout,
        String stderr,
        String stdoutFile,
        String stderrFile,
        String batchHost,
        String nodes,
        int restarts,
        int exitCode,
        int signal,
        @Nullable Instant start,
        @Nullable Instant end) {
    /** Base states that a job does not leave unless it is requeued. */
    private static final Set<String> FINAL = Set.of(
            "COMPLETED",
            "CANCELLED",
            "FAILED",
            "TIMEOUT",
            "NODE_FAIL",
            "PREEMPTED",
            "BOOT_FAIL",
            "DEADLINE",
            "OUT_OF_MEMORY");

    /** With one of these, more may come whatever the base state is. */
    private static final Set<String> UNFINISHED = Set.of("COMPLETING", "REQUEUED", "REQUEUE_FED", "STAGE_OUT");

    private static final Set<String> BASE = Set.of("PENDING", "RUNNING", "SUSPENDED");

    /** Whether a word that Slurm tells for a state is a base state; anything else is a flag. */
    static boolean isBaseState(String word) {
        return BASE.contains(word) || FINAL.contains(word);
    }

    /**
     * How it is named to Slurm: {@code 12}, {@code 12_5} or {@code 12+1}.
     *
     * @return the name, {@code 12_[3-5]} for tasks that wait together
     */
    public String label() {
        if (taskId >= 0) {
            return arrayId + "_" + taskId;
        }
        if (!waitingTasks.isEmpty()) {
            return arrayId + "_[" + waitingTasks + "]";
        }
        return hetId > 0 ? hetId + "+" + hetOffset : String.valueOf(id);
    }

    /**
     * Its states in one word or several, as {@code RUNNING} or {@code COMPLETED+COMPLETING}.
     *
     * @return the text
     */
    public String states() {
        String all = String.join("+", flags.stream().sorted().toList());
        return state.isEmpty() ? all : all.isEmpty() ? state : state + "+" + all;
    }

    /**
     * Whether it is over, its clean-up on the nodes included, so that nothing of Slurm's writes to its files any more.
     *
     * @return true unless it waits, runs, completes or is being requeued
     */
    public boolean isOver() {
        return FINAL.contains(state) && flags.stream().noneMatch(UNFINISHED::contains);
    }

    /**
     * Whether it waits for its first or next run.
     *
     * @return true if it is pending
     */
    public boolean isPending() {
        return state.equals("PENDING") && !flags.contains("COMPLETING");
    }

    /**
     * Whether it ever began: a job that was cancelled before has no output.
     *
     * @return true if it has, or had, nodes
     */
    public boolean hasBegun() {
        return !batchHost.isEmpty() || !nodes.isEmpty() || restarts > 0;
    }
}
