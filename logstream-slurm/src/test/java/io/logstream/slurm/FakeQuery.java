package io.logstream.slurm;

import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A cluster that says what a test lets it say. */
final class FakeQuery implements Query {
    volatile List<SlurmJob> jobs = List.of();
    volatile RuntimeException refusal;
    /** How often it has refused, and how often it will. */
    volatile int refused;

    volatile int mostRefused = Integer.MAX_VALUE;
    volatile IOException outage;
    volatile IOException hostOutage;
    volatile String host;
    volatile int questions;
    volatile int release = 2205;
    volatile Runnable onQuestion = () -> {};

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

    /** Refuses so many times more, and answers then. */
    void refuses(int times, RuntimeException why) {
        mostRefused = refused + times;
        refusal = why;
    }

    /** Waits until it has refused as often as it was to. */
    void awaitRefusals() {
        CollectingViewer.until("the refusals", () -> refused == mostRefused);
    }

    /** Waits until it was asked so many times more, and so the answers before the last one have been told. */
    void awaitAnswers(int more) {
        int before = questions;
        CollectingViewer.until("an answer", () -> questions - before > more);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public Answer ask(Set<Long> asked) throws IOException {
        questions++;
        Answer answer = new Answer(release, jobs);
        onQuestion.run();
        if (refusal != null && refused < mostRefused) {
            refused++;
            throw refusal;
        }
        if (outage != null) {
            throw outage;
        }
        return answer;
    }

    @Override
    public String hostOf(String node) throws IOException {
        if (hostOutage != null) {
            throw hostOutage;
        }
        return host == null ? node : host;
    }
}
