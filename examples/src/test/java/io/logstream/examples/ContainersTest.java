package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.LogBatch;
import io.logstream.LogHub;
import io.logstream.Subscriber;
import io.logstream.docker.DockerDaemon;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Containers on the command line. */
class ContainersTest {
    private TinyDocker docker;

    @BeforeEach
    void begin() throws IOException {
        docker = new TinyDocker();
    }

    @AfterEach
    void end() throws IOException {
        docker.close();
    }

    private Cli start(Object... args) throws IOException {
        return Cli.startWith("DOCKER_HOST", docker.host(), args);
    }

    @Test
    void containers_areListed() throws Exception {
        try (Cli cli = start("containers")) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out.soFar())
                    .containsExactly(
                            "SOURCE         STATE       ID            IMAGE",
                            "docker:web     running     111111111111  shop:1",
                            "docker:worker  running     222222222222  shop:1");
        }
    }

    @Test
    void follow_oneContainer_showsItsLines() throws Exception {
        try (Cli cli = start("follow", "--no-follow", "--timestamps", "docker:web")) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out.soFar())
                    .containsExactly(
                            "2026-11-20T10:00:01.000000001Z web is up", "2026-11-20T10:00:01.000000002Z web warns");
        }
    }

    @Test
    void follow_severalOrALabel_namesEach() throws Exception {
        try (Cli cli = start("follow", "--no-follow", "docker:web", "docker:worker")) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out.soFar()).hasSize(4).anyMatch(line -> line.startsWith("docker:worker"));
        }
        try (Cli cli = start("follow", "--output-format=json", "docker:label=a=b")) {
            cli.out.awaitLine("web warns");
            cli.out.awaitLine("worker warns");
            assertThat(cli.out.soFar())
                    .anyMatch(line -> line.contains("\"stream\":\"docker:web\"")
                            && line.contains("\"type\":\"stderr\"")
                            && line.contains("\"source\":\"docker\""));
        }
    }

    @Test
    void follow_whatIsNotThere_isOneClearLine() throws Exception {
        try (Cli cli = start("follow", "docker:db")) {
            assertThat(cli.exitCode()).isEqualTo(2);
            assertThat(cli.err.soFar())
                    .containsExactly(
                            "logstream follow: there is no container 'db' for 'docker:db'; there are: web, worker");
        }
        try (Cli cli = start("follow", "docker:colour=red")) {
            assertThat(cli.exitCode()).isEqualTo(2);
            assertThat(cli.err.soFar()).singleElement().asString().contains("label=KEY=VALUE");
        }
        try (Cli cli = Cli.startWith("DOCKER_HOST", "unix:///nowhere.sock", "follow", "docker:web")) {
            assertThat(cli.exitCode()).isEqualTo(2);
            assertThat(cli.err.soFar())
                    .singleElement()
                    .asString()
                    .contains("no Docker daemon answers at unix:///nowhere");
        }
    }

    @Test
    void snippet_showsContainersByNameAndByProject() throws Exception {
        CountDownLatch lines = new CountDownLatch(6);
        Subscriber page = (LogBatch batch) -> {
            for (int i = 0; i < batch.size(); i++) {
                lines.countDown();
            }
        };
        try (DockerDaemon daemon = DockerDaemon.of(docker.host());
                LogHub hub = LogHub.create()) {
            Snippets.containers(daemon, hub, page);
            assertThat(lines.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
