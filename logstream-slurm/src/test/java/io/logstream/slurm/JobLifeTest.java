package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.SourceEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of a job's life, for whatever states are seen of it. */
class JobLifeTest {
    private final JobLife life = new JobLife("7");

    private List<String> tell(String states, int restarts) {
        JobFields job = new JobFields();
        job.id = 7;
        for (String state : states.split("\\+")) {
            job.state(state);
        }
        job.restarts = restarts;
        job.batchHost = states.equals("PENDING") ? "" : "n1";
        return life.events(new Poller.Known(1, 2205, List.of(job.job()), false, null, null, 0), job.job()).stream()
                .map(SourceEvent::kind)
                .map(Enum::name)
                .toList();
    }

    @Test
    void requeue_isToldOnce_whereverSlurmCountsIt() {
        tell("RUNNING", 0);
        assertThat(tell("COMPLETING", 0)).containsExactly("STATE");
        assertThat(tell("PENDING", 0)).containsExactly("REQUEUED", "WAITING");
        assertThat(tell("RUNNING", 1)).containsExactly("APPEARED");
        assertThat(tell("COMPLETING", 2)).containsExactly("REQUEUED", "STATE");
        assertThat(tell("PENDING", 2)).containsExactly("WAITING");
        assertThat(tell("RUNNING", 2)).containsExactly("APPEARED");
        assertThat(tell("RUNNING", 3)).as("all between was missed").containsExactly("REQUEUED");
        assertThat(tell("PENDING", 3)).containsExactly("REQUEUED", "WAITING");
    }

    /** 22.05 tells these words in place of PENDING. */
    @Test
    void jobThatIsHeldForItsNextRun_isPending() {
        for (String word : List.of("REQUEUE_HOLD", "SPECIAL_EXIT")) {
            JobFields job = new JobFields();
            job.state(word);
            assertThat(job.job().isPending()).as(word).isTrue();
            assertThat(job.job().isOver()).as(word).isFalse();
        }
        tell("RUNNING", 0);
        assertThat(tell("COMPLETING", 0)).containsExactly("STATE");
        assertThat(tell("REQUEUE_HOLD", 1)).containsExactly("REQUEUED", "WAITING");
        assertThat(tell("PENDING", 1)).as("released").isEmpty();
        assertThat(tell("RUNNING", 1)).containsExactly("APPEARED");
    }

    @Test
    void nothingIsTold_whileNothingChanges() {
        assertThat(tell("PENDING", 0)).containsExactly("WAITING");
        assertThat(tell("PENDING", 0)).isEmpty();
        assertThat(tell("RUNNING", 0)).containsExactly("APPEARED");
        assertThat(tell("RUNNING", 0)).isEmpty();
        assertThat(tell("COMPLETED+COMPLETING", 0)).containsExactly("STATE");
        assertThat(tell("COMPLETED", 0)).containsExactly("STATE");
    }
}
