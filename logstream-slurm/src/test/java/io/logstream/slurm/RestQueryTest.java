package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.logstream.LogStreamException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A slurmrestd that says what a test lets it say. */
class RestQueryTest {
    private final AtomicReference<String> valid = new AtomicReference<>("first.token");
    private final AtomicReference<String> served = new AtomicReference<>("v0.0.38");
    private final HttpServer server;

    RestQueryTest() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/slurm/", exchange -> {
            boolean isServed = exchange.getRequestURI().getPath().startsWith("/slurm/" + served.get() + "/");
            boolean isKnown =
                    List.of(valid.get()).equals(exchange.getRequestHeaders().get("X-SLURM-USER-TOKEN"))
                            && List.of("me").equals(exchange.getRequestHeaders().get("X-SLURM-USER-NAME"));
            byte[] body = (isKnown
                            ? "{\"jobs\":[{\"job_id\":12,\"job_state\":\"RUNNING\"}]}"
                            : "Authentication failure")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(!isKnown ? 401 : isServed ? 200 : 404, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void end() {
        server.stop(0);
    }

    @Test
    void token_isTakenAnewForEachQuestion() throws Exception {
        AtomicReference<String> present = new AtomicReference<>("first.token");
        URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        try (SlurmCluster cluster = SlurmCluster.builder()
                .rest(address)
                .restVersion("v0.0.38")
                .token("me", present::get)
                .pollInterval(Duration.ofMillis(50))
                .build()) {
            assertThat(cluster.jobs()).extracting(SlurmJob::label).containsExactly("12");
            Poller.Watch watch = cluster.watch(JobId.parse("12"), () -> {});
            assertThat(watch.await().jobs()).hasSize(1);
            valid.set("second.token");
            io.logstream.testkit.CollectingViewer.until(
                    "a refusal", () -> watch.known().refusals() > 1);
            assertThat(watch.known().refusal()).isInstanceOf(LogStreamException.class);
            present.set("second.token");
            io.logstream.testkit.CollectingViewer.until(
                    "an answer", () -> watch.known().refusal() == null);
            watch.close();
        }
    }

    /** slurmrestd looks at the token first: a refusal tells nothing about the version. */
    @Test
    void version_isFoundOut_whenTheTokenIsRight_andAnew_whenAnotherIsServed() throws Exception {
        AtomicReference<String> present = new AtomicReference<>("no.token");
        RestQuery query = new RestQuery(
                new HttpGet(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                        () -> Map.of("X-SLURM-USER-NAME", "me", "X-SLURM-USER-TOKEN", present.get()),
                        Duration.ofSeconds(20)),
                null);
        assertThatThrownBy(() -> query.ask(Set.of(12L)))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("token");
        present.set("first.token");
        assertThat(query.ask(Set.of(12L)).jobs()).hasSize(1);
        served.set("v0.0.41");
        assertThatThrownBy(() -> query.ask(Set.of(12L))).hasMessageContaining("another version");
        assertThat(query.ask(Set.of(12L)).jobs()).hasSize(1);
    }

    /** After Slurm's own numbers of errors; no real one has said these. */
    @Test
    void hostOfANode_isTold_orUnknown_orNotToldNow() throws Exception {
        Map<String, String> answers = Map.of(
                "n1", "200 {\"nodes\":[{\"hostname\":\"vm.site.example\"}]}",
                "n2", "500 {\"errors\":[{\"error_number\":2018,\"error\":\"Invalid node name specified\"}]}",
                "n3", "503 busy",
                "n4", "500 {\"errors\":[{\"error_number\":2002,\"error\":\"Access/permission denied\"}]}");
        server.createContext("/slurm/v0.0.38/node/", exchange -> {
            String answer = answers.get(exchange.getRequestURI().getPath().replaceFirst(".*/", ""));
            byte[] body = answer.substring(4).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(Integer.parseInt(answer.substring(0, 3)), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        RestQuery query = new RestQuery(
                new HttpGet(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                        Map::of,
                        Duration.ofSeconds(20)),
                "v0.0.38");
        assertThat(query.hostOf("n1")).isEqualTo("vm");
        assertThat(query.hostOf("n2")).isEmpty();
        assertThatThrownBy(() -> query.hostOf("n3")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> query.hostOf("n4")).isInstanceOf(LogStreamException.class);
    }

    @Test
    void address_hasNoSecrets() {
        for (String wrong : List.of(
                "http://me:word@127.0.0.1:1",
                "http://127.0.0.1:1/?key=word",
                "http://127.0.0.1:1/word",
                "ftp://word:1")) {
            assertThatThrownBy(() -> SlurmCluster.builder().rest(URI.create(wrong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("word");
        }
        SlurmCluster.builder().rest(URI.create("http://127.0.0.1:1/")).rest(URI.create("unix:/run/slurm"));
    }
}
