package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.BackpressurePolicy;
import io.logstream.spi.TimeSource.Alarm;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private static final Instant START = Instant.parse("2026-02-28T23:59:59.5Z");

    private final VirtualTime time = VirtualTime.startingAt(START);
    private final List<String> log = new ArrayList<>();

    private Alarm alarm(String name, long millis) {
        return time.after(Duration.ofMillis(millis), () -> log.add(name + "@" + time.nanoTime() / 1_000_000));
    }

    private Instant now() {
        return Instant.ofEpochSecond(0, time.epochNanos());
    }

    @Test
    void clockStandsStill_untilAdvanced() {
        assertThat(now()).isEqualTo(START).isEqualTo(now());
        long before = time.nanoTime();
        time.advance(Duration.ofSeconds(2));
        assertThat(now()).isEqualTo("2026-03-01T00:00:01.500Z");
        assertThat(time.nanoTime() - before).isEqualTo(2_000_000_000L);
    }

    @Test
    void alarmsGoOffInOrder_eachAtItsTime() {
        alarm("c", 30);
        alarm("a", 10);
        alarm("b", 20);
        alarm("b2", 20);
        alarm("later", 31);
        time.advance(Duration.ofMillis(30));
        assertThat(log).containsExactly("a@10", "b@20", "b2@20", "c@30");
        assertThat(time.nextAlarm()).contains(Duration.ofMillis(1));
    }

    @Test
    void alarmSetByAlarm_goesOffOnTheWay() {
        time.after(Duration.ofMillis(10), () -> alarm("inner", 5));
        time.advance(Duration.ofMillis(20));
        assertThat(log).containsExactly("inner@15");
        assertThat(time.nanoTime()).isEqualTo(20_000_000);
    }

    @Test
    void cancelledAlarm_doesNotGoOff() {
        Alarm alarm = alarm("never", 10);
        alarm("other", 10);
        alarm.cancel();
        time.advance(Duration.ofMillis(10));
        alarm.cancel();
        assertThat(log).containsExactly("other@10");
    }

    @Test
    void dueAlarm_doesNotGoOffWithinTheCallThatSetsIt() {
        alarm("zero", 0);
        alarm("negative", -5);
        assertThat(log).isEmpty();
        time.advance(Duration.ZERO);
        assertThat(log).containsExactly("zero@0", "negative@0");
    }

    @Test
    void alarmWithoutEnd_neverGoesOff() {
        time.after(BackpressurePolicy.FOREVER, () -> log.add("for ever"));
        time.after(Duration.ofSeconds(Long.MAX_VALUE), () -> log.add("longer"));
        time.advance(Duration.ofDays(365));
        assertThat(log).isEmpty();
    }

    @Test
    void timeOfDayIsShifted_withoutTheMonotonicClock() {
        alarm("a", 10);
        time.shiftTimeOfDay(Duration.ofHours(-1));
        assertThat(now()).isEqualTo(START.minus(Duration.ofHours(1)));
        assertThat(time.nanoTime()).isZero();
        time.advance(Duration.ofMillis(10));
        assertThat(log).containsExactly("a@10");
    }

    @Test
    void goingBack_isRefused() {
        assertThatThrownBy(() -> time.advance(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void alarmOfAnotherThread_isAwaited() throws InterruptedException {
        assertThat(time.awaitAlarms(1, Duration.ZERO)).isFalse();
        Thread setter = new Thread(() -> alarm("set elsewhere", 10));
        setter.start();
        assertThat(time.awaitAlarms(1, Duration.ofSeconds(10))).isTrue();
        time.advance(Duration.ofMillis(10));
        assertThat(log).containsExactly("set elsewhere@10");
        setter.join();
    }
}
