package io.logstream.slurm;

import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A {@link SlurmJob} while it is read, field by field. For one thread. */
final class JobFields {
    /** What some releases tell in place of the base state of a job that waits to be released for its next run. */
    private static final Set<String> HELD = Set.of("REQUEUE_HOLD", "SPECIAL_EXIT");

    long id;
    long arrayId;
    long taskId = -1;
    String waitingTasks = "";
    long hetId;
    int hetOffset;
    String state = "";
    final Set<String> flags = new TreeSet<>();
    String reason = "";
    String name = "";
    String user = "";
    String workDirectory = "";
    String stdout = "";
    String stderr = "";
    String stdoutFile = "";
    String stderrFile = "";
    String batchHost = "";
    String nodes = "";
    int restarts;
    int exitCode;
    int signal;
    long start;
    long end;

    void state(String word) {
        if (SlurmJob.isBaseState(word)) {
            state = word;
        } else if (!word.isEmpty()) {
            flags.add(word);
        }
    }

    /** Takes the status that wait(2) gives. */
    void status(long status) {
        exitCode = (int) (status >> 8) & 0xff;
        signal = (int) status & 0x7f;
    }

    SlurmJob job() {
        boolean isTask = arrayId > 0 && taskId >= 0 && waitingTasks.isEmpty();
        boolean isHet = hetId > 0;
        boolean isHeld = state.isEmpty() && HELD.stream().anyMatch(flags::contains);
        return new SlurmJob(
                id,
                arrayId,
                isTask ? taskId : -1,
                arrayId > 0 ? waitingTasks : "",
                hetId,
                isHet ? hetOffset : 0,
                isHeld ? "PENDING" : state,
                Set.copyOf(flags),
                reason.equals("None") ? "" : reason,
                name,
                user,
                workDirectory,
                stdout,
                stderr.equals(stdout) ? "" : stderr,
                stdoutFile,
                stderrFile.equals(stdoutFile) ? "" : stderrFile,
                batchHost,
                nodes,
                restarts,
                exitCode,
                signal,
                instant(start),
                instant(end));
    }

    private static @Nullable Instant instant(long seconds) {
        return seconds <= 0 ? null : Instant.ofEpochSecond(seconds);
    }
}
