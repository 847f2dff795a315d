package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {
    private static final int ROUNDS = 20_000;

    /** In seconds: less than the time after which a thread that sleeps looks for tasks by itself. */
    private static final long PATIENCE = 5;

    private final SystemTime time = new SystemTime();
    private WorkerPool pool = pool(0);

    /** With as many threads as are kept, and no others: what nobody wakes a thread for, waits for ever. */
    private WorkerPool pool(long spinMicros) {
        return new WorkerPool("test", 2, 2, Duration.ofNanos(spinMicros * 1000), time);
    }

    @AfterEach
    void close() {
        pool.close();
        time.close();
    }

    /** A task whose step waits for another task. */
    private final class Waiting extends SerialTask {
        private final Semaphore entered = new Semaphore(0);
        private final Semaphore released = new Semaphore(0);
        private volatile boolean asked;

        @Override
        boolean step() {
            if (asked) {
                asked = false;
                entered.release();
                released.acquireUninterruptibly();
            }
            return false;
        }

        @Override
        Executor executor() {
            return pool;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 20, 1_000_000})
    void execute_findsAThread_whileAnotherLingersWithATaskThatWaits(long spinMicros) throws Exception {
        pool = pool(spinMicros);
        Waiting waiting = new Waiting();
        for (int round = 0; round < ROUNDS; round++) {
            waiting.asked = true;
            CountDownLatch done = new CountDownLatch(2);
            Runnable releasing = () -> {
                waiting.released.release();
                done.countDown();
            };
            if (ThreadLocalRandom.current().nextBoolean()) {
                pool.execute(releasing);
                pause();
                waiting.wake();
            } else {
                waiting.wake();
                pause();
                pool.execute(releasing);
            }
            pool.execute(done::countDown);
            assertThat(waiting.entered.tryAcquire(PATIENCE, TimeUnit.SECONDS))
                    .as("round %d: woken, but no step", round)
                    .isTrue();
            assertThat(done.await(PATIENCE, TimeUnit.SECONDS))
                    .as("round %d: a task was left behind", round)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 20, 1_000_000})
    void execute_findsAThreadForEach_whenTheFirstWaitsForTheSecond(long spinMicros) throws Exception {
        pool = pool(spinMicros);
        Waiting idle = new Waiting();
        for (int round = 0; round < ROUNDS; round++) {
            idle.wake();
            pause();
            Semaphore second = new Semaphore(0);
            CountDownLatch done = new CountDownLatch(1);
            pool.execute(() -> {
                second.acquireUninterruptibly();
                done.countDown();
            });
            pool.execute(second::release);
            assertThat(done.await(PATIENCE, TimeUnit.SECONDS))
                    .as("round %d: a task was left behind", round)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 20, 1_000_000})
    void wake_isNeverLost(long spinMicros) throws Exception {
        pool = pool(spinMicros);
        Semaphore pings = new Semaphore(0);
        class Counting extends SerialTask {
            private volatile long stored;
            private long seen;

            @Override
            boolean step() {
                while (seen < stored) {
                    seen++;
                    pings.release();
                }
                return false;
            }

            @Override
            Executor executor() {
                return pool;
            }
        }
        Counting counting = new Counting();
        for (int round = 0; round < ROUNDS; round++) {
            counting.stored = round + 1;
            counting.wake();
            pause();
            assertThat(pings.tryAcquire(PATIENCE, TimeUnit.SECONDS))
                    .as("round %d", round)
                    .isTrue();
        }
    }

    @Test
    void threadThatStandsInForAStuckOne_goesWhenThatIsFree() throws Exception {
        pool = new WorkerPool("test", 1, 8, Duration.ZERO, time);
        Semaphore stuck = new Semaphore(0);
        pool.execute(stuck::acquireUninterruptibly);
        Semaphore others = new Semaphore(0);
        pool.execute(others::release);
        assertThat(others.tryAcquire(PATIENCE, TimeUnit.SECONDS)).isTrue();
        pool.execute(others::release);
        assertThat(others.tryAcquire(PATIENCE, TimeUnit.SECONDS)).isTrue();
        assertThat(pool.threads()).isEqualTo(2);
        stuck.release();
        for (Deadline deadline = Deadline.in(Duration.ofSeconds(PATIENCE)); pool.threads() > 1; ) {
            assertThat(deadline.isOver()).as("two threads are kept").isFalse();
            pool.execute(others::release);
            others.acquireUninterruptibly();
        }
    }

    private static void pause() {
        for (int i = ThreadLocalRandom.current().nextInt(200); i > 0; i--) {
            Thread.onSpinWait();
        }
    }
}
