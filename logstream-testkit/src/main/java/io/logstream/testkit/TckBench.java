package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.logstream.Channel;
import io.logstream.spi.Start;
import io.logstream.testkit.LogUnderTest.Ability;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the cases of {@link LogSourceTck} have in common: one log for each, and ways to write and read it.
 */
abstract sealed class TckBench permits ReaderCases {
    final List<Reading> readings = new ArrayList<>();
    Content written = new Content();
    int lines;
    LogUnderTest log;
    List<Channel> channels;
    TurnThreads threads;

    TckBench() {}

    /**
     * Makes a log of its own for one case, which nobody has written to.
     *
     * @return the log, closed after the case
     * @throws Exception if it can't be made, which fails the case
     */
    protected abstract LogUnderTest newLog() throws Exception;

    /**
     * How long a case waits for one thing to happen: ten times as long as it ever takes.
     *
     * @return by default 10 s
     */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    @BeforeEach
    final void makeLog() throws Exception {
        threads = new TurnThreads(patience());
        log = newLog();
        channels = log.channels().stream().sorted().toList();
    }

    @AfterEach
    final void takeLogAway() throws Exception {
        try {
            for (Reading reading : readings) {
                reading.close();
            }
        } finally {
            threads.close();
            log.close();
        }
    }

    void needs(Ability... abilities) {
        for (Ability ability : abilities) {
            assumeTrue(log.abilities().contains(ability), () -> "this log declares that it lacks " + ability);
        }
    }

    Reading open(Start start) throws Exception {
        boolean positions = log.abilities().contains(Ability.POSITIONS);
        Reading reading = new Reading(
                log.source(), start, new RecordingSink(positions, start instanceof Start.At), threads, patience());
        readings.add(reading);
        return reading;
    }

    void write(Channel channel, String text) throws Exception {
        write(channel, text.getBytes(StandardCharsets.UTF_8));
    }

    void write(Channel channel, byte[] bytes) throws Exception {
        log.append(channel, bytes);
        written.add(channel, bytes);
    }

    /** Writes numbered lines to the channels in turns, a few at a time. */
    void writeLines(int count) throws Exception {
        for (int left = count; left > 0; left -= 10) {
            Channel channel = channels.get(lines / 10 % channels.size());
            write(channel, text(Math.min(left, 10)));
        }
    }

    String text(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines++;
            text.append("line ")
                    .append(lines)
                    .append(" \u00fc".repeat(lines * 7 % 40))
                    .append('\n');
        }
        return text.toString();
    }

    Content snapshot() {
        Content copy = new Content();
        channels.forEach(channel -> copy.add(channel, written.bytes(channel)));
        return copy;
    }

    /** The last line of each channel that has one. */
    Content lastLine() {
        Content last = new Content();
        for (Channel channel : channels) {
            byte[] bytes = written.bytes(channel);
            int from = bytes.length - 1;
            while (from > 0 && bytes[from - 1] != '\n') {
                from--;
            }
            last.add(channel, Arrays.copyOfRange(bytes, Math.max(0, from), bytes.length));
        }
        return last;
    }

    boolean endsLike(Reading reading, Content end) {
        return endsLike(reading.sink.content, end);
    }

    boolean endsLike(Content content, Content end) {
        return channels.stream().allMatch(channel -> content.endsWith(channel, end.bytes(channel)));
    }

    void assertIsEndOfLog(Reading reading) {
        assertIsEndOfLog(reading.sink.content);
    }

    void assertIsEndOfLog(Content content) {
        for (Channel channel : channels) {
            assertThat(written.endsWith(channel, content.bytes(channel)))
                    .as(channel + ": what was handed over is the end of the log")
                    .isTrue();
        }
    }

    static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits a while for something that may come or not. */
    static void soon(Duration atMost, Callable<Boolean> condition) {
        long deadline = System.nanoTime() + atMost.toNanos();
        try {
            while (!condition.call() && deadline - System.nanoTime() > 0) {
                LockSupport.parkNanos(1_000_000);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
