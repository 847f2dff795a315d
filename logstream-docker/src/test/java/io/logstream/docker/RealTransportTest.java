package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real daemon is reached by TLS, and through the command that ssh would run. */
class RealTransportTest {
    @TempDir
    Path certificates;

    private RealDaemon real;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void begin() throws Exception {
        RealDaemon.require("/usr/bin/openssl");
    }

    @AfterEach
    void end() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T closing(T one) {
        open.add(one);
        return one;
    }

    private void openssl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(certificates.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
    }

    private void makeCertificates() throws Exception {
        Files.writeString(certificates.resolve("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
        openssl(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=ca",
                "-keyout",
                "ca-key.pem",
                "-out",
                "ca.pem");
        for (String who : List.of("server", "client")) {
            openssl(
                    "req",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-subj",
                    "/CN=" + who,
                    "-keyout",
                    who + "-key.pem",
                    "-out",
                    who + ".csr");
            openssl(
                    "x509",
                    "-req",
                    "-in",
                    who + ".csr",
                    "-CA",
                    "ca.pem",
                    "-CAkey",
                    "ca-key.pem",
                    "-CAcreateserial",
                    "-days",
                    "2",
                    "-extfile",
                    "names",
                    "-out",
                    who + "-cert.pem");
        }
        Files.copy(certificates.resolve("client-cert.pem"), certificates.resolve("cert.pem"));
        openssl("rsa", "-traditional", "-in", "client-key.pem", "-out", "key.pem"); // the older of the two forms
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static List<String> read(DockerDaemon daemon, String name) throws Exception {
        try (io.logstream.LogHub hub = io.logstream.LogHub.create()) {
            CollectingViewer viewer = new CollectingViewer();
            hub.open(
                            name,
                            DockerSource.builder(daemon, name)
                                    .endWithContainer(true)
                                    .build(),
                            RealCase.streamOptions())
                    .subscribe(
                            io.logstream.SubscribeOptions.builder()
                                    .replay(io.logstream.Replay.all())
                                    .build(),
                            viewer);
            viewer.awaitEnd();
            return viewer.lines();
        }
    }

    @Test
    void daemonIsReached_byTls() throws Exception {
        makeCertificates();
        int port = freePort();
        String host = "tcp://127.0.0.1:" + port;
        real = closing(RealDaemon.start(
                "--host=" + host,
                "--tlsverify",
                "--tlscacert=" + certificates.resolve("ca.pem"),
                "--tlscert=" + certificates.resolve("server-cert.pem"),
                "--tlskey=" + certificates.resolve("server-key.pem")));
        real.run("tls", "seq 5000");
        DockerDaemon daemon = closing(DockerDaemon.of(host, certificates));
        assertThat(read(daemon, "tls"))
                .isEqualTo(
                        IntStream.rangeClosed(1, 5000).mapToObj(String::valueOf).toList());
        assertThat(daemon.containers()).extracting(DockerContainer::name).containsExactly("tls");

        Files.delete(certificates.resolve("ca.pem"));
        DockerDaemon stranger = closing(DockerDaemon.of(host, certificates));
        assertThatThrownBy(() -> stranger.containers())
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("no trust");
    }

    @Test
    void daemonIsReached_throughTheCommandThatSshRuns() throws Exception {
        real = RealDaemon.shared();
        String name = "stdio-" + Long.toHexString(System.nanoTime());
        real.run(name, "seq 5000");
        closing(() -> real.docker("rm", "--force", name));
        Endpoint.Ssh endpoint = new Endpoint.Ssh(
                "ssh://box", List.of("/usr/bin/docker", "--host", real.host(), "system", "dial-stdio"));
        DockerDaemon daemon = closing(new DockerDaemon(endpoint));
        assertThat(read(daemon, name))
                .isEqualTo(
                        IntStream.rangeClosed(1, 5000).mapToObj(String::valueOf).toList());
    }

    /** A pipe holds 64 KiB. */
    @Test
    void commandThatComplainsMuch_isNotHeldUp() throws Exception {
        real = RealDaemon.shared();
        String name = "stdio-" + Long.toHexString(System.nanoTime());
        real.run(name, "seq 100");
        closing(() -> real.docker("rm", "--force", name));
        String script = "head -c 500000 /dev/zero | tr '\\0' e >&2; exec /usr/bin/docker --host " + real.host()
                + " system dial-stdio";
        DockerDaemon daemon =
                closing(new DockerDaemon(new Endpoint.Ssh("ssh://box", List.of("/bin/sh", "-c", script))));
        assertThat(read(daemon, name)).hasSize(100);
    }

    /** What ends without TLS's own end may have been cut by anybody. */
    @Test
    void endOfATlsConnection_thatIsNotSigned_isNoEndOfALog() throws Exception {
        makeCertificates();
        Path server = Files.createDirectories(certificates.resolve("server"));
        Files.copy(certificates.resolve("ca.pem"), server.resolve("ca.pem"));
        Files.copy(certificates.resolve("server-cert.pem"), server.resolve("cert.pem"));
        Files.copy(certificates.resolve("server-key.pem"), server.resolve("key.pem"));
        SSLContext context = Certificates.read(server);
        try (ServerSocket listening = new ServerSocket(0)) {
            Thread cutting = new Thread(() -> cut(listening, context), "cutting");
            cutting.setDaemon(true);
            cutting.start();
            DockerDaemon daemon = closing(DockerDaemon.of("tcp://127.0.0.1:" + listening.getLocalPort(), certificates));
            assertThatThrownBy(() -> daemon.containers())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cut off");
        }
    }

    /** Answers the half of each question, and closes the socket below. */
    private static void cut(ServerSocket listening, SSLContext context) {
        while (true) {
            try (Socket socket = listening.accept();
                    SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, 0, false)) {
                tls.setUseClientMode(false);
                tls.getInputStream().read(new byte[4096]);
                tls.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                socket.shutdownOutput();
            } catch (IOException e) {
                if (listening.isClosed()) {
                    return;
                }
            }
        }
    }

    @Test
    void commandThatFails_saysWhy() {
        Endpoint.Ssh endpoint = new Endpoint.Ssh(
                "ssh://box", List.of("/bin/sh", "-c", "echo Permission denied >&2; exit 255", "x", "y", "z"));
        DockerDaemon daemon = closing(new DockerDaemon(endpoint));
        assertThatThrownBy(() -> daemon.containers())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Permission denied");
    }
}
