package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LookoutTest {
    private static final long PATIENCE = 20;

    @TempDir
    Path directory;

    private final Lookout lookout = new Lookout("lookout-test");
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private @Nullable WatchService service;
    private int files;
    private volatile boolean over;

    @AfterEach
    void close() throws Exception {
        over = true;
        lookout.forget(this);
        if (service != null) {
            service.close();
        }
        awaitNoThread();
    }

    private void watch() throws Exception {
        WatchService watched = FileSystems.getDefault().newWatchService();
        service = watched;
        directory.register(watched, StandardWatchEventKinds.ENTRY_CREATE);
        lookout.watch(watched, this::tell);
    }

    private void tell(WatchKey key) {
        key.pollEvents().forEach(event -> told.add("" + event.context()));
        key.reset();
    }

    private String makeFile() throws Exception {
        return "" + Files.createFile(directory.resolve("" + files++)).getFileName();
    }

    private void after(Duration delay, Runnable action) {
        lookout.at(this, System.nanoTime() + delay.toNanos(), action);
    }

    private String next() throws InterruptedException {
        return String.valueOf(told.poll(PATIENCE, TimeUnit.SECONDS));
    }

    private static @Nullable Thread thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("lookout-test"))
                .findAny()
                .orElse(null);
    }

    private static void awaitNoThread() throws InterruptedException {
        for (Thread thread = thread(); thread != null; thread = thread()) {
            thread.join(TimeUnit.SECONDS.toMillis(PATIENCE));
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @Test
    void change_isTold_whileAlarmsAreSet() throws Exception {
        watch();
        after(Duration.ofHours(1), () -> told.add("alarm"));
        assertThat(makeFile()).isEqualTo(next());
    }

    @Test
    void alarm_rings_whileTheWatchIsSilent() throws Exception {
        watch();
        after(Duration.ofHours(1), () -> told.add("later"));
        after(Duration.ofMillis(1), () -> told.add("sooner"));
        assertThat(next()).isEqualTo("sooner");
    }

    @Test
    void alarmsAndChanges_areAllTold_whereverTheyMeet() throws Exception {
        watch();
        int rounds = 500;
        AtomicInteger interrupted = new AtomicInteger();
        Semaphore rung = new Semaphore(0);
        for (int round = 0; round < rounds; round++) {
            // Each is sooner than what is waited for, so that the thread is interrupted, wherever it is then.
            after(Duration.ofMillis(3600_000 - round), () -> {});
            String file = makeFile();
            after(Duration.ofNanos(round * 100L), () -> {
                interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
                rung.release();
            });
            assertThat(next()).as("round %d", round).isEqualTo(file);
            assertThat(rung.tryAcquire(PATIENCE, TimeUnit.SECONDS))
                    .as("round %d", round)
                    .isTrue();
        }
        assertThat(interrupted).hasValue(0);
    }

    @Test
    void changes_areTold_whileAlarmsNeverCease() throws Exception {
        watch();
        again();
        assertThat(makeFile()).isEqualTo(next());
    }

    private void again() {
        after(Duration.ZERO, () -> {
            if (!over) {
                again();
            }
        });
    }

    @Test
    void alarms_ring_whileChangesNeverCease() throws Exception {
        watch();
        lookout.watch(Objects.requireNonNull(service), key -> {
            key.pollEvents();
            key.reset();
            try {
                if (!over) {
                    makeFile();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        makeFile();
        after(Duration.ofMillis(5), () -> told.add("alarm"));
        assertThat(next()).isEqualTo("alarm");
    }

    @Test
    void thread_ends_whenTheWatchIsClosedAndNoAlarmIsSet() throws Exception {
        watch();
        assertThat(makeFile()).isEqualTo(next());
        Objects.requireNonNull(service).close();
        awaitNoThread();
    }

    @Test
    void anotherWatch_isHeardOf_thatBeganBeforeTheEndOfTheFirstWasSeen() throws Exception {
        for (int round = 0; round < 200; round++) {
            watch();
            WatchService first = Objects.requireNonNull(service);
            first.close();
            watch();
            assertThat(makeFile()).as("round %d", round).isEqualTo(next());
            Objects.requireNonNull(service).close();
        }
    }

    @Test
    void alarms_ringOn_afterTheWatchIsClosed() throws Exception {
        watch();
        after(Duration.ofMillis(100), () -> told.add("alarm"));
        Objects.requireNonNull(service).close();
        assertThat(next()).isEqualTo("alarm");
    }

    @Test
    void thread_ends_whenTheLastOwnerHasGone() throws Exception {
        CountDownLatch other = new CountDownLatch(1);
        after(Duration.ofHours(1), () -> told.add("forgotten"));
        lookout.at(other, System.nanoTime() + Duration.ofHours(1).toNanos(), other::countDown);
        lookout.forget(this);
        assertThat(thread()).isNotNull();
        lookout.forget(other);
        awaitNoThread();
        assertThat(told).isEmpty();
    }
}
