package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a daemon says of a container, understood. */
class ContainerStateTest {

    /** The log of a driver that sends it elsewhere is read from the daemon's cache, which has options of its own. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\'',
            value = {
                "json-file, '', 0, true",
                "json-file, '\"max-size\":\"10k\"', 10240, true",
                "json-file, '\"max-size\":\"1.5m\",\"max-file\":\"3\"', 1572864, false",
                "local, '', 20971520, false",
                "local, '\"max-size\":\"1g\",\"max-file\":\"1\"', 1073741824, true",
                "gelf, '', 20971520, false",
                "fluentd, '\"max-size\":\"1k\",\"max-file\":\"1\"', 20971520, false",
                "syslog, '\"cache-max-size\":\"1k\",\"cache-max-file\":\"1\"', 1024, true",
                "journald, '', 0, false",
                "none, '', 0, false"
            })
    void rotation_isThatOfTheFileThatTheDaemonReads(String driver, String options, long rotatedAt, boolean emptied)
            throws IOException {
        String json = "{\"Id\":\"0123456789abcdef\",\"HostConfig\":{\"LogConfig\":{\"Type\":\"" + driver
                + "\",\"Config\":{" + options + "}}}}";
        ContainerState state = ContainerState.parse(json.getBytes(StandardCharsets.UTF_8));
        assertThat(state.rotatedAt()).isEqualTo(rotatedAt);
        assertThat(state.emptied()).isEqualTo(emptied);
    }
}
