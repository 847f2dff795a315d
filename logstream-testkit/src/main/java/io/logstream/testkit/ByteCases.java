package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.logstream.Channel;
import io.logstream.spi.Start;
import io.logstream.testkit.LogUnderTest.Ability;
import io.logstream.testkit.RecordingSink.Mark;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The cases of {@link LogSourceTck} about what exactly is handed over, and from which position on.
 */
abstract sealed class ByteCases extends ReaderCases permits LogSourceTck {
    ByteCases() {}

    /** Two readers at a time each hand over everything, and one does not end with the other. */
    @Test
    void readersAreIndependent_openedTwice() throws Exception {
        writeLines(200);
        Reading one = open(Start.beginning()).room(1000);
        Reading two = open(Start.beginning()).room(3000);
        one.read();
        two.read();
        one.untilSame("the log, read by the first", written);
        one.close();
        writeLines(50);
        two.untilSame("the log, read by the second", written);
    }

    /** Readers at different places do not move each other. */
    @Test
    void readersAreIndependent_atDifferentPositions() throws Exception {
        needs(Ability.POSITIONS);
        writeLines(200);
        Reading all = open(Start.beginning()).room(500);
        all.untilSame("the log", written);
        Mark early = all.sink.marks.get(all.sink.marks.size() / 4);
        Mark late = all.sink.marks.get(all.sink.marks.size() * 3 / 4);
        Reading fromEarly = open(Start.at(early.position())).room(300);
        Reading fromLate = open(Start.at(late.position())).room(300);
        fromEarly.read();
        fromLate.read();
        writeLines(50);
        fromLate.untilSame("what follows the late position", written.from(late.sizes()));
        fromEarly.untilSame("what follows the early position", written.from(early.sizes()));
        all.untilSame("the log", written);
    }

    /** A position comes before the first bytes, and with every read that hands over bytes. */
    @Test
    void positionComes_withEveryReadOfBytes() throws Exception {
        needs(Ability.POSITIONS);
        writeLines(300);
        Reading reading = open(Start.beginning()).room(700);
        reading.untilSame("the log", written);
        assertThat(reading.sink.marks.get(0).sizes()).containsEntry(channels.get(0), 0);
    }

    /** A reader opened at any position hands over exactly what follows it. */
    @Test
    void exactlyTheRestIsHandedOver_atEveryPosition() throws Exception {
        needs(Ability.POSITIONS);
        Reading all = open(Start.beginning()).room(333);
        for (int i = 0; i < 10; i++) {
            writeLines(30);
            all.untilSame("the log", written);
        }
        List<Mark> marks = all.sink.marks;
        int step = Math.max(1, marks.size() / 60);
        for (int i = 0; i < marks.size(); i += step) {
            assertRestFollows(marks.get(i));
        }
        assertRestFollows(all.sink.lastMark());
    }

    /** Positions within lines, where a reader had handed over all that was there, are as good as others. */
    @Test
    void exactlyTheRestIsHandedOver_atPositionsWithinLines() throws Exception {
        needs(Ability.POSITIONS, Ability.PARTIAL_LINES);
        Reading all = open(Start.beginning());
        for (int i = 0; i < 20; i++) {
            Channel channel = channels.get(i % channels.size());
            write(channel, (i % 7 == 6 ? "\r" : "") + "part " + i + (i % 3 == 2 ? "\r\n" : ""));
            all.untilSame("the log", written);
        }
        for (Mark mark : all.sink.marks) {
            assertRestFollows(mark);
        }
    }

    private void assertRestFollows(Mark mark) throws Exception {
        Reading rest = open(Start.at(mark.position()));
        rest.untilSame("what follows the position after " + mark.sizes(), written.from(mark.sizes()));
        rest.untilIdle();
        rest.sink.content.assertSame("what follows " + mark.sizes() + ", and no more", written.from(mark.sizes()));
        assertThat(rest.sink.gaps).isEmpty();
        rest.close();
    }

    /** The position at the end of a log that has ended leads to that end. */
    @Test
    void endFollows_atLastPositionOfEndedLog() throws Exception {
        needs(Ability.POSITIONS, Ability.END);
        writeLines(20);
        log.end();
        Reading all = open(Start.beginning());
        all.untilEnd();
        Reading rest = open(Start.at(all.sink.lastMark().position()));
        rest.untilEnd();
        rest.sink.content.assertSame(
                "what follows the last position",
                written.from(all.sink.lastMark().sizes()));
    }

    /** The number of lines before a position is right, or said to be unknown. */
    @Test
    void linesBeforeAreRightOrUnknown_inEveryPosition() throws Exception {
        needs(Ability.POSITIONS);
        writeLines(300);
        Reading reading = open(Start.beginning()).room(444);
        reading.untilSame("the log", written);
        assertThat(reading.sink.marks)
                .allSatisfy(mark -> assertThat(mark.position().linesBefore()).isIn(-1L, mark.lines()));
    }

    /** Carriage returns, empty lines and blanks are handed over as they are. */
    @Test
    void bytesAreExact_forLineEndsOfAllKinds() throws Exception {
        for (Channel channel : channels) {
            write(channel, "one\r\n\r\ntwo\rthree\n\n\n \n\t\nfour\r\r\n five \n");
            write(channel, "\n");
            write(channel, "\r\n");
            write(channel, "last\n");
        }
        open(Start.beginning()).untilSame("the log", written);
        open(Start.beginning()).room(1).untilSame("the log, byte by byte", written);
    }

    /** Zeros, control characters and bytes that are no UTF-8 are handed over as they are. */
    @Test
    void bytesAreExact_forAnyBytes() throws Exception {
        needs(Ability.ANY_BYTES);
        byte[] all = new byte[2 * 256 + 1];
        IntStream.range(0, 512).forEach(i -> all[i] = (byte) (i * 7));
        all[512] = '\n';
        for (Channel channel : channels) {
            write(channel, all);
            write(channel, new byte[] {'a', (byte) 0xC3, '\n', (byte) 0xED, (byte) 0xA0, (byte) 0x80, 0, '\n'});
        }
        open(Start.beginning()).room(100).untilSame("the log", written);
    }

    /** A line of 1 MiB is handed over whole. */
    @Test
    void bytesAreExact_forLongLine() throws Exception {
        byte[] line = new byte[1 << 20];
        IntStream.range(0, line.length).forEach(i -> line[i] = (byte) ('a' + i % 26));
        line[line.length - 1] = '\n';
        writeLines(3);
        write(channels.get(channels.size() - 1), line);
        writeLines(3);
        open(Start.beginning()).untilSame("the log", written);
    }

    /** Bytes after the last line end are handed over when they are written. */
    @Test
    void bytesAreExact_withoutLastLineEnd() throws Exception {
        needs(Ability.PARTIAL_LINES);
        Reading reading = open(Start.beginning());
        for (String part : List.of("no", " line", " end", " yet", "\n", "and", " again")) {
            write(channels.get(0), part);
            reading.untilSame("the log with an unfinished line", written);
        }
    }

    /** However little room there is, the bytes are the same. */
    @Test
    void bytesAreExact_inLittleRoom() throws Exception {
        writeLines(100);
        for (int room : new int[] {1, 2, 17, 1000}) {
            open(Start.beginning()).room(room).untilSame("the log in a room of " + room, written);
        }
    }

    /** Of a big log no read hands over much more than there is room. */
    @Test
    void roomIsRespected_withMuchToRead() throws Exception {
        byte[] block = text(2000).repeat(10).getBytes(StandardCharsets.UTF_8);
        while (written.size() < 4 << 20) {
            write(channels.get(0), block);
        }
        Reading reading = open(Start.beginning()).room(4096);
        reading.untilSame("the log", written);
        assertThat(reading.reads()).isGreaterThan(3);
    }

    /** Bytes do not change while the sink takes them, even if more is written at that moment. */
    @Test
    void bytesDoNotChange_whileSinkTakesThem() throws Exception {
        Reading reading = open(Start.beginning());
        for (int i = 0; i < 10; i++) {
            writeLines(20);
            FutureTask<Object> more = new FutureTask<>(() -> {
                writeLines(20);
                return "done";
            });
            reading.sink.duringBytes(() -> {
                start("tck-writer", more);
                soon(Duration.ofSeconds(2), more::isDone);
            });
            Content before = snapshot();
            reading.until("what was written", () -> reading.sink.content.reaches(before));
            more.get(patience().toNanos(), TimeUnit.NANOSECONDS);
            reading.untilSame("the log", written);
        }
    }

    /** What was written to one channel comes on that channel. */
    @Test
    void channelsAreNotMixed_writtenInTurns() throws Exception {
        assumeTrue(channels.size() > 1, "this source has one channel");
        for (int i = 0; i < 100; i++) {
            write(Channel.STDOUT, "out " + i + "\n");
            write(Channel.STDERR, "err " + i + "\n" + (i % 10 == 0 ? "err " + i + " too\n" : ""));
        }
        open(Start.beginning()).room(50).untilSame("the log", written);
    }
}
