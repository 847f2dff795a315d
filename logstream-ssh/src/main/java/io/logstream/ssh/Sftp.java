package io.logstream.ssh;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of one SFTP server, version 3, which only reads (draft-ietf-secsh-filexfer-02). No request waits: each gives a
 * future, which the thread that reads completes, so what hangs on it must be short.
 *
 * <pre>
 *   length(4)  type(1)  id(4)  what belongs to the type
 * </pre>
 *
 * <p>Any answer that breaks the protocol ends the whole connection, since nothing after it can be trusted: a length beyond
 * 256 KiB, an id that was not asked for, more data than were wanted. Threadsafe; takes two threads.
 */
final class Sftp implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Sftp.class);

    /** The most bytes of a packet: what OpenSSH's server takes and sends, and its header. */
    static final int MAX_PACKET = 256 * 1024 + 1024;
    /** What the protocol says a handle has at most. */
    private static final int MAX_HANDLE = 256;
    /** How many bytes of a file every server sends at once; many send more. */
    static final int LEAST_READ = 32 * 1024;

    private static final int MOST_READ = 255 * 1024;
    /**
     * How many bytes all followers together may have asked for and not handed over, apart from small reads: of those a follower has
     * one under way and one that waits to be handed over at most.
     */
    private static final int MOST_AHEAD = 8 << 20;

    /** Of OpenSSH's servers since 8.5: tells how long a read may be, in its second number. */
    private static final String LIMITS = "limits@openssh.com";

    private static final int INIT = 1;
    private static final int VERSION = 2;
    private static final int OPEN = 3;
    private static final int CLOSE = 4;
    private static final int READ = 5;
    private static final int FSTAT = 8;
    private static final int OPENDIR = 11;
    private static final int READDIR = 12;
    private static final int REALPATH = 16;
    private static final int STAT = 17;
    private static final int EXTENDED = 200;
    private static final int EXTENDED_REPLY = 201;
    private static final int HANDLE = 102;
    private static final int DATA = 103;
    private static final int NAME = 104;
    private static final int ATTRS = 105;

    private static final int OUR_VERSION = 3;
    private static final int FOR_READING = 1;

    /** What the server calls an open file or directory. */
    static final class Handle {
        private final byte[] bytes;

        Handle(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    /** One entry of a directory. */
    record Name(String name, Attributes attributes) {}

    private final Link link;
    private final Commands commands;
    private final Listings listings = new Listings();
    private final Searches searches = new Searches();
    private final String name;
    private final Map<Integer, SftpRequest<?>> requests = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger ahead = new AtomicInteger();
    private final LinkedBlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
    private volatile int longestRead = LEAST_READ;
    private final CompletableFuture<Sftp> ready = new CompletableFuture<>();
    private volatile @Nullable Exception failure;
    private volatile @Nullable Silence silence;
    private @Nullable Future<?> watch;

    /**
     * Begins to talk over a link, which is closed with this.
     *
     * @param starting runs what starts a command, and may wait for it
     */
    Sftp(Link link, String name, Executor starting) {
        this.link = link;
        this.commands = new Commands(link, starting);
        this.name = name;
        outgoing.add(ByteBuffer.allocate(9)
                .putInt(5)
                .put((byte) INIT)
                .putInt(OUR_VERSION)
                .array());
        boolean started = false;
        try {
            thread("in", this::receive);
            thread("out", this::transmit);
            started = true;
        } finally {
            if (!started) {
                close();
            }
        }
    }

    private void thread(String which, Runnable task) {
        Thread thread = new Thread(task, "logstream-ssh-" + name + "-" + which);
        thread.setDaemon(true);
        thread.start();
    }

    /** Complete when the server has answered for the first time. Fails with what {@link Link#whyEnded} says. */
    CompletableFuture<Sftp> ready() {
        return ready;
    }

    /** What runs over the same connection. */
    Commands commands() {
        return commands;
    }

    /** The directories that are listed over it. */
    Listings listings() {
        return listings;
    }

    /** What is searched over it. */
    Searches searches() {
        return searches;
    }

    boolean isOpen() {
        return failure == null;
    }

    /** From now on a server that is silent is asked whether it is still there, and given up if nothing comes. */
    synchronized void keepAlive(Duration interval, int count) {
        if (failure == null && watch == null) {
            Silence measured = new Silence(interval, count, System.nanoTime());
            silence = measured;
            watch = Watch.every(measured.pace(), () -> look(measured));
        }
    }

    private void look(Silence measured) {
        switch (measured.look(System.nanoTime(), !requests.isEmpty())) {
            case FINE -> {}
            case ASK -> {
                // touches no file system that could hang
                CompletableFuture<List<Name>> unused = realPath("/");
            }
            case LOST ->
                fail(new IOException("nothing has come from the host for "
                        + measured.patience().toSeconds() + " s although it was asked"));
        }
    }

    // ---- requests

    CompletableFuture<Handle> open(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return ask(
                OPEN,
                string(bytes.length) + 8,
                packet -> putString(packet, bytes).putInt(FOR_READING).putInt(0),
                HANDLE,
                Sftp::handle,
                null);
    }

    /** Closes a handle; nobody waits for it. */
    void close(Handle handle) {
        CompletableFuture<Boolean> unused = ask(
                CLOSE,
                string(handle.bytes.length),
                packet -> putString(packet, handle.bytes),
                SftpRequest.STATUS,
                reply -> true,
                true);
    }

    /** Reads what is at an offset: at most so many bytes, none only at the end of the file. */
    CompletableFuture<ByteBuffer> read(Handle handle, long offset, int length) {
        return ask(
                READ,
                string(handle.bytes.length) + 12,
                packet -> putString(packet, handle.bytes).putLong(offset).putInt(length),
                DATA,
                reply -> {
                    ByteBuffer data = reply.string();
                    if (data.remaining() > length || (length > 0 && !data.hasRemaining())) {
                        throw new BrokenProtocol("the SFTP server sends " + data.remaining() + " bytes where " + length
                                + " were asked for");
                    }
                    return data;
                },
                ByteBuffer.allocate(0));
    }

    CompletableFuture<Attributes> stat(Handle handle) {
        return ask(
                FSTAT,
                string(handle.bytes.length),
                packet -> putString(packet, handle.bytes),
                ATTRS,
                Attributes::read,
                null);
    }

    CompletableFuture<Attributes> stat(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return ask(STAT, string(bytes.length), packet -> putString(packet, bytes), ATTRS, Attributes::read, null);
    }

    CompletableFuture<Handle> openDirectory(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return ask(OPENDIR, string(bytes.length), packet -> putString(packet, bytes), HANDLE, Sftp::handle, null);
    }

    /** Some more entries of a directory, none when all have been told. */
    CompletableFuture<List<Name>> readDirectory(Handle handle) {
        return ask(
                READDIR,
                string(handle.bytes.length),
                packet -> putString(packet, handle.bytes),
                NAME,
                Sftp::names,
                List.of());
    }

    private CompletableFuture<List<Name>> realPath(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return ask(REALPATH, string(bytes.length), packet -> putString(packet, bytes), NAME, Sftp::names, null);
    }

    private static Handle handle(SftpReply reply) throws IOException {
        return new Handle(reply.bytes(MAX_HANDLE));
    }

    private static List<Name> names(SftpReply reply) throws IOException {
        List<Name> names = new ArrayList<>();
        int count = reply.int32();
        if (count <= 0) {
            throw new BrokenProtocol("the SFTP server tells of " + count + " names");
        }
        for (int left = count; left > 0; left--) {
            String name = StandardCharsets.UTF_8.decode(reply.string()).toString();
            reply.skipString();
            names.add(new Name(name, Attributes.read(reply)));
        }
        return names;
    }

    /** How many bytes of a file the server sends at once. */
    int longestRead() {
        return longestRead;
    }

    /** Asks a server that can tell. What it tells is used if it makes sense. */
    private void askForLimits() {
        byte[] name = LIMITS.getBytes(StandardCharsets.UTF_8);
        CompletableFuture<Long> unused = ask(
                        EXTENDED,
                        string(name.length),
                        packet -> putString(packet, name),
                        EXTENDED_REPLY,
                        reply -> {
                            reply.int64();
                            return reply.int64();
                        },
                        null)
                .whenComplete((most, failure) -> {
                    if (failure == null && most >= LEAST_READ) {
                        longestRead = (int) Math.min(most, MOST_READ);
                    }
                });
    }

    /**
     * Whether one more read may be as long as the server allows; to be {@linkplain #giveAhead given} once it was handed over. Half
     * of them are for those who have none, so that a few whose viewers stand still do not hold all.
     *
     * @param isFirst whether who asks has none
     */
    boolean takeAhead(boolean isFirst) {
        int most = MOST_AHEAD / longestRead;
        if (ahead.incrementAndGet() <= (isFirst ? most : most / 2)) {
            return true;
        }
        ahead.decrementAndGet();
        return false;
    }

    void giveAhead() {
        ahead.decrementAndGet();
    }

    private interface Fill {
        ByteBuffer into(ByteBuffer packet);
    }

    private static int string(int length) {
        return 4 + length;
    }

    private static ByteBuffer putString(ByteBuffer packet, byte[] bytes) {
        return packet.putInt(bytes.length).put(bytes);
    }

    private <T> CompletableFuture<T> ask(
            int type, int length, Fill fill, int expected, SftpRequest.Answer<T> answer, @Nullable T atEnd) {
        int id = ids.incrementAndGet();
        ByteBuffer packet = ByteBuffer.allocate(4 + 1 + 4 + length)
                .putInt(1 + 4 + length)
                .put((byte) type)
                .putInt(id);
        fill.into(packet);
        CompletableFuture<T> future = new CompletableFuture<>();
        requests.put(id, new SftpRequest<>(expected, answer, atEnd, future));
        outgoing.add(packet.array());
        Exception failed = failure;
        if (failed != null) { // whoever failed may have passed over this one
            future.completeExceptionally(lost(failed));
        }
        return future;
    }

    // ---- the two threads

    private void transmit() {
        try (BufferedOutputStream out = new BufferedOutputStream(link.out(), 8192)) {
            while (failure == null) {
                byte[] packet = outgoing.poll();
                if (packet == null) {
                    out.flush();
                    packet = outgoing.take();
                }
                out.write(packet);
            }
        } catch (IOException e) {
            LOG.debug("{}: takes no request, and will tell why", name, e);
        } catch (InterruptedException e) {
            LOG.debug("{}: interrupted", name, e);
        }
    }

    private void receive() {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(heard(link.in()), 64 * 1024))) {
            while (true) {
                int length = in.readInt();
                if (length < 1 || length > MAX_PACKET) {
                    throw new BrokenProtocol("the SFTP server sends a packet of " + Integer.toUnsignedString(length)
                            + " bytes; is that an SFTP server, and does its shell print something?");
                }
                byte[] packet = new byte[length];
                in.readFully(packet);
                take(new SftpReply(packet));
            }
        } catch (EOFException e) {
            fail(link.whyEnded(ready.isDone(), new IOException("the connection has ended", e)));
        } catch (BrokenProtocol e) {
            fail(e);
        } catch (IOException e) {
            fail(link.whyEnded(ready.isDone(), e));
        } catch (RuntimeException | Error e) {
            fail(new IOException("the connection could not be read", e));
        }
    }

    private InputStream heard(InputStream from) {
        return new FilterInputStream(from) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int read = in.read(into, offset, length);
                Silence measured = silence;
                if (measured != null) {
                    measured.heard(System.nanoTime());
                }
                return read;
            }
        };
    }

    private void take(SftpReply reply) throws IOException {
        int type = reply.type();
        int id = reply.int32();
        if (!ready.isDone()) {
            if (type != VERSION || id < OUR_VERSION) {
                throw new BrokenProtocol("the server does not speak SFTP version 3");
            }
            ready.complete(this);
            boolean tells = false;
            while (reply.hasMore()) {
                tells |= LIMITS.contentEquals(StandardCharsets.UTF_8.decode(reply.string()));
                reply.skipString();
            }
            if (tells) {
                askForLimits();
            }
            return;
        }
        SftpRequest<?> request = requests.remove(id);
        if (request == null) {
            throw new BrokenProtocol("the SFTP server answers a question that was not asked");
        }
        try {
            request.complete(type, reply);
        } catch (IOException e) {
            request.future().completeExceptionally(lost(e));
            throw e;
        }
    }

    /** Ends the connection for this reason; the first one counts. */
    void fail(Exception why) {
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = why;
            if (watch != null) {
                watch.cancel(false);
            }
        }
        LOG.debug("{}: {}", name, why.getMessage());
        commands.beginNoMore();
        try {
            link.close(); // before the commands: as long as it is open their end may wait for room in its windows
        } finally {
            try {
                tell(why);
            } finally {
                commands.close();
            }
        }
    }

    /** Tells all who wait for an answer. */
    private void tell(Exception why) {
        outgoing.add(new byte[0]); // whoever waits there looks again
        ready.completeExceptionally(why);
        for (Integer id : List.copyOf(requests.keySet())) {
            SftpRequest<?> request = requests.remove(id);
            if (request != null) {
                request.future().completeExceptionally(lost(why));
            }
        }
    }

    private IOException lost(Exception why) {
        return new IOException(name + ": " + why.getMessage(), why);
    }

    @Override
    public void close() {
        fail(new IOException("the connection was closed"));
    }

    @Override
    public String toString() {
        return name;
    }
}
