package io.logstream.examples;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A daemon with two running containers, {@code web} and {@code worker}, each with two lines in its log. */
final class TinyDocker implements Closeable {
    private static final List<String> NAMES = List.of("web", "worker");

    private final Path directory;
    private final ServerSocketChannel server;

    TinyDocker() throws IOException {
        directory = Files.createTempDirectory("tiny-docker");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(directory.resolve("docker.sock")));
        start(this::accept);
    }

    String host() {
        return "unix://" + directory.resolve("docker.sock");
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "tiny-docker");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel connection = server.accept();
                start(() -> serve(connection));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void serve(SocketChannel connection) {
        try (connection) {
            ByteBuffer request = ByteBuffer.allocate(4096);
            while (!new String(request.array(), StandardCharsets.US_ASCII).contains("\r\n\r\n")) {
                if (connection.read(request) < 0) {
                    return;
                }
            }
            String target = new String(request.array(), StandardCharsets.US_ASCII).split(" ")[1];
            String answer = answer(URLDecoder.decode(target, StandardCharsets.UTF_8));
            connection.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.ISO_8859_1)));
            if (target.contains("/events") || target.contains("follow=1")) {
                request.clear();
                connection.read(request); // it goes on until the other side has enough
            }
        } catch (IOException e) {
            // the other side is gone
        }
    }

    private static String answer(String target) {
        String ok = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\n";
        if (target.contains("/events")) {
            return ok + "Transfer-Encoding: chunked\r\n\r\n";
        } else if (target.contains("/logs")) {
            return ok + "Transfer-Encoding: chunked\r\n\r\n" + log(target)
                    + (target.contains("follow=1") ? "" : "0\r\n\r\n");
        }
        String body =
                target.contains("/containers/json") ? list() : target.contains("/containers/") ? one(target) : "OK";
        return ok + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String id(String name) {
        return String.valueOf(NAMES.indexOf(name) + 1).repeat(64);
    }

    private static String name(String target) {
        return NAMES.stream()
                .filter(name -> target.contains("/" + name + "/") || target.contains("/" + id(name).substring(0, 16)))
                .findFirst()
                .orElseThrow();
    }

    private static String list() {
        return "["
                + String.join(
                        ",",
                        NAMES.stream()
                                .map(name -> "{\"Id\":\"" + id(name) + "\",\"Names\":[\"/" + name
                                        + "\"],\"Image\":\"shop:1\",\"State\":\"running\",\"Labels\":{\"a\":\"b\"}}")
                                .toList())
                + "]";
    }

    private static String one(String target) {
        String name = name(target);
        return "{\"Id\":\"" + id(name) + "\",\"Name\":\"/" + name
                + "\",\"Config\":{\"Tty\":false},\"State\":{\"Status\":"
                + "\"running\",\"StartedAt\":\"2026-11-20T10:00:00.000000001Z\"},\"HostConfig\":{\"LogConfig\":{\"Type\":"
                + "\"json-file\"}}}";
    }

    private static String log(String target) {
        String name = name(target);
        return entry(1, "2026-11-20T10:00:01.000000001Z " + name + " is up\n")
                + entry(2, "2026-11-20T10:00:01.000000002Z " + name + " warns\n");
    }

    private static String entry(int channel, String text) {
        return Integer.toHexString(8 + text.length()) + "\r\n" + (char) channel + "\0\0\0\0\0\0" + (char) text.length()
                + text + "\r\n";
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(directory.resolve("docker.sock"));
        Files.deleteIfExists(directory);
    }
}
