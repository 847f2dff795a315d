package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.logstream.Channel;
import io.logstream.SourceEvent;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.Start;
import io.logstream.testkit.LogUnderTest.Ability;
import io.logstream.testkit.RecordingSink.Timed;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The cases of {@link LogSourceTck} about when a reader begins, waits, ends and is closed.
 */
abstract sealed class ReaderCases extends TckBench permits ByteCases {
    private static final Pattern SECRET = Pattern.compile(
            "(?i)(pass(word|wd|phrase)?|secret|token|api[-_]?key|credentials?)\\s*[=:]|://[^/@\\s]*:[^/@\\s]*@|BEGIN [A-Z ]*KEY");

    ReaderCases() {}

    /** The identity is the same at every call, also after reading. */
    @Test
    void identityIsTheSame_atEveryCall() throws Exception {
        String identity = log.source().identity();
        writeLines(10);
        open(Start.beginning()).untilSame("the log", written);
        assertThat(identity).isNotBlank().isEqualTo(log.source().identity());
    }

    /** The identity has no password, key or token in it. */
    @Test
    void identityTellsNoSecrets_whateverIsRead() {
        assertThat(log.source().identity())
                .doesNotContainPattern(SECRET)
                .doesNotContainPattern("\\p{Cntrl}")
                .hasSizeLessThan(4096);
    }

    /** From the beginning all that is there is handed over, and what is written later. */
    @Test
    void everythingIsHandedOver_fromBeginning() throws Exception {
        writeLines(500);
        Reading reading = open(Start.beginning());
        reading.untilSame("the log", written);
        writeLines(100);
        reading.untilSame("the log after more was written", written);
    }

    /** An empty log is no end and no error. */
    @Test
    void readerWaits_onEmptyLog() throws Exception {
        Reading reading = open(Start.beginning());
        assertThat(reading.untilIdle()).isEqualTo(Outcome.WAIT);
        assertThat(reading.sink.content.size()).isZero();
        writeLines(10);
        reading.untilSame("the first lines", written);
    }

    /** A log that is not there yet is waited for, which an event says, once. */
    @Test
    void readerWaitsWithEvent_beforeLogAppears() throws Exception {
        needs(Ability.APPEARS);
        Reading reading = open(Start.beginning());
        reading.until(
                "an event WAITING",
                () -> reading.sink.events.stream().anyMatch(event -> event.kind() == SourceEvent.Kind.WAITING));
        for (int i = 0; i < 5; i++) {
            assertThat(reading.untilIdle()).isEqualTo(Outcome.WAIT);
        }
        assertThat(reading.sink.events)
                .filteredOn(event -> event.kind() == SourceEvent.Kind.WAITING)
                .hasSize(1);
        writeLines(10);
        reading.untilSame("the first lines", written);
    }

    /** From the end all that is written later is handed over. */
    @Test
    void nothingLaterIsMissed_fromEnd() throws Exception {
        writeLines(100);
        Reading reading = open(Start.end());
        Content before = snapshot();
        writeLines(100);
        Content later = written.from(before.sizes());
        reading.until("what was written later", () -> endsLike(reading, later));
        assertIsEndOfLog(reading);
    }

    /** From the end nothing is handed over that was there before. */
    @Test
    void nothingEarlierIsHandedOver_fromEnd() throws Exception {
        needs(Ability.EXACT_START);
        writeLines(100);
        Reading reading = open(Start.end());
        Content before = snapshot();
        writeLines(100);
        reading.untilSame("what was written later", written.from(before.sizes()));
    }

    /** From the last lines on, no fewer lines than that are handed over. */
    @Test
    void readingBeginsNoLater_fromLastLines() throws Exception {
        writeLines(300);
        Reading reading = open(Start.last(20));
        reading.until("20 lines", () -> reading.sink.content.lines() >= 20 && endsLike(reading, lastLine()));
        assertIsEndOfLog(reading);
        writeLines(20);
        reading.until("what was written later", () -> endsLike(reading, lastLine()));
        assertIsEndOfLog(reading);
    }

    /** From the last lines on, exactly so many lines are handed over. */
    @Test
    void readingBeginsExactlyThere_fromLastLines() throws Exception {
        needs(Ability.EXACT_START);
        writeLines(300);
        Reading reading = open(Start.last(20));
        reading.until("20 lines", () -> endsLike(reading, lastLine()));
        assertThat(reading.sink.content.lines()).isEqualTo(20);
        assertIsEndOfLog(reading);
    }

    /** More last lines than there are is everything. */
    @Test
    void everythingIsHandedOver_fromMoreLastLinesThanThereAre() throws Exception {
        writeLines(30);
        open(Start.last(1000)).untilSame("the log", written);
    }

    /** From a time before the first line everything is handed over. */
    @Test
    void everythingIsHandedOver_sinceLongAgo() throws Exception {
        writeLines(100);
        open(Start.since(Instant.now().minus(Duration.ofDays(1)))).untilSame("the log", written);
    }

    /** From a time that the source itself has told, nothing of that time or later is missed. */
    @Test
    void readingBeginsNoLater_sinceTime() throws Exception {
        for (int i = 0; i < 10; i++) {
            writeLines(10);
        }
        Reading all = open(Start.beginning());
        all.untilSame("the log", written);
        List<Timed> times = all.sink.times;
        assumeTrue(!times.isEmpty(), "this source tells no times");
        Timed from = times.get(times.size() / 2);
        Reading reading = open(Start.since(Instant.ofEpochSecond(0, from.epochNanos())));
        reading.until("the last line", () -> endsLike(reading, lastLine()));
        assertIsEndOfLog(reading);
        for (Channel channel : channels) {
            int first = times.stream()
                    .filter(time -> time.channel() == channel && time.epochNanos() >= from.epochNanos())
                    .mapToInt(Timed::offset)
                    .min()
                    .orElse(written.size(channel));
            assertThat(reading.sink.content.size(channel)).isGreaterThanOrEqualTo(written.size(channel) - first);
        }
    }

    /** After it has said WAIT, a reader asks for a read when something is written. */
    @Test
    void readIsAskedFor_whenSomethingIsWritten() throws Exception {
        Reading reading = open(Start.beginning());
        for (int i = 0; i < 20; i++) {
            reading.untilIdle();
            writeLines(1);
            reading.untilSame("the log after line " + i, written);
        }
    }

    /** Silence is no end. */
    @Test
    void readerWaits_onSilence() throws Exception {
        writeLines(10);
        Reading reading = open(Start.beginning());
        reading.untilSame("the log", written);
        for (int i = 0; i < 10; i++) {
            assertThat(reading.untilIdle()).isEqualTo(Outcome.WAIT);
            boolean woken = reading.context().awaitWake(Duration.ofMillis(20));
            assertThat(reading.sink.content.size()).as("woken: " + woken).isEqualTo(written.size());
        }
    }

    /** A log that is silent does not keep a processor busy. */
    @Test
    void readsAreFew_onSilence() throws Exception {
        writeLines(10);
        Reading reading = open(Start.beginning());
        reading.untilSame("the log", written);
        reading.untilIdle();
        int before = reading.reads();
        long deadline = System.nanoTime() + 500_000_000;
        for (long left = 1; left > 0 && reading.reads() < before + 1000; left = deadline - System.nanoTime()) {
            if (reading.context().awaitWake(Duration.ofNanos(left))) {
                reading.untilIdle();
            }
        }
        assertThat(reading.reads() - before).as("reads within half a second").isLessThan(500);
    }

    /** A read of a silent log returns at once: it does not wait for something to come. */
    @Test
    void readReturnsSoon_onSilence() throws Exception {
        writeLines(10);
        Reading reading = open(Start.beginning());
        reading.untilSame("the log", written);
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            reading.read();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("the time that 20 reads of a silent log take")
                .isLessThan(Duration.ofSeconds(2));
    }

    /** A thread that is interrupted while it opens harms nothing: it opens, or fails and can be tried again. */
    @Test
    void openingWorksOrFails_onInterruptedThread() throws Exception {
        writeLines(50);
        LogReader opened = threads.call("open on an interrupted thread", () -> {
            Thread.currentThread().interrupt();
            try {
                return log.source().open(Start.beginning(), new TckContext());
            } catch (IOException | InterruptedException e) {
                return null;
            } finally {
                Thread.interrupted();
            }
        });
        if (opened != null) {
            opened.close();
        }
        open(Start.beginning()).untilSame("the log", written);
    }

    /** A thread that is interrupted while it reads loses nothing: it reads, or fails and reading goes on at the position. */
    @Test
    void nothingIsLost_onInterruptedThread() throws Exception {
        writeLines(100);
        Reading reading = open(Start.beginning()).room(1000);
        for (int i = 0; i < 10; i++) {
            try {
                reading.readInterrupted();
            } catch (IOException e) {
                needs(Ability.POSITIONS);
                reading.reopen();
            }
            writeLines(20);
        }
        reading.untilSameOverFailures("the log", written);
    }

    /** The end comes, after everything was handed over. */
    @Test
    void endComes_afterEverything() throws Exception {
        needs(Ability.END);
        Reading reading = open(Start.beginning()).room(1000);
        writeLines(300);
        log.end();
        reading.untilEnd();
        reading.sink.content.assertSame("the log at its end", written);
        Reading late = open(Start.beginning());
        late.untilEnd();
        late.sink.content.assertSame("the log, opened after its end", written);
    }

    /** What follows the last line end is handed over before the end. */
    @Test
    void endComes_afterUnfinishedLine() throws Exception {
        needs(Ability.END);
        writeLines(3);
        write(channels.get(0), "not finished");
        log.end();
        Reading reading = open(Start.beginning());
        reading.untilEnd();
        if (!reading.sink.content.endsWith(channels.get(0), "not finished\n".getBytes(StandardCharsets.UTF_8))) {
            reading.sink.content.assertSame("the log at its end", written);
        }
    }

    /** The end wakes a reader that waits on an empty log. */
    @Test
    void endComes_onEmptyLog() throws Exception {
        needs(Ability.END);
        Reading reading = open(Start.beginning());
        assertThat(reading.untilIdle()).isEqualTo(Outcome.WAIT);
        log.end();
        assertThat(reading.context().awaitWake(patience()))
                .as("a read is asked for")
                .isTrue();
        reading.untilEnd();
        assertThat(reading.sink.content.size()).isZero();
    }

    /** Closing twice does nothing, to this reader or another. */
    @Test
    void closingDoesNothing_theSecondTime() throws Exception {
        writeLines(50);
        Reading reading = open(Start.beginning()).room(100);
        Reading other = open(Start.beginning()).room(100);
        reading.read();
        other.read();
        reading.close();
        reading.close();
        other.untilSame("the log, read by another", written);
        reading.close();
        open(Start.beginning()).untilSame("the log, opened after that", written);
    }

    /** A close from another thread returns, and so does the read that it comes into. */
    @Test
    void closingReturns_duringRead() throws Exception {
        writeLines(300);
        for (int i = 0; i < 10; i++) {
            Reading reading = open(Start.beginning()).room(100);
            AtomicBoolean closing = new AtomicBoolean();
            FutureTask<Object> close = new FutureTask<>(() -> {
                closing.set(true);
                reading.reader().close();
                return "closed";
            });
            start("tck-closer", close);
            try {
                while (!closing.get()) {
                    reading.read();
                }
            } catch (IOException e) {
                assertThat(closing).as("an exception before the close: " + e).isTrue();
            }
            assertThat(close.get(patience().toNanos(), TimeUnit.NANOSECONDS)).isEqualTo("closed");
        }
    }

    /** A hundred readers leave no thread, no task and no open file behind. */
    @Test
    void nothingIsLeft_afterManyReaders() throws Exception {
        writeLines(20);
        open(Start.beginning()).untilSame("the log", written);
        int threadsBefore = foreignThreads();
        int filesBefore = openFiles();
        for (int i = 0; i < 100; i++) {
            try (Reading reading = open(Start.beginning())) {
                reading.read();
            }
        }
        soon(
                patience(),
                () -> readings.stream()
                                .skip(1)
                                .allMatch(reading -> reading.context().blockingTasks() == 0)
                        && foreignThreads() <= threadsBefore + 10
                        && openFiles() <= filesBefore + 10);
        assertThat(readings.stream().skip(1).filter(reading -> reading.context().blockingTasks() > 0))
                .as("closed readers whose tasks have not ended")
                .isEmpty();
        assertThat(foreignThreads()).as("threads, before " + threadsBefore).isLessThanOrEqualTo(threadsBefore + 10);
        assertThat(openFiles()).as("open files, before " + filesBefore).isLessThanOrEqualTo(filesBefore + 10);
    }

    private static int foreignThreads() {
        return (int) Stream.of(Thread.getAllStackTraces().keySet().toArray(Thread[]::new))
                .filter(thread -> thread.isAlive() && !thread.getName().startsWith("tck-"))
                .count();
    }

    private static int openFiles() {
        String[] files = new File("/proc/self/fd").list();
        return files == null ? 0 : files.length;
    }
}
