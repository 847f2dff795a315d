package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a daemon is said to be. */
class EndpointTest {
    @TempDir
    Path home;

    private Endpoint in(Map<String, String> environment) {
        return new DockerEnvironment(environment, home).endpoint();
    }

    @Test
    void addresses_areUnderstood() {
        assertThat(Endpoint.parse("unix:///run/d.sock")).isEqualTo(new Endpoint.Unix("/run/d.sock"));
        assertThat(Endpoint.parse("tcp://box:1234")).isEqualTo(new Endpoint.Tcp("box", 1234));
        assertThat(Endpoint.parse("tcp://box").host()).isEqualTo("tcp://box:2375");
        assertThat(Endpoint.parse("tcp://[::1]:99")).isEqualTo(new Endpoint.Tcp("::1", 99));
        assertThat(((Endpoint.Ssh) Endpoint.parse("ssh://me@box:2222")).command())
                .containsSubsequence("ssh", "-p", "2222", "--", "me@box", "docker", "system", "dial-stdio");
    }

    @Test
    void otherAddresses_areRefused_withWhatIsKnown() {
        for (String wrong : new String[] {
            "",
            "box",
            "unix://relative",
            "tcp://",
            "npipe:////./pipe/docker",
            "ssh://me:secret@box",
            "ssh://-oProxyCommand=x",
            "ssh://box/path",
            "tcp://a b"
        }) {
            assertThatThrownBy(() -> Endpoint.parse(wrong))
                    .as(wrong)
                    .isInstanceOf(LogStreamException.class)
                    .hasMessageContaining("no Docker daemon can be reached");
        }
    }

    @Test
    void password_isNotInTheMessage() {
        for (String given : new String[] {"ssh://me:s3cret@box", "tcp://me:s3cret@a b", "x://me:s3cr@et@box"}) {
            assertThatThrownBy(() -> Endpoint.parse(given))
                    .hasMessageContaining("//me:***@")
                    .hasMessageNotContaining("cret")
                    .hasMessageNotContaining("s3");
        }
    }

    @Test
    void tlsIsUsed_whateverTheSchemeIsWrittenLike() {
        for (String host : new String[] {"TCP://box", "http://box", "HTTPS://box"}) {
            assertThat(in(Map.of("DOCKER_HOST", host, "DOCKER_TLS_VERIFY", "1")))
                    .isInstanceOf(Endpoint.Tls.class);
        }
        assertThat(Endpoint.parse("UNIX:///run/d.sock")).isEqualTo(new Endpoint.Unix("/run/d.sock"));
    }

    @Test
    void environment_isUnderstoodAsByTheDockerCommand() throws Exception {
        assertThat(in(Map.of()).host()).isEqualTo("unix:///var/run/docker.sock");
        assertThat(in(Map.of("DOCKER_HOST", "tcp://box")).host()).isEqualTo("tcp://box:2375");
        Files.createDirectories(home.resolve(".docker"));
        assertThat(in(Map.of("DOCKER_HOST", "tcp://box", "DOCKER_TLS_VERIFY", "1")))
                .isInstanceOf(Endpoint.Tls.class)
                .extracting(Endpoint::host)
                .isEqualTo("tcp://box:2376");
    }

    @Test
    void contexts_areFound_byVariableAndByConfiguration() throws Exception {
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest("far".getBytes(StandardCharsets.UTF_8)));
        Path meta =
                Files.createDirectories(home.resolve(".docker/contexts/meta").resolve(hash));
        Files.writeString(
                meta.resolve("meta.json"),
                "{\"Name\":\"far\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":\"ssh://far\",\"SkipTLSVerify\":false}}}");
        assertThat(in(Map.of("DOCKER_CONTEXT", "far")).host()).isEqualTo("ssh://far");
        Files.writeString(home.resolve(".docker/config.json"), "{\"auths\":{\"x\":{}},\"currentContext\":\"far\"}");
        assertThat(in(Map.of()).host()).isEqualTo("ssh://far");
        assertThat(in(Map.of("DOCKER_HOST", "tcp://box")).host()).isEqualTo("tcp://box:2375");
        assertThat(in(Map.of("DOCKER_CONTEXT", "default")).host()).isEqualTo("unix:///var/run/docker.sock");
        assertThatThrownBy(() -> in(Map.of("DOCKER_CONTEXT", "gone")))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("no docker context 'gone'");
    }
}
