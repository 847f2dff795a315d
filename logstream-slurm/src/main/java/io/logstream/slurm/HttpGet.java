package io.logstream.slurm;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets one resource over a connection of its own: HTTP/1.1 (RFC 9112) over a unix socket or TCP, with bodies that are counted,
 * chunked, or end with the connection. Threadsafe.
 */
final class HttpGet {
    private static final Logger LOG = LoggerFactory.getLogger(HttpGet.class);
    private static final int MAX_BYTES = 256 << 20;

    /**
     * What was answered.
     *
     * @param status the status
     * @param body the body, taken for UTF-8
     */
    record Response(int status, String body) {}

    private final Supplier<SocketAddress> address;
    private final String host;
    private final boolean isUnix;
    private final Supplier<Map<String, String>> headers;
    private final Duration timeout;

    /**
     * For one server.
     *
     * @param server {@code unix:/path} or {@code http://host:port}
     * @param headers tells what a request has besides; may be secret
     * @throws IllegalArgumentException if it is neither, or has more than that in it
     */
    HttpGet(URI server, Supplier<Map<String, String>> headers, Duration timeout) {
        if ("unix".equals(server.getScheme()) && server.getSchemeSpecificPart().startsWith("/")) {
            SocketAddress path =
                    UnixDomainSocketAddress.of(server.getSchemeSpecificPart().replaceFirst("^/+", "/"));
            address = () -> path;
            host = "localhost";
            isUnix = true;
        } else if (isPlain(server)) {
            address = () -> new InetSocketAddress(server.getHost(), server.getPort()); // looked up each time
            host = server.getHost() + ":" + server.getPort();
            isUnix = false;
        } else { // which may have a secret in it
            throw new IllegalArgumentException("no address of a slurmrestd: use unix:/path or http://host:port");
        }
        this.headers = headers;
        this.timeout = timeout;
    }

    private static boolean isPlain(URI server) {
        return "http".equals(server.getScheme())
                && server.getHost() != null
                && server.getPort() > 0
                && server.getRawUserInfo() == null
                && server.getRawQuery() == null
                && server.getRawFragment() == null
                && List.of("", "/").contains(server.getRawPath());
    }

    /** @throws IOException if there is no whole answer in time */
    Response get(String path, Map<String, String> more) throws IOException, InterruptedException {
        StringBuilder request =
                new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n");
        headers.get()
                .forEach((name, value) ->
                        request.append(name).append(": ").append(value).append("\r\n"));
        more.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        request.append("\r\n");
        SocketAddress to = address.get();
        if (to instanceof InetSocketAddress internet && internet.isUnresolved()) {
            throw new IOException("the host of " + host + " is not known");
        }
        CountDownLatch done = new CountDownLatch(1);
        try (SocketChannel channel = isUnix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open()) {
            Thread watchdog = new Thread(() -> closeInTime(channel, done), "logstream-slurm-timeout");
            watchdog.setDaemon(true);
            watchdog.start();
            channel.connect(to);
            ByteBuffer out = ByteBuffer.wrap(request.toString().getBytes(StandardCharsets.UTF_8));
            while (out.hasRemaining()) {
                channel.write(out);
            }
            return read(channel);
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw (InterruptedException) new InterruptedException("interrupted").initCause(e);
        } catch (AsynchronousCloseException e) {
            throw new IOException("no answer within " + timeout.toSeconds() + " s", e);
        } finally {
            done.countDown();
        }
    }

    private void closeInTime(SocketChannel channel, CountDownLatch done) {
        try {
            if (!done.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                channel.close();
            }
        } catch (IOException | InterruptedException e) {
            LOG.trace("closed", e);
        }
    }

    private static Response read(SocketChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        int bodyAt = -1;
        String head = "";
        while (channel.read(buffer) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
            if (all.size() > MAX_BYTES) {
                throw new IOException("an answer of more than " + MAX_BYTES + " bytes");
            }
            if (bodyAt < 0) {
                String begun = all.toString(StandardCharsets.ISO_8859_1);
                bodyAt = begun.indexOf("\r\n\r\n") + 4;
                head = begun.substring(0, Math.max(0, bodyAt - 4));
                bodyAt = bodyAt < 4 ? -1 : bodyAt;
            }
            if (bodyAt >= 0 && all.size() - bodyAt == length(head)) {
                break;
            }
        }
        if (bodyAt < 0 || !head.matches("(?s)HTTP/1\\.[01] [1-5][0-9][0-9].*")) {
            throw new IOException("no HTTP answer: " + Text.shown(all.toString(StandardCharsets.ISO_8859_1)));
        }
        byte[] bytes = all.toByteArray();
        if (length(head) > bytes.length - bodyAt) {
            throw new IOException("the answer was cut off");
        }
        String body = new String(bytes, bodyAt, bytes.length - bodyAt, StandardCharsets.UTF_8);
        boolean isChunked = header(head, "transfer-encoding").contains("chunked");
        return new Response(Integer.parseInt(head.substring(9, 12)), isChunked ? unchunked(bytes, bodyAt) : body);
    }

    private static long length(String head) {
        String length = header(head, "content-length");
        return length.matches("\\d{1,18}") ? Long.parseLong(length) : -1;
    }

    private static String header(String head, String name) {
        return head.lines()
                .map(line -> line.toLowerCase(Locale.ROOT))
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("");
    }

    private static String unchunked(byte[] bytes, int from) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int at = from;
        while (true) {
            int end = at;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            String size = new String(bytes, at, end - at, StandardCharsets.ISO_8859_1)
                    .strip()
                    .replaceFirst(";.*", "");
            if (end == bytes.length || !size.matches("[0-9A-Fa-f]{1,7}")) {
                throw new IOException("the answer was cut off, or has a chunk without a size");
            }
            int length = Integer.parseInt(size, 16);
            if (length == 0) {
                return body.toString(StandardCharsets.UTF_8);
            }
            if (end + 1 + length > bytes.length) {
                throw new IOException("the answer was cut off");
            }
            body.write(bytes, end + 1, length);
            at = end + 1 + length + 2;
        }
    }
}
