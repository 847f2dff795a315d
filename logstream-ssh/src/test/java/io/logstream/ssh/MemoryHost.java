package io.logstream.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A host in memory with one directory, {@code /}, and an SFTP server over it. A file keeps its content wherever its name goes,
 * and knows when it was last written in whole seconds of the given clock. What happens between two requests is the test's:
 * {@link #before} is run before each one. Threadsafe.
 */
final class MemoryHost implements Dialer {
    static final int OPEN = 3;
    static final int READ = 5;
    static final int STAT = 17;
    static final int READDIR = 12;

    private static final String BARRIER = "/barrier";
    private static final int REGULAR = 0100644;
    private static final int DIRECTORY = 0040755;

    /** What a name leads to. */
    static final class Node {
        private byte[] content = new byte[0];
        private long modified;
        private boolean readable = true;
        private boolean broken;

        private Node(long modified) {
            this.modified = modified;
        }
    }

    private final LongSupplier clock;
    private final Map<String, Node> names = new TreeMap<>();
    private final Map<String, Node> stale = new HashMap<>();
    private final List<Running> commands = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();
    private IntConsumer before = type -> {};
    private boolean held;
    private @Nullable Integer keptBack;

    MemoryHost(LongSupplier clock) {
        this.clock = clock;
    }

    static SshConnection connection(MemoryHost host) {
        return new SshConnection(
                "memory",
                host,
                SshConnection.builder("memory").connectTimeout(Duration.ofSeconds(20)),
                SshConnection::startThread);
    }

    /** Run before each request is answered, with its type; not within what it does itself. */
    synchronized void before(IntConsumer action) {
        before = action;
    }

    /** Keeps back the answers to requests of a type until others are asked for; null gives them. */
    synchronized void keepBack(@Nullable Integer type) {
        keptBack = type;
        if (type == null) {
            sessions.forEach(Session::giveKept);
        }
    }

    /** Gives the oldest answer that was kept back. */
    synchronized void giveOldestKept() {
        sessions.forEach(Session::giveOldestKept);
    }

    /** Whether requests wait, so that no answer comes in the middle of something. */
    synchronized void hold(boolean hold) {
        held = hold;
        notifyAll();
    }

    // ---- what programs on the host do

    private long now() {
        return clock.getAsLong() / 1_000_000_000L;
    }

    synchronized Node write(String name, String text) {
        Node node = names.computeIfAbsent(name, any -> new Node(now()));
        write(node, text);
        return node;
    }

    /** Writes to an open file, whatever its name is now. */
    synchronized void write(Node node, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        int length = node.content.length;
        node.content = Arrays.copyOf(node.content, length + bytes.length);
        System.arraycopy(bytes, 0, node.content, length, bytes.length);
        node.modified = now();
    }

    /** Puts another file at a name that says it was written last when the one before was. */
    synchronized void replaceWithItsTime(String name, String text) {
        Node old = names.remove(name);
        Node node = write(name, text);
        if (old != null) {
            node.modified = old.modified;
        }
    }

    synchronized Node create(String name) {
        Node node = new Node(now());
        names.put(name, node);
        return node;
    }

    synchronized void rename(String from, String to) {
        Node node = names.remove(from);
        if (node != null) {
            names.put(to, node);
        }
    }

    synchronized void delete(String name) {
        names.remove(name);
    }

    synchronized void copy(String from, String to) {
        Node node = names.get(from);
        if (node != null) {
            Node copy = create(to);
            copy.content = node.content.clone();
        }
    }

    synchronized void truncate(String name) {
        Node node = names.get(name);
        if (node != null) {
            node.content = new byte[0];
            node.modified = now();
        }
    }

    /** Puts something else in its place that keeps its time, as programs that compress do. */
    synchronized void compress(String name) {
        Node node = names.remove(name);
        if (node != null) {
            Node packed = create(name + ".gz");
            packed.content = ("\037\213" + node.content.length).getBytes(UTF_8);
            packed.modified = node.modified;
        }
    }

    synchronized void makeUnreadable(String name) {
        Node node = names.get(name);
        if (node != null) {
            node.readable = false;
        }
    }

    /** From now on reading it is an error. */
    synchronized void breakDisk(Node node) {
        node.broken = true;
    }

    synchronized boolean exists(String name) {
        return names.containsKey(name);
    }

    synchronized int size(String name) {
        Node node = names.get(name);
        return node == null ? 0 : node.content.length;
    }

    synchronized List<String> names() {
        return List.copyOf(names.keySet());
    }

    // ---- its server

    @Override
    public synchronized Link dial() {
        Session session = new Session();
        sessions.add(session);
        return session;
    }

    synchronized void breakConnections() {
        sessions.forEach(Session::close);
        sessions.clear();
    }

    /** How many files and directories are open for those who are connected. */
    synchronized int openHandles() {
        return sessions.stream().mapToInt(session -> session.handles.size()).sum();
    }

    private synchronized void awaitRelease() throws IOException {
        try {
            while (held) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    /** Waits until all that was asked before is answered, and the answers have been taken. */
    static void awaitAnswers(Sftp sftp) throws Exception {
        CompletableFuture<Attributes> last = sftp.stat(BARRIER);
        try {
            last.get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            // the connection is broken: all has been answered
        }
    }

    /** Whether paths look as they do now, whatever is written: as on a server that knows sizes late. */
    synchronized void staleSizes(boolean isStale) {
        stale.clear();
        if (isStale) {
            names.forEach((name, node) -> {
                Node old = new Node(node.modified);
                old.content = node.content.clone();
                stale.put(name, old);
            });
        }
    }

    /** A command that runs until its channel is closed; it does what the test does with its sink. */
    record Running(String line, ByteArrayOutputStream input, Exec.Sink sink) {}

    /** The commands that run, the oldest first. */
    synchronized List<Running> commands() {
        return List.copyOf(commands);
    }

    /** A command ends by itself. */
    void end(Running command, int status) {
        synchronized (this) {
            commands.remove(command);
        }
        command.sink.ended(status, null);
    }

    /** One connection. */
    private final class Session extends OutputStream implements Link {
        private final Map<Integer, Node> handles = new HashMap<>();
        private final Map<Integer, Deque<String>> listings = new HashMap<>();
        private final ByteArrayOutputStream incoming = new ByteArrayOutputStream();
        private final Deque<ByteBuffer> answers = new ArrayDeque<>();
        private final Deque<ByteBuffer> kept = new ArrayDeque<>();
        private int nextHandle;
        private boolean closed;

        @Override
        public InputStream in() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] bytes, int from, int length) throws IOException {
                    return take(bytes, from, length);
                }
            };
        }

        private int take(byte[] bytes, int from, int length) throws IOException {
            synchronized (answers) {
                while (answers.isEmpty() && !closed) {
                    try {
                        answers.wait();
                    } catch (InterruptedException e) {
                        throw new IOException("interrupted", e);
                    }
                }
                ByteBuffer first = answers.peek();
                if (first == null) {
                    return -1;
                }
                int some = Math.min(length, first.remaining());
                first.get(bytes, from, some);
                if (!first.hasRemaining()) {
                    answers.remove();
                }
                return some;
            }
        }

        @Override
        public Exec exec(String line, Exec.Sink sink) {
            Running fresh = new Running(line, new ByteArrayOutputStream(), sink);
            synchronized (MemoryHost.this) {
                commands.add(fresh);
            }
            return new Exec() {
                @Override
                public OutputStream in() {
                    return fresh.input;
                }

                @Override
                public void close() {
                    synchronized (MemoryHost.this) {
                        commands.remove(fresh);
                    }
                    sink.ended(-1, new IOException("closed"));
                }
            };
        }

        @Override
        public OutputStream out() {
            return this;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            incoming.write(bytes, from, length);
            ByteBuffer all = ByteBuffer.wrap(incoming.toByteArray());
            while (all.remaining() >= 4 && all.remaining() - 4 >= all.getInt(all.position())) {
                ByteBuffer packet = all.slice(all.position() + 4, all.getInt(all.position()));
                all.position(all.position() + 4 + packet.remaining());
                answer(packet);
            }
            incoming.reset();
            incoming.write(all.array(), all.position(), all.remaining());
        }

        private void answer(ByteBuffer packet) throws IOException {
            int type = packet.get();
            int id = packet.getInt();
            synchronized (MemoryHost.this) {
                awaitRelease();
                boolean barrier = type == STAT && string(packet.duplicate()).equals(BARRIER);
                if (type != 1 && type != 4 && !barrier) {
                    before.accept(type);
                }
                if (closed) {
                    throw new IOException("broken");
                }
                ByteBuffer answer = ByteBuffer.allocate(64 * 1024);
                answer.position(4);
                reply(type, id, packet, answer);
                answer.flip();
                answer.putInt(0, answer.limit() - 4);
                boolean keep = !barrier && keptBack != null && keptBack == type;
                give(answer, keep ? kept : answers);
            }
        }

        private void give(ByteBuffer answer, Deque<ByteBuffer> to) {
            synchronized (answers) {
                to.add(answer);
                answers.notifyAll();
            }
        }

        private void giveOldestKept() {
            ByteBuffer oldest = kept.poll();
            if (oldest != null) {
                give(oldest, answers);
            }
        }

        private void giveKept() {
            kept.forEach(answer -> give(answer, answers));
            kept.clear();
        }

        private void reply(int type, int id, ByteBuffer packet, ByteBuffer answer) {
            switch (type) {
                case 1 -> answer.put((byte) 2).putInt(3);
                case OPEN -> {
                    Node node = names.get(string(packet));
                    if (node == null || !node.readable) {
                        status(answer, id, node == null ? SftpStatus.NO_SUCH_FILE : SftpStatus.PERMISSION_DENIED);
                    } else {
                        handles.put(++nextHandle, node);
                        handle(answer, id);
                    }
                }
                case 4 -> {
                    int handle = handle(packet);
                    handles.remove(handle);
                    listings.remove(handle);
                    status(answer, id, SftpStatus.OK);
                }
                case READ -> {
                    Node node = handles.get(handle(packet));
                    long offset = packet.getLong();
                    int length = packet.getInt();
                    if (node == null || node.broken) {
                        status(answer, id, 4);
                    } else if (offset >= node.content.length) {
                        status(answer, id, SftpStatus.EOF);
                    } else {
                        int some = (int) Math.min(length, node.content.length - offset);
                        answer.put((byte) 103).putInt(id).putInt(some).put(node.content, (int) offset, some);
                    }
                }
                case 8 -> attributes(answer, id, handles.get(handle(packet)));
                case STAT -> {
                    String path = string(packet);
                    if (path.equals("/") || path.equals(BARRIER)) {
                        put(answer.put((byte) 105).putInt(id), 0, DIRECTORY, now());
                    } else {
                        attributes(answer, id, stale.containsKey(path) ? stale.get(path) : names.get(path));
                    }
                }
                case 11 -> {
                    listings.put(++nextHandle, new ArrayDeque<>(names.keySet()));
                    handle(answer, id);
                }
                case READDIR -> list(packet, answer, id);
                default -> status(answer, id, 8);
            }
        }

        /** As OpenSSH's server does: names first, and what each of them is when it is told. */
        private void list(ByteBuffer packet, ByteBuffer answer, int id) {
            Deque<String> left = listings.getOrDefault(handle(packet), new ArrayDeque<>());
            List<String> some = new ArrayList<>();
            while (!left.isEmpty() && some.size() < 100) {
                String name = left.remove();
                if (names.containsKey(name)) {
                    some.add(name);
                }
            }
            if (some.isEmpty()) {
                status(answer, id, SftpStatus.EOF);
                return;
            }
            answer.put((byte) 104).putInt(id).putInt(some.size());
            for (String name : some) {
                byte[] bytes = name.substring(1).getBytes(UTF_8);
                answer.putInt(bytes.length).put(bytes).putInt(bytes.length).put(bytes);
                Node node = names.get(name);
                if (node != null) {
                    put(answer, node.content.length, REGULAR, node.modified);
                }
            }
        }

        private void handle(ByteBuffer answer, int id) {
            answer.put((byte) 102).putInt(id).putInt(4).putInt(nextHandle);
        }

        private void status(ByteBuffer answer, int id, int code) {
            answer.put((byte) 101).putInt(id).putInt(code).putInt(0).putInt(0);
        }

        private void attributes(ByteBuffer answer, int id, @Nullable Node node) {
            if (node == null) {
                status(answer, id, SftpStatus.NO_SUCH_FILE);
            } else {
                put(answer.put((byte) 105).putInt(id), node.content.length, REGULAR, node.modified);
            }
        }

        private static void put(ByteBuffer answer, long size, int permissions, long modified) {
            answer.putInt(1 | 4 | 8).putLong(size).putInt(permissions).putInt(0).putInt((int) modified);
        }

        private static String string(ByteBuffer packet) {
            byte[] bytes = new byte[packet.getInt()];
            packet.get(bytes);
            return new String(bytes, UTF_8);
        }

        private static int handle(ByteBuffer packet) {
            packet.getInt();
            return packet.getInt();
        }

        @Override
        public Exception whyEnded(boolean begun, IOException cause) {
            return new IOException("the connection was lost", cause);
        }

        @Override
        public void close() {
            synchronized (answers) {
                closed = true;
                answers.notifyAll();
            }
        }
    }
}
