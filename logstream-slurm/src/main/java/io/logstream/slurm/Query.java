package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** A way to ask a cluster about jobs. Threadsafe. */
interface Query {

    /**
     * What the cluster answers.
     *
     * @param release Slurm's, as 2205; 0 where that is not known
     * @param jobs what it knows of the jobs asked for, and perhaps of others
     */
    record Answer(int release, List<SlurmJob> jobs) {}

    /**
     * Asks once about all of these jobs.
     *
     * @param jobs numbers of jobs, arrays and heterogeneous jobs; empty for all that the cluster has
     * @throws IOException if it does not answer now
     * @throws LogStreamException if trying again would not help
     */
    Answer ask(Set<Long> jobs) throws IOException, InterruptedException;

    /**
     * The short name that a node's machine has for itself, or nothing where the cluster knows none.
     *
     * @param node the node's name
     * @throws IOException if it does not answer now
     * @throws LogStreamException if trying again would not help
     */
    String hostOf(String node) throws IOException, InterruptedException;
}
