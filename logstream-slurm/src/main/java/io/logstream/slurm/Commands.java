package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A way to run programs of Slurm to their end. Threadsafe. */
interface Commands {
    /** Variables that would change what {@code squeue} lists, or which cluster it asks. */
    List<String> UNWANTED = List.of(
            "SLURM_CLUSTERS",
            "SQUEUE_ACCOUNT",
            "SQUEUE_ALL",
            "SQUEUE_ARRAY",
            "SQUEUE_ARRAY_UNIQUE",
            "SQUEUE_CLUSTERS",
            "SQUEUE_FEDERATION",
            "SQUEUE_FORMAT",
            "SQUEUE_FORMAT2",
            "SQUEUE_LICENSES",
            "SQUEUE_LOCAL",
            "SQUEUE_NAMES",
            "SQUEUE_PARTITION",
            "SQUEUE_PRIORITY",
            "SQUEUE_QOS",
            "SQUEUE_SIB",
            "SQUEUE_SIBLING",
            "SQUEUE_SORT",
            "SQUEUE_STATES",
            "SQUEUE_USERS",
            "SLURM_JSON");

    /** Variables that make what it lists what is understood. */
    Map<String, String> WANTED = Map.of("SLURM_TIME_FORMAT", "%s", "SLURM_BITSTR_LEN", "0");

    /**
     * What a program said.
     *
     * @param code its exit code
     * @param out its standard output
     * @param errors its standard error output
     */
    record Said(int code, String out, String errors) {}

    /**
     * Runs it.
     *
     * @throws IOException if it does not end in time
     * @throws LogStreamException if it can't be run
     */
    Said run(List<String> command) throws IOException, InterruptedException;
}
