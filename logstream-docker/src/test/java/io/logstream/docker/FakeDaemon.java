package io.logstream.docker;

import io.logstream.Channel;
import java.io.ByteArrayOutputStream;
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
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A daemon that answers as Docker does, and does wrong what a test wants. Its monitor guards everything; a thread serves each
 * connection.
 */
final class FakeDaemon implements Closeable {
    private record Event(long time, String json) {}

    private final Path directory;
    private ServerSocketChannel server;
    private final Map<SocketChannel, String> connections = new HashMap<>(); // and what is asked for there
    private final List<Event> events = new ArrayList<>();
    /** What time it is for it and its containers, in nanoseconds since 1970; goes on when something happens. */
    long clock = (Instant.now().getEpochSecond() - 2) * 1_000_000_000L + 17;
    /** How many have been told that they will be told all events from now on. */
    int listeners;

    final Map<String, FakeContainer> containers = new LinkedHashMap<>();
    final List<String> requests = new ArrayList<>();
    /** Into how many bytes at a time answers are cut; 0 for not at all. */
    int pieces;
    /** Whether the head of a log comes with its first entry only. */
    boolean lateHeads;
    /** Which requests get no answer at all. */
    Predicate<String> frozen = request -> false;
    /** Which requests fail. */
    volatile Predicate<String> failing = request -> false;
    /** How many bytes of a log are sent before the connection is cut, once; less than 0 for all. */
    volatile long cutAfter = -1;
    /** Whether a log that is not followed is read on behind its end, until this is over; not where only a line is wanted. */
    boolean lagging;
    /** Whether nothing follows the head of a log, until this is over; not where it is not followed. */
    boolean withholding;
    /** The status with which logs are refused; 0 for none. */
    volatile int refusal;
    /** Whether it says that it is podman. */
    boolean podman;
    /** The one version of the API that it speaks. */
    volatile String version = "1.41";
    /** Sent as a last frame, before an end in order. */
    String systemError = "";

    private final Set<SocketChannel> vanished = new HashSet<>();
    private int ids;
    private int forgotten; // events
    private int logEnds; // how often all logs were ended
    private boolean closed;

    FakeDaemon() throws IOException {
        directory = Files.createTempDirectory("fake-docker");
        FakeContainer old = container("old", "exited"); // it has been there for a while
        containers.clear();
        old.remove();
        clock += 2_000_000_000L;
        server = listen();
    }

    private ServerSocketChannel listen() throws IOException {
        ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        opened.bind(UnixDomainSocketAddress.of(directory.resolve("docker.sock")), 1024);
        start("fake-docker-accept", () -> accept(opened));
        return opened;
    }

    /** Is not there for new connections. */
    void refuseConnections() throws IOException {
        server.close();
        Files.delete(directory.resolve("docker.sock"));
    }

    void acceptConnections() throws IOException {
        server = listen();
    }

    /** Is there again, some seconds later, and remembers no events from before. */
    void launch() throws IOException {
        beAnother();
        acceptConnections();
    }

    /** Is another process, some seconds later. */
    synchronized void beAnother() {
        clock += 5_000_000_000L;
        forgotten += events.size();
        events.clear();
    }

    String host() {
        return "unix://" + directory.resolve("docker.sock");
    }

    synchronized FakeContainer container(String name, String status) {
        ids++;
        String id = String.format("%016x", 0x9e3779b97f4a7c15L * ids) + String.format("%048x", ids);
        FakeContainer container = new FakeContainer(this, id, name, status);
        containers.put(id, container);
        event(container, "create", "");
        return container;
    }

    synchronized void event(FakeContainer container, String action, String attributes) {
        String json = "{\"status\":\"" + action + "\",\"timeNano\":" + clock + ",\"id\":\"" + container.id
                + "\",\"Type\":\"container\",\"Action\":\"" + action + "\",\"Actor\":{\"ID\":\"" + container.id
                + "\",\"Attributes\":{" + attributes + "}}}";
        remember(json);
    }

    /** Tells an event, whatever it is. */
    synchronized void remember(String json) {
        events.add(new Event(clock, json + "\n"));
        notifyAll();
    }

    /** Whether such an answer is awaited on a connection that is open. */
    synchronized boolean isAsked(String part) {
        return connections.values().stream().anyMatch(target -> target.contains(part));
    }

    /** Cuts all connections, without a word. */
    void breakConnections() throws IOException {
        breakConnections("");
    }

    /** Cuts those on which such an answer is awaited. */
    void breakConnections(String part) throws IOException {
        List<SocketChannel> all;
        synchronized (this) {
            all = connections.keySet().stream()
                    .filter(connection -> connections.get(connection).contains(part))
                    .toList();
        }
        for (SocketChannel connection : all) {
            connection.close();
        }
    }

    /** Nothing arrives any more over the connections that there are, nor does their end. */
    synchronized void vanish() {
        vanished.addAll(connections.keySet());
    }

    private synchronized boolean isVanished(SocketChannel connection) {
        return vanished.contains(connection);
    }

    /** Says of all logs that they are over, while their containers run on. */
    synchronized void endLogs() {
        logEnds++;
        notifyAll();
    }

    /** How many wait for such an answer, or have not taken it yet. */
    synchronized long open(String part) {
        return connections.values().stream()
                .filter(request -> request.contains(part))
                .count();
    }

    synchronized long requests(String part) {
        return requests.stream().filter(request -> request.contains(part)).count();
    }

    private void accept(ServerSocketChannel from) {
        try {
            while (true) {
                SocketChannel connection = from.accept();
                synchronized (this) {
                    connections.put(connection, "");
                }
                start("fake-docker-serve", () -> serve(connection));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            ByteBuffer head = ByteBuffer.allocate(64 * 1024);
            String text = "";
            while (!text.contains("\r\n\r\n")) {
                if (connection.read(head) < 0) {
                    return;
                }
                text = new String(head.array(), 0, head.position(), StandardCharsets.US_ASCII);
            }
            String target = URLDecoder.decode(text.split(" ")[1], StandardCharsets.UTF_8);
            synchronized (this) {
                connections.put(connection, target);
            }
            answer(connection, target);
            while (connection.read(head.clear()) >= 0) {
                // who has asked closes it
            }
        } catch (IOException | InterruptedException e) {
            // the client is gone
        } finally {
            synchronized (this) {
                connections.remove(connection);
                notifyAll();
            }
        }
    }

    private void answer(SocketChannel to, String target) throws IOException, InterruptedException {
        synchronized (this) {
            requests.add(target);
            while (frozen.test(target) && to.isOpen() && !closed) {
                wait(50);
            }
        }
        if (failing.test(target)) {
            json(to, 500, "{\"message\":\"the daemon is in trouble\"}");
            return;
        }
        String path = target.replaceFirst("^/v[0-9.]+", "").replaceFirst("\\?.*", "");
        String[] parts = path.split("/");
        if (path.equals("/_ping")) {
            send(
                    to,
                    head("Api-Version: " + version + (podman ? "\r\nLibpod-Api-Version: 4.3.1" : "")
                                    + "\r\nContent-Length: 2")
                            + "OK");
        } else if (!target.startsWith("/v" + version + "/")) {
            json(to, 400, "{\"message\":\"client version is too old\"}");
        } else if (path.equals("/events")) {
            events(to, query(target));
        } else if (path.equals("/containers/json")) {
            json(to, 200, list(target));
        } else if (parts.length == 4 && parts[1].equals("containers")) {
            FakeContainer container = find(parts[2]);
            if (container == null) {
                json(to, 404, "{\"message\":\"No such container: " + parts[2] + "\"}");
            } else if (parts[3].equals("json")) {
                json(to, 200, container.json());
            } else if (refusal != 0) {
                json(to, refusal, "{\"message\":\"can not get logs from container which is dead\"}");
            } else {
                logs(to, container, query(target));
            }
        } else {
            json(to, 404, "{\"message\":\"page not found\"}");
        }
    }

    private synchronized FakeContainer find(String reference) {
        return containers.values().stream()
                .filter(container -> container.name.equals(reference) || container.id.startsWith(reference))
                .findFirst()
                .orElse(null);
    }

    private synchronized String list(String target) {
        List<String> all = new ArrayList<>();
        for (FakeContainer container : containers.values()) {
            if (target.contains("all=1") || container.isRunning()) {
                all.add("{\"Id\":\"" + container.id + "\",\"Names\":[\"/" + container.name
                        + "\"],\"Image\":\"bb:1\",\"Created\":" + container.created / 1_000_000_000L + ",\"State\":\""
                        + container.status + "\",\"Labels\":{}}");
            }
        }
        return "[" + String.join(",", all) + "]";
    }

    private static Map<String, String> query(String target) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : target.replaceFirst("^[^?]*\\?", "").split("&")) {
            query.put(pair.split("=")[0], pair.substring(pair.indexOf('=') + 1));
        }
        return query;
    }

    private void json(SocketChannel to, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        send(
                to,
                head("Content-Type: application/json\r\nContent-Length: " + bytes.length)
                                .replace(" 200 OK", " " + status + " X")
                        + body);
    }

    /** With the daemon's time, in whole seconds. */
    private synchronized String head(String headers) {
        return "HTTP/1.1 200 OK\r\nDate: "
                + DateTimeFormatter.RFC_1123_DATE_TIME.format(
                        Instant.ofEpochSecond(clock / 1_000_000_000L).atOffset(ZoneOffset.UTC))
                + "\r\n" + headers + "\r\n\r\n";
    }

    private void events(SocketChannel to, Map<String, String> query) throws IOException, InterruptedException {
        List<Event> batch = new ArrayList<>();
        int next;
        synchronized (this) {
            next = forgotten + events.size();
            if (query.containsKey("since")) {
                long since = since(query.get("since"));
                events.stream().filter(event -> event.time() >= since).forEach(batch::add);
            }
            listeners++;
        }
        send(to, head("Transfer-Encoding: chunked"));
        while (to.isOpen()) {
            for (Event event : batch) {
                chunk(to, event.json().getBytes(StandardCharsets.UTF_8));
            }
            if (query.containsKey("until")) {
                send(to, "0\r\n\r\n");
                return;
            }
            synchronized (this) {
                while (next >= forgotten + events.size()) {
                    wait(1000);
                    if (!to.isOpen() || closed) {
                        return;
                    }
                }
                batch = List.copyOf(events.subList(Math.max(0, next - forgotten), events.size()));
                next = forgotten + events.size();
            }
        }
    }

    // ---- logs

    private void logs(SocketChannel to, FakeContainer container, Map<String, String> query)
            throws IOException, InterruptedException {
        if (container.driver.equals("none")) {
            json(to, 501, "{\"message\":\"configured logging driver does not support reading\"}");
            return;
        }
        Predicate<FakeContainer.Entry> wanted =
                entry -> query.get("stdout").equals("1") && entry.channel() == Channel.STDOUT.ordinal()
                        || query.get("stderr").equals("1") && entry.channel() == Channel.STDERR.ordinal();
        String head = head("Transfer-Encoding: chunked");
        if (!lateHeads) {
            send(to, head);
        }
        boolean headSent = !lateHeads;
        synchronized (this) {
            while (withholding && "1".equals(query.get("follow")) && to.isOpen() && !closed) {
                wait(50);
            }
        }
        int next;
        int generation;
        long run;
        int ends;
        List<FakeContainer.Entry> batch;
        synchronized (this) {
            run = container.started;
            ends = logEnds;
            generation = container.generation;
            batch = history(container.entries, query, wanted);
            next = container.entries.size();
        }
        boolean follow = query.get("follow").equals("1");
        long sent = 0;
        while (true) {
            for (FakeContainer.Entry entry : batch) {
                if (!headSent) {
                    send(to, head);
                    headSent = true;
                }
                byte[] wire = container.wire(entry);
                byte[] chunk = chunked(wire);
                if (cutAfter >= 0 && sent + chunk.length > cutAfter) {
                    send(to, chunk, (int) (cutAfter - sent));
                    cutAfter = -1;
                    to.close();
                    return;
                }
                chunk(to, wire);
                sent += chunk.length;
            }
            synchronized (this) {
                boolean over = !follow || !container.isRunning() || container.started != run || ends != logEnds;
                boolean lags = lagging && !follow && !"1".equals(query.get("tail"));
                if (container.deaf && follow || lags && container.entries.size() == next) {
                    batch = List.of(); // it was sent
                    wait(1000);
                    if (!to.isOpen() || closed) {
                        return;
                    }
                    continue;
                }
                if (generation != container.generation) {
                    generation = container.generation;
                    next = 0;
                }
                batch = container.entries.subList(next, container.entries.size()).stream()
                        .filter(wanted.and(entry -> !entry.leftOut()))
                        .toList();
                next = container.entries.size();
                if (batch.isEmpty() && over) {
                    break;
                } else if (batch.isEmpty()) {
                    wait(1000);
                }
                if (!to.isOpen() || closed) {
                    return;
                }
            }
        }
        if (!headSent) {
            send(to, head);
        }
        if (!systemError.isEmpty()) {
            byte[] text = systemError.getBytes(StandardCharsets.UTF_8);
            chunk(
                    to,
                    ByteBuffer.allocate(8 + text.length)
                            .put((byte) 3)
                            .putInt(4, text.length)
                            .position(8)
                            .put(text)
                            .array());
        }
        send(to, "0\r\n\r\n");
    }

    private static List<FakeContainer.Entry> history(
            List<FakeContainer.Entry> all, Map<String, String> query, Predicate<FakeContainer.Entry> wanted) {
        String tail = query.getOrDefault("tail", "all");
        int from = tail.equals("all") ? 0 : Math.max(0, all.size() - Integer.parseInt(tail));
        long since = since(query.getOrDefault("since", "0"));
        return all.subList(from, all.size()).stream()
                .filter(wanted)
                .filter(entry -> entry.time() >= since)
                .toList();
    }

    private static long since(String text) {
        String[] parts = text.split("\\.");
        return Long.parseLong(parts[0]) * 1_000_000_000L + (parts.length > 1 ? Long.parseLong(parts[1]) : 0);
    }

    private static byte[] chunked(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(bytes);
        out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private void chunk(SocketChannel to, byte[] bytes) throws IOException {
        byte[] chunk = chunked(bytes);
        send(to, chunk, chunk.length);
    }

    private void send(SocketChannel to, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        send(to, bytes, bytes.length);
    }

    private void send(SocketChannel to, byte[] bytes, int length) throws IOException {
        for (int from = 0; from < length && !isVanished(to); ) {
            int to1 = pieces == 0 ? length : Math.min(length, from + pieces);
            ByteBuffer piece = ByteBuffer.wrap(bytes, from, to1 - from);
            while (piece.hasRemaining()) {
                to.write(piece);
            }
            from = to1;
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, "tck-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        server.close();
        breakConnections();
        Files.deleteIfExists(directory.resolve("docker.sock"));
        Files.deleteIfExists(directory);
    }
}
