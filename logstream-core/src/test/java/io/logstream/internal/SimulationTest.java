package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.StressTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Compares the core with the reference model, seed after seed. {@code -Dsim.seed=N} replays one, and
 * {@code -Dsim.verbose=true} tells all that its viewers got.
 */
class SimulationTest {
    private static final Duration BOX = Duration.ofSeconds(20);
    private static final int SEEDS = 5_000;
    private static final Duration PROGRESS = Duration.ofMinutes(1);

    @Test
    void everySeedAgreesWithTheReference() throws Exception {
        Long seed = Long.getLong("sim.seed");
        if (seed != null) {
            Simulator.play(seed);
            return;
        }
        assertThat(play(Long.getLong("sim.base", 1), SEEDS, BOX)).isGreaterThanOrEqualTo(SEEDS);
    }

    @Test
    @Tag("stress")
    void freshSeedsAgreeWithTheReference() throws Exception {
        play(new Random().nextLong(1L << 40), 0, StressTime.get());
    }

    /** Plays seeds one after the other until the time is over, at least so many: the same ones each time, or fresh ones. */
    private static long play(long base, int known, Duration time) throws Exception {
        long began = System.nanoTime();
        long fresh = new Random().nextLong(1L << 40);
        AtomicLong next = new AtomicLong();
        AtomicLong played = new AtomicLong();
        AtomicLong told = new AtomicLong(1);
        List<Future<?>> threads = new ArrayList<>();
        int count = Runtime.getRuntime().availableProcessors();
        ExecutorService pool = Executors.newFixedThreadPool(count);
        for (int i = 0; i < count; i++) {
            threads.add(pool.submit(() -> {
                for (long n = next.getAndIncrement();
                        !pool.isShutdown() && (n < known || System.nanoTime() - began < time.toNanos());
                        n = next.getAndIncrement()) {
                    Simulator.play(known > 0 ? base + n : fresh + n);
                    played.incrementAndGet();
                    tell(told, played, began);
                }
            }));
        }
        try {
            for (Future<?> thread : threads) {
                thread.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AssertionError failure) {
                throw failure;
            }
            throw e;
        } finally {
            pool.shutdownNow();
            System.out.printf(
                    "simulation: %,d seeds of %d events in %.1f s, from seed %d on%n",
                    played.get(), Simulator.EVENTS, (System.nanoTime() - began) / 1e9, known > 0 ? base : fresh);
        }
        return played.get();
    }

    /** Tells now and then how far it is. */
    private static void tell(AtomicLong told, AtomicLong played, long began) {
        long due = told.get();
        if (System.nanoTime() - began > due * PROGRESS.toNanos() && told.compareAndSet(due, due + 1)) {
            System.out.printf("simulation: %,d seeds after %d s%n", played.get(), due * PROGRESS.toSeconds());
        }
    }
}
