package io.logstream.slurm;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A site's HTTP server of one job's output, which does what a test lets it do. */
final class Gateway implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
    private static final Pattern QUERY = Pattern.compile("offset=(\\d+)(?:&length=(\\d+))?");

    static {
        // Or else each answer that has a body waits 40 ms for the acknowledgement of its headers.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tck-gateway"); // which no source has left behind
        thread.setDaemon(true);
        return thread;
    });
    private ByteArrayOutputStream log = new ByteArrayOutputStream();
    final List<String> asked = new ArrayList<>();
    boolean hasRanges = true;
    boolean isMissing;
    boolean isComplete;
    int status;
    int drops;
    /** What the log is in the next answer alone, or null. */
    byte @Nullable [] once;

    String token = "";
    /** The most bytes of one answer, whatever was asked for. */
    int most = Integer.MAX_VALUE;
    /** What the log is said to be sent as. */
    String encoding = "";
    /** Where to look instead. */
    String location = "";

    Gateway() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String template() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/jobs/{job_id}/stdout";
    }

    synchronized void append(byte[] bytes) {
        log.writeBytes(bytes);
    }

    synchronized void replace(byte[] bytes) {
        log = new ByteArrayOutputStream();
        log.writeBytes(bytes);
    }

    synchronized void with(Runnable change) {
        change.run();
    }

    synchronized boolean hasOnce() {
        return once != null;
    }

    synchronized List<String> asked() {
        return List.copyOf(asked);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            int code;
            byte[] body = new byte[0];
            synchronized (this) {
                asked.add(exchange.getRequestURI() + " "
                        + exchange.getRequestHeaders().getFirst("Range"));
                if (drops > 0) {
                    drops--;
                    return;
                }
                byte[] all = once == null ? log.toByteArray() : once;
                once = null;
                Matcher range = RANGE.matcher(
                        String.valueOf(exchange.getRequestHeaders().getFirst("Range")));
                Matcher query =
                        QUERY.matcher(String.valueOf(exchange.getRequestURI().getQuery()));
                if (isComplete) {
                    exchange.getResponseHeaders().set("X-Job-Complete", "true");
                }
                if (!token.isEmpty()
                        && !token.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    code = 401;
                } else if (status != 0) {
                    code = status;
                    if (!location.isEmpty()) {
                        exchange.getResponseHeaders().set("Location", location);
                    }
                } else if (isMissing) {
                    code = 404;
                } else if (query.matches()) {
                    code = 200;
                    body = part(all, query);
                } else if (hasRanges && range.matches() && Integer.parseInt(range.group(1)) >= all.length) {
                    code = 416;
                    exchange.getResponseHeaders().set("Content-Range", "bytes */" + all.length);
                } else if (hasRanges && range.matches()) {
                    code = 206;
                    int from = Integer.parseInt(range.group(1));
                    int to = Math.min(
                            (int) Math.min(all.length, (long) from + most) - 1, Integer.parseInt(range.group(2)));
                    body = Arrays.copyOfRange(all, from, to + 1);
                    exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + to + "/" + all.length);
                } else {
                    code = 200;
                    body = all;
                }
            }
            if (!encoding.isEmpty()) {
                exchange.getResponseHeaders().set("Content-Encoding", encoding);
            }
            exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private byte[] part(byte[] all, Matcher query) {
        int from = Math.min(all.length, Integer.parseInt(query.group(1)));
        int asked = query.group(2) == null ? all.length : Integer.parseInt(query.group(2));
        return Arrays.copyOfRange(all, from, (int) Math.min(all.length, from + (long) Math.min(asked, most)));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
