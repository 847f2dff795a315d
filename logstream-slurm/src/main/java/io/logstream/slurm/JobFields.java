package io.logstream.slurm;

import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A {@link SlurmJob} while it is read, field by field. For one thread. */
final class JobFields {
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
        return new SlurmJob(
                id,
                arrayId,
                isTask ? taskId : -1,
                arrayId > 0 ? waitingTasks : "",
                hetId,
                isHet ? hetOffset : 0,
                state,
                Set.copyOf(flags),
                reason.equals("None") ? "" : reason,
                name,
                user,
                workDirectory,
                stdout,
                stderr,
                stdoutFile,
                stderrFile,
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
