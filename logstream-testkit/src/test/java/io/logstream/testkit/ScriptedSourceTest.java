package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ScriptedSourceTest {
    private final ScriptedSource source = new ScriptedSource("s");
    private final TckContext context = new TckContext();
    private final RecordingSink sink = new RecordingSink(true, false);

    private Outcome read(LogReader reader) throws IOException {
        context.beginRead();
        sink.beginRead(1000);
        Outcome outcome = reader.read(sink);
        sink.endRead(true);
        assertThat(sink.wrongs()).isEmpty();
        return outcome;
    }

    private String text(Channel channel) {
        return new String(sink.content.bytes(channel), StandardCharsets.UTF_8);
    }

    private String textFrom(Start start) throws IOException {
        RecordingSink other = new RecordingSink(true, false);
        try (LogReader reader = source.open(start, context)) {
            other.beginRead(10_000);
            reader.read(other);
        }
        return new String(other.content.bytes(Channel.STDOUT), StandardCharsets.UTF_8);
    }

    @Test
    void stepsAreHandedOver_inOrder() throws IOException {
        source.bytes(Channel.STDOUT, "a")
                .endLine(Channel.STDOUT)
                .gap(3, Gap.Reason.DROPPED)
                .event(SourceEvent.finished(7, "done"))
                .bytes(Channel.STDERR, "b\n")
                .end();
        assertThat(read(source.open(Start.beginning(), context))).isEqualTo(Outcome.END);
        assertThat(text(Channel.STDOUT)).isEqualTo("a\n");
        assertThat(text(Channel.STDERR)).isEqualTo("b\n");
        assertThat(sink.gaps).hasSize(1);
        assertThat(sink.events).containsExactly(SourceEvent.finished(7, "done"));
        assertThat(sink.lastMark().position().linesBefore()).isEqualTo(5);
        assertThatThrownBy(() -> source.bytes(Channel.STDOUT, "x")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void failure_isThrownOnceAndPassedLater() throws IOException {
        source.bytes(Channel.STDOUT, "a\n")
                .fail(new IOException("first"))
                .bytes(Channel.STDOUT, "b\n")
                .fail(new LogStreamException("second"), 2);
        LogReader reader = source.open(Start.beginning(), context);
        assertThatThrownBy(() -> read(reader)).isInstanceOf(IOException.class).hasMessage("first");
        assertThat(text(Channel.STDOUT)).isEqualTo("a\n");
        LogReader again = source.open(Start.at(sink.lastMark().position()), context);
        assertThatThrownBy(() -> read(again)).isInstanceOf(LogStreamException.class);
        assertThatThrownBy(() -> read(again)).hasMessage("second");
        assertThat(read(again)).isEqualTo(Outcome.WAIT);
        assertThat(text(Channel.STDOUT)).isEqualTo("a\nb\n");
        assertThatThrownBy(() -> source.fail(new Exception("checked"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void failureToOpen_isThrownOnce() throws IOException {
        source.failOpen(new IOException("refused"));
        assertThatThrownBy(() -> source.open(Start.end(), context)).hasMessage("refused");
        source.open(Start.end(), context).close();
        assertThat(source.starts()).containsExactly(Start.end(), Start.end());
        assertThat(source.opens()).isEqualTo(1);
        assertThat(source.closes()).isEqualTo(1);
    }

    @Test
    void pause_isMeasuredByTheClockOfTheContext() throws IOException {
        source.bytes(Channel.STDOUT, "a").pause(Duration.ofMillis(20)).bytes(Channel.STDOUT, "b");
        long start = System.nanoTime();
        LogReader reader = source.open(Start.beginning(), context);
        assertThat(read(reader)).isEqualTo(Outcome.WAIT);
        assertThat(text(Channel.STDOUT)).isEqualTo("a");
        while (!text(Channel.STDOUT).equals("ab") && System.nanoTime() - start < 10_000_000_000L) {
            read(reader);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
    }

    @Test
    void readingBeginsAtLineStart_atLastLinesAndSince() throws IOException {
        Instant noon = Instant.parse("2026-01-01T12:00:00Z");
        for (int i = 0; i < 5; i++) {
            byte[] half = ("line " + i + " ").getBytes(StandardCharsets.UTF_8);
            source.bytes(Channel.STDOUT, half, noon.plusSeconds(2L * i));
            source.bytes(Channel.STDOUT, "end\n".getBytes(StandardCharsets.UTF_8), noon.plusSeconds(2L * i + 1));
        }
        source.bytes(Channel.STDOUT, "unfinished");
        assertThat(textFrom(Start.last(1))).isEqualTo("line 4 end\nunfinished");
        assertThat(textFrom(Start.last(2))).startsWith("line 3");
        assertThat(textFrom(Start.since(noon.plusSeconds(6)))).startsWith("line 3");
        assertThat(textFrom(Start.since(noon.plusSeconds(7)))).startsWith("line 3");
        assertThat(textFrom(Start.since(noon.plusSeconds(8)))).startsWith("line 4");
        assertThat(textFrom(Start.since(noon.plusSeconds(99)))).isEqualTo("unfinished");
        assertThat(textFrom(Start.end())).isEmpty();
    }

    @Test
    void positionThatIsNotInTheScript_leadsToGap() throws IOException {
        source.bytes(Channel.STDOUT, "abc\n");
        for (byte[] data : new byte[][] {{}, {1, 2, 3}, {0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0}}) {
            sink.gaps.clear();
            read(source.open(Start.at(SourcePosition.of(data, -1)), context));
            assertThat(sink.gaps).hasSize(1);
        }
    }

    @Test
    void heldOpen_goesOnWhenReleased() throws Exception {
        source.holdOpen();
        FutureTask<LogReader> opening = new FutureTask<>(() -> source.open(Start.beginning(), context));
        Thread thread = new Thread(opening);
        thread.start();
        assertThat(source.awaitHeldOpen(Duration.ofSeconds(10))).isTrue();
        thread.interrupt();
        assertThat(opening.isDone()).isFalse();
        source.release();
        opening.get(10, TimeUnit.SECONDS).close();
    }

    @Test
    void heldRead_goesOnWhenReleasedAndKeepsInterrupt() throws Exception {
        LogReader reader = source.open(Start.beginning(), context);
        source.holdReads();
        FutureTask<Boolean> reading = new FutureTask<>(() -> {
            read(reader);
            return Thread.currentThread().isInterrupted();
        });
        Thread thread = new Thread(reading);
        thread.start();
        assertThat(source.awaitHeldRead(Duration.ofSeconds(10))).isTrue();
        thread.interrupt();
        source.release();
        assertThat(reading.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(source.reads()).isEqualTo(1);
    }

    @Test
    void waitingReader_isWokenByEveryStep() throws Exception {
        LogReader reader = source.open(Start.beginning(), context);
        read(reader);
        source.event(SourceEvent.of(SourceEvent.Kind.RESTARTED, ""));
        assertThat(context.awaitWake(Duration.ofSeconds(10))).isTrue();
        read(reader);
        source.breakReaders();
        assertThat(context.awaitWake(Duration.ofSeconds(10))).isTrue();
        assertThatThrownBy(() -> read(reader)).isInstanceOf(IOException.class);
    }
}
