package io.logstream.slurm;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A cluster that says what a test lets it say. */
final class FakeQuery implements Query {
    volatile List<SlurmJob> jobs = List.of();
    volatile RuntimeException refusal;
    volatile IOException outage;
    volatile int questions;
    volatile int release = 2205;

    SlurmCluster cluster() {
        return new SlurmCluster("fake", this, Duration.ofMillis(20));
    }

    /** One job that writes to this file. */
    void says(String states, String file) {
        JobFields job = new JobFields();
        job.id = 12;
        for (String state : states.split("\\+")) {
            job.state(state);
        }
        job.workDirectory = "/";
        job.stdout = file;
        job.batchHost = states.equals("PENDING") ? "" : "n1";
        jobs = List.of(job.job());
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public Answer ask(Set<Long> asked) throws IOException {
        questions++;
        if (refusal != null) {
            throw refusal;
        }
        if (outage != null) {
            throw outage;
        }
        return new Answer(release, jobs);
    }

    @Override
    public String hostOf(String node) {
        return node;
    }
}
