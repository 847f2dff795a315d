package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiblingsTest {
    @ParameterizedTest
    @CsvSource({
        "app.log, app.log.1",
        "app.log, app.log1",
        "app.log, app.log.10.gz",
        "app.log, app.log.gz",
        "app.log, app.log-20261126",
        "app.log, app.log.2026-11-26T10:15:00.zst",
        "app.log, app-2026-11-26.log",
        "app.log, app.log.old",
        "app.log, app.log.backup",
        "app.log, app.log.previous",
        "app.log, app.log.save.xz",
        "app.log, app.log~",
        "job-1, job-1.2",
    })
    void nameThatRotationGives_isKnown(String log, String name) {
        assertThat(new Siblings("/logs/" + log).isRotated(name)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "app.log, app.log",
        "app.log, other.log.1",
        "app.log, app.log.tmp",
        "app.log, app.logger",
        "app.log, app-12.log",
        "job-1, job-12",
    })
    void otherName_isNotTakenForOne(String log, String name) {
        assertThat(new Siblings("/logs/" + log).isRotated(name)).isFalse();
    }
}
