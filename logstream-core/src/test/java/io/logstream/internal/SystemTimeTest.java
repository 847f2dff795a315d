package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SystemTimeTest {
    private final SystemTime time = new SystemTime();
    private final BlockingQueue<String> rung = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        time.close();
    }

    private TimeSource.Alarm after(long millis, String name) {
        return time.after(Duration.ofMillis(millis), () -> rung.add(name));
    }

    private String next() throws InterruptedException {
        return String.valueOf(rung.poll(20, TimeUnit.SECONDS));
    }

    @Test
    void alarms_ringInOrderOfTheirTimes_howeverTheyWereSet() throws Exception {
        after(3000, "third");
        after(1000, "first");
        after(2000, "second");
        assertThat(List.of(next(), next(), next())).containsExactly("first", "second", "third");
    }

    @Test
    void alarm_ringsNoSooner_thanItsTime() throws Exception {
        long begun = System.nanoTime();
        after(20, "it");
        assertThat(next()).isEqualTo("it");
        assertThat(System.nanoTime() - begun)
                .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
    }

    @Test
    void cancelledAlarms_neverRing_andKeepNoOtherFromIt() throws Exception {
        List<TimeSource.Alarm> alarms = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            alarms.add(after(700, "cancelled"));
            if (i % 100 == 0) {
                after(701, "kept");
            }
        }
        alarms.forEach(TimeSource.Alarm::cancel);
        alarms.forEach(TimeSource.Alarm::cancel); // a second time does nothing
        after(1500, "last");
        for (int i = 0; i < 10; i++) {
            assertThat(next()).isEqualTo("kept");
        }
        assertThat(next()).isEqualTo("last");
    }

    @Test
    void alarms_ringOn_whereOneThrows() throws Exception {
        time.after(Duration.ZERO, () -> {
            throw new IllegalStateException("on purpose");
        });
        after(1, "next");
        assertThat(next()).isEqualTo("next");
    }

    @Test
    void alarm_neverRings_whereItsTimeIsEndless() throws Exception {
        time.after(Duration.ofDays(100_000), () -> rung.add("endless"));
        after(1, "next");
        assertThat(next()).isEqualTo("next");
        assertThat(rung).isEmpty();
    }
}
