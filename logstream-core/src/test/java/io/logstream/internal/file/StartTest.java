package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartTest {
    @TempDir
    Path directory;

    private Rig rig;

    @BeforeEach
    void rig() {
        rig = new Rig(directory);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void handsOverAll_fromBeginning() throws Exception {
        rig.append("one\ntwo\nthr");
        assertThat(rig.open(Start.beginning()).moment()).isEqualTo("one\ntwo\nthr");
        assertThat(rig.sink.places.get(0).position().linesBefore()).isZero();
        rig.append("ee\n");
        assertThat(rig.moment()).isEqualTo("ee\n");
    }

    @Test
    void handsOverWhatIsWrittenLater_fromEnd() throws Exception {
        rig.append("one\ntwo\n");
        assertThat(rig.open(Start.end()).moment()).isEmpty();
        assertThat(rig.position().linesBefore()).isEqualTo(2);
        rig.append("three\n");
        assertThat(rig.moment()).isEqualTo("three\n");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 'a|b|c|', 'c|', 2",
        "2, 'a|b|c|', 'b|c|', 1",
        "3, 'a|b|c|', 'a|b|c|', 0",
        "9, 'a|b|c|', 'a|b|c|', 0",
        "1, 'a|b|c', 'c', 2",
        "2, 'a|b|c', 'b|c', 1",
        "1, 'a|||', '|', 2",
        "2, '||', '||', 0",
        "1, '', '', 0"
    })
    void beginsSomeLinesBack_fromLast(int lines, String content, String expected, long before) throws Exception {
        rig.append(content.replace('|', '\n'));
        assertThat(rig.open(Start.last(lines)).moment()).isEqualTo(expected.replace('|', '\n'));
        assertThat(rig.sink.places.get(0).position().linesBefore()).isEqualTo(before);
    }

    @Test
    void findsTheLines_fromLastOverManyBlocks() throws Exception {
        rig.append(Rig.lines("line ", 1, 50_000));
        rig.open(Start.last(30_000));
        assertThat(rig.moment()).isEqualTo(Rig.lines("line ", 20_001, 50_000));
        assertThat(rig.sink.places.get(0).position().linesBefore()).isEqualTo(20_000);
    }

    @Test
    void beginsAtBeginningOrEnd_sinceTime() throws Exception {
        rig.append("one\n");
        Instant written = Instant.parse("2026-01-01T00:00:00Z");
        Files.setLastModifiedTime(rig.log, FileTime.from(written));
        assertThat(rig.open(Start.since(written)).moment()).isEqualTo("one\n");
        assertThat(rig.open(Start.since(written.minusSeconds(5))).moment()).isEqualTo("one\n");
        assertThat(rig.open(Start.since(written.plusSeconds(5))).moment()).isEmpty();
    }

    @Test
    void ends_whenNotFollowing() throws Exception {
        rig.append(Rig.lines("line ", 1, 100_000));
        rig.follow = false;
        rig.open(Start.last(90_000));
        rig.append("written after the start\n");
        assertThat(rig.readAll()).isEqualTo(Outcome.END);
        assertThat(rig.sink.takeText()).isEqualTo(Rig.lines("line ", 10_001, 100_000));
    }

    @Test
    void waits_untilTheFileAppears() throws Exception {
        Path deep = directory.resolve("a/b");
        Rig later = new Rig(deep);
        assertThat(later.open(Start.end()).moment()).isEqualTo("<WAITING>");
        assertThat(later.moment()).isEmpty();
        Files.createDirectories(deep);
        assertThat(later.moment()).isEmpty();
        later.append("one\n");
        assertThat(later.moment()).isEqualTo("<APPEARED>one\n");
        later.close();
    }

    @Test
    void everyPositionLeadsToTheRest_withManyReads() throws Exception {
        String all = Rig.lines("some line with a number ", 1, 8000);
        rig.append(all);
        rig.open(Start.beginning());
        rig.sink.room = 10_000;
        rig.readAll();
        assertThat(rig.sink.takeText()).isEqualTo(all);
        assertThat(rig.sink.places).hasSizeGreaterThan(15);
        for (TextSink.Place place : rig.sink.places) {
            Rig again = new Rig(directory);
            again.open(Start.at(place.position()));
            assertThat(again.moment()).isEqualTo(all.substring(place.length()));
            again.close();
        }
    }
}
