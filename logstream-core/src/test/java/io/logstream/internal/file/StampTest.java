package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.internal.file.Stamp.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StampTest {
    private static Stamp stamp(String log, String name) {
        Stamp stamp = Stamp.of(log, name);
        assertThat(stamp).as(name).isNotNull();
        return stamp;
    }

    @ParameterizedTest
    @CsvSource({
        "app.log, app.log.1, COUNTER, 1, false",
        "app.log, app.log.10.gz, COUNTER, 10, true",
        "app.log, app.log.00012, COUNTER, 00012, false",
        "app.log, app.log-20261126, DATE, 20261126, false",
        "app.log, app.log.2026-11-26T10:15:00.zst, DATE, 2026-11-26T10:15:00, true",
        "app.log, app-2026-11-26.log, DATE, 2026-11-26, false",
        "app.log, app-2026-11-26.3.log.gz, DATE, 2026-11-26.3, true",
        "app.log, app.log.old, WORD, old, false",
        "app.log, app.log~, WORD, '', false",
        "app.log, app.log.gz, WORD, '', true",
        "app.log, app.log.save, WORD, save, false",
        "app.log, app.log.3.zip, COUNTER, 3, true",
        "syslog, syslog.1, COUNTER, 1, false",
        "job-1, job-1.2, COUNTER, 2, false",
    })
    void tells_whatRotationMadeOfTheName(String log, String name, Kind kind, String text, boolean compressed) {
        assertThat(Stamp.of(log, name)).isEqualTo(new Stamp(kind, text, compressed));
    }

    @ParameterizedTest
    @CsvSource({
        "app.log, app.log",
        "app.log, other.log.1",
        "app.log, app.log.tmp",
        "app.log, app.log.1.tmp",
        "app.log, app.logger",
        "app.log, app-12.log",
        "app.log, app.txt",
        "job-1, job-12",
        "app, application.log",
    })
    void isNone_whereTheNameIsNotKnownToBeOfRotation(String log, String name) {
        assertThat(Stamp.of(log, name)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "app.log.2, app.log.10",
        "app.log.9, app.log.00012",
        "app.log-20261126, app.log-20261127",
        "app.log-20261126, app.log-20261126.1",
        "app.log-20261126.9, app.log-20261126.10",
        "app-2026-11-26.log, app-2026-12-01.log",
    })
    void comparesNumbers_asNumbers(String lower, String higher) {
        assertThat(Stamp.compareNumbers(stamp("app.log", lower), stamp("app.log", higher)))
                .isNegative();
        assertThat(Stamp.compareNumbers(stamp("app.log", higher), stamp("app.log", lower)))
                .isPositive();
    }

    @Test
    void compressedFile_hasTheSameStamp_asWhatItWasMadeOf() {
        assertThat(stamp("app.log", "app.log.3.gz").isSame(stamp("app.log", "app.log.3")))
                .isTrue();
        assertThat(stamp("app.log", "app.log.3.gz").isSame(stamp("app.log", "app.log.4")))
                .isFalse();
    }
}
