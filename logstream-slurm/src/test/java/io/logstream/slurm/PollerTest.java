package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a cluster is asked. */
class PollerTest {
    private final FakeQuery query = new FakeQuery();

    @Test
    void questions_becomeSeldom_whileThereIsNoAnswer() {
        long second = Duration.ofSeconds(1).toNanos();
        assertThat(Poller.pause(0, 2 * second)).isEqualTo(2 * second);
        assertThat(Poller.pause(1, 2 * second)).isEqualTo(4 * second);
        assertThat(Poller.pause(4, 2 * second)).isEqualTo(32 * second);
        for (int failures : List.of(5, 6, 31, 32, 63, 64, 1000)) {
            assertThat(Poller.pause(failures, 2 * second)).isEqualTo(60 * second);
        }
        assertThat(Poller.pause(9, 3600 * second)).as("never more often").isEqualTo(3600 * second);
    }

    @Test
    void questions_areFewer_whileThereIsNoAnswer_andAsManyAsBeforeThen() throws Exception {
        query.outage = new IOException("nobody there");
        long begun = System.nanoTime();
        try (SlurmCluster cluster = query.cluster();
                Poller.Watch watch = cluster.watch(JobId.parse("12"), () -> {})) {
            assertThat(watch.await().outage()).contains("nobody");
            CollectingViewer.until("five questions", () -> query.questions >= 5);
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            assertThat(took).as("4 pauses of 40, 80, 160 and 320 ms").isGreaterThan(Duration.ofMillis(500));
            query.outage = null;
            query.says("RUNNING", "/out");
            CollectingViewer.until("an answer", () -> watch.known().answers() > 0);
            int before = query.questions;
            CollectingViewer.until("five questions", () -> query.questions >= before + 5);
            assertThat(watch.known().outage()).isNull();
            assertThat(watch.known().isGone()).isFalse();
        }
    }

    /** As it is for a viewer that comes while the cluster is away: it shall not be asked each 30 ms. */
    @Test
    void newJobs_doNotHastenQuestions_whileThereIsNoAnswer() throws Exception {
        query.outage = new IOException("nobody there");
        try (SlurmCluster cluster = new SlurmCluster("fake", query, Duration.ofMillis(400));
                Poller.Watch first = cluster.watch(JobId.parse("12"), () -> {})) {
            assertThat(first.await().outage()).isNotNull();
            long begun = System.nanoTime();
            int before = query.questions;
            while (System.nanoTime() - begun < Duration.ofMillis(300).toNanos()) {
                cluster.watch(JobId.parse("13"), () -> {}).close();
                first.askSoon();
            }
            long most = 1 + (System.nanoTime() - begun) / Duration.ofMillis(400).toNanos();
            assertThat(query.questions - before).isLessThanOrEqualTo((int) most);
        }
    }

    /** As the code does that tells a token: a thread that ends for that asks for no job any more. */
    @Test
    void questionsGoOn_whenTheirThreadIsInterruptedByCodeOfTheUser() throws Exception {
        query.says("RUNNING", "/out");
        query.onQuestion = () -> Thread.currentThread().interrupt();
        try (SlurmCluster cluster = query.cluster();
                Poller.Watch watch = cluster.watch(JobId.parse("12"), () -> {})) {
            assertThat(watch.await().jobs()).hasSize(1);
            query.awaitAnswers(3);
            query.onQuestion = () -> {};
            query.says("COMPLETED", "/out");
            CollectingViewer.until("the end", () -> watch.known().jobs().get(0).isOver());
        }
    }

    /** One that has forgotten more jobs than it remembers takes one miss for no end. */
    @Test
    void jobThatWasKnown_isGoneOnlyWhenItIsMissingTwice() throws Exception {
        query.says("RUNNING", "/out");
        try (SlurmCluster cluster = query.cluster();
                Poller.Watch watch = cluster.watch(JobId.parse("12"), () -> {})) {
            watch.await();
            List<SlurmJob> jobs = query.jobs;
            query.jobs = List.of();
            CollectingViewer.until("the end", () -> watch.known().isGone());
            assertThat(watch.known().jobs()).isEqualTo(jobs);
        }
    }
}
