package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it costs to follow a thousand jobs of a real SLURM that wait. */
@Tag("stress")
class RealManyJobsTest {
    private static final int JOBS = 1000;
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final int QUESTIONS = 12;

    @TempDir
    private Path directory;

    /** Counts questions. */
    private record Counting(Query query, AtomicInteger questions) implements Query {
        @Override
        public Answer ask(Set<Long> jobs) throws IOException, InterruptedException {
            questions.incrementAndGet();
            return query.ask(jobs);
        }

        @Override
        public String hostOf(String node) throws IOException, InterruptedException {
            return query.hostOf(node);
        }
    }

    /** Processor time of this process, and of the programs that it has run to their end, in milliseconds. */
    private static double[] used() throws IOException {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        String[] stat = Files.readString(Path.of("/proc/self/stat"))
                .replaceFirst(".*\\) ", "")
                .split(" ", -1);
        return new double[] {
            system.getProcessCpuTime() / 1e6, 10 * (Long.parseLong(stat[13]) + Long.parseLong(stat[14]))
        };
    }

    /** Processor time of this process by what its threads are, in milliseconds. */
    private static Map<String, Double> byThread() throws IOException {
        Map<String, Double> all = new TreeMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                String name = Files.readString(thread.resolve("comm")).strip().replaceFirst("[-# ]*\\d+$", "");
                String[] times = Files.readString(thread.resolve("schedstat")).split(" ", -1);
                all.merge(name, Long.parseLong(times[0]) / 1e6, Double::sum);
            }
        }
        return all;
    }

    @Test
    void aThousandJobs_areOneQuestionPerInterval_forLittleOfACore() throws Exception {
        RealSlurm slurm = RealSlurm.shared();
        String[] jobs = slurm.saidIn(
                        directory,
                        "sh",
                        "-c",
                        "i=0; while [ $i -lt " + JOBS
                                + " ]; do sbatch --parsable -H -o out-%j --wrap true; i=$((i+1)); done")
                .split("\n", -1);
        assertThat(jobs).hasSize(JOBS);
        Program program = new Program(Map.of("SLURM_CONF", slurm.configuration().toString()), Duration.ofSeconds(20));
        Map<String, Query> ways = Map.of(
                "squeue", new SqueueQuery(program, ""),
                "slurmrestd", new RestQuery(new HttpGet(slurm.rest(), Map::of, Duration.ofSeconds(20)), null));
        for (Map.Entry<String, Query> way : ways.entrySet()) {
            AtomicInteger questions = new AtomicInteger();
            List<CollectingViewer> viewers = new ArrayList<>();
            try (LogHub hub = LogHub.create();
                    SlurmCluster cluster =
                            new SlurmCluster(way.getKey(), new Counting(way.getValue(), questions), INTERVAL)) {
                for (String job : jobs) {
                    CollectingViewer viewer = new CollectingViewer();
                    hub.open("slurm:" + job, SlurmJobSource.of(cluster, job))
                            .subscribe(
                                    SubscribeOptions.builder()
                                            .replay(Replay.all())
                                            .build(),
                                    viewer);
                    viewers.add(viewer);
                }
                viewers.forEach(viewer -> viewer.awaitEvent(Kind.WAITING));
                int warm = questions.get() + QUESTIONS;
                CollectingViewer.until("a warm machine", () -> questions.get() >= warm);
                int first = questions.get();
                double[] before = used();
                Map<String, Double> threads = byThread();
                long begun = System.nanoTime();
                CollectingViewer.until("questions", () -> questions.get() >= first + QUESTIONS);
                double millis = (System.nanoTime() - begun) / 1e6;
                double[] after = used();
                Map<String, Double> busy = byThread();
                busy.replaceAll((name, time) -> time - threads.getOrDefault(name, 0.0));
                busy.values().removeIf(time -> time < 1);
                double own = 100 * (after[0] - before[0]) / millis;
                double programs = 100 * (after[1] - before[1]) / millis;
                System.err.printf(
                        "%d jobs, %s: %d questions in %.1f s, %.2f %% of a core here, %.2f %% in programs; ms by thread %s%n",
                        JOBS, way.getKey(), QUESTIONS, millis / 1e3, own, programs, busy);
                assertThat(millis / QUESTIONS).isGreaterThan(0.9 * INTERVAL.toMillis() - 50);
                assertThat(own).isLessThan(20);
            }
        }
        slurm.cancelAll();
    }
}
