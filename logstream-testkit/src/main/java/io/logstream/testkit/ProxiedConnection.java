package io.logstream.testkit;

import io.logstream.testkit.FaultProxy.Direction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One connection of a {@link FaultProxy}: a thread for each direction copies bytes and applies the fault on the way. */
final class ProxiedConnection {
    private static final int BUFFER_BYTES = 16 << 10;

    private final SocketChannel client;
    private final SocketChannel server;
    private final Consumer<ProxiedConnection> whenDone;
    private final AtomicInteger running = new AtomicInteger(2);
    private final Map<Direction, Fault> faults = new EnumMap<>(Direction.class);
    private boolean cut;

    ProxiedConnection(SocketChannel client, SocketChannel server, Consumer<ProxiedConnection> whenDone) {
        this.client = client;
        this.server = server;
        this.whenDone = whenDone;
    }

    static void start(String name, Runnable task) {
        Thread thread = new Thread(task, "tck-proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    void start(AtomicLong toClient, AtomicLong toServer) {
        start("to-client", () -> copy(Direction.TO_CLIENT, server, client, toClient));
        start("to-server", () -> copy(Direction.TO_SERVER, client, server, toServer));
    }

    synchronized void fault(Direction direction, Fault fault) {
        faults.put(direction, fault);
        notifyAll();
    }

    private synchronized Fault fault(Direction direction) {
        return faults.getOrDefault(direction, Fault.none());
    }

    private void copy(Direction direction, SocketChannel from, SocketChannel to, AtomicLong counter) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        long passed = 0;
        try {
            while (read(direction, from, buffer.clear(), passed) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    passed += pass(direction, passed, buffer, to, counter);
                }
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // an end that was cut or has gone: the other direction ends too
            close();
        } finally {
            if (running.decrementAndGet() == 0 || isCut()) {
                close();
            }
        }
    }

    /** Reads on. What a stalled connection does not let pass is its end, too. */
    private int read(Direction direction, SocketChannel from, ByteBuffer buffer, long passed) throws IOException {
        try {
            int length = from.read(buffer);
            if (length < 0) {
                awaitEndOfStall(direction, passed);
            }
            return length;
        } catch (IOException e) {
            awaitEndOfStall(direction, passed);
            throw e;
        }
    }

    private void awaitEndOfStall(Direction direction, long passed) throws IOException {
        while (!isCut() && fault(direction) instanceof Fault.Stall stall && passed >= stall.bytes()) {
            awaitChange(direction, stall, null);
        }
    }

    /** Lets some bytes pass, as the fault wants it, and says how many; after a cut they go nowhere. */
    private int pass(Direction direction, long passed, ByteBuffer buffer, SocketChannel to, AtomicLong counter)
            throws IOException {
        Fault fault = fault(direction);
        long most = buffer.remaining();
        if (isCut()) {
            buffer.position(buffer.limit());
            return 0;
        } else if (fault instanceof Fault.Cut cutFault) {
            most = Math.min(most, cutFault.bytes() - passed);
        } else if (fault instanceof Fault.Stall stall) {
            most = Math.min(most, stall.bytes() - passed);
        } else if (fault instanceof Fault.Trickle trickle) {
            most = Math.min(most, trickle.bytes());
        } else if (fault instanceof Fault.Garble garble) {
            long at = garble.offset() - passed;
            if (at >= 0 && at < most) {
                int index = buffer.position() + (int) at;
                buffer.put(index, (byte) ~buffer.get(index));
                most = at + 1;
            }
        }
        int length = (int) Math.max(0, most);
        counter.addAndGet(length); // before they arrive: who has read bytes finds them counted
        try {
            write(buffer, length, to);
        } catch (IOException e) {
            if (!isCut()) {
                throw e;
            }
            // the cut came in between: closing now would make a reset of an orderly end
            buffer.position(buffer.limit());
            return length;
        }
        if (fault instanceof Fault.Cut cutFault && passed + length >= cutFault.bytes()) {
            cut(cutFault.reset());
        } else if (fault instanceof Fault.Stall stall && passed + length >= stall.bytes()) {
            awaitChange(direction, fault, null);
        } else if (fault instanceof Fault.Trickle trickle) {
            awaitChange(direction, fault, trickle.pause());
        }
        return length;
    }

    private static void write(ByteBuffer buffer, int length, SocketChannel to) throws IOException {
        int limit = buffer.limit();
        buffer.limit(buffer.position() + length);
        while (buffer.hasRemaining()) {
            to.write(buffer);
        }
        buffer.limit(limit);
    }

    /** Waits until there is another fault or the connection is cut, or some time is over. */
    private synchronized void awaitChange(Direction direction, Fault fault, @Nullable Duration atMost)
            throws IOException {
        long deadline = atMost == null ? Long.MAX_VALUE : System.nanoTime() + atMost.toNanos();
        while (!cut && fault(direction) == fault) {
            long left = atMost == null ? Long.MAX_VALUE : deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                throw new IOException("the proxy's thread was interrupted", e);
            }
        }
    }

    private synchronized boolean isCut() {
        return cut;
    }

    /** Ends the connection for both ends. What they still send goes nowhere. */
    void cut(boolean reset) {
        synchronized (this) {
            if (cut) {
                return;
            }
            cut = true;
            notifyAll();
        }
        try {
            if (reset) {
                reset(client);
                reset(server);
            } else {
                client.shutdownOutput();
                server.shutdownOutput();
            }
        } catch (IOException e) {
            // one end has gone already
            close();
        }
    }

    private static void reset(SocketChannel channel) throws IOException {
        if (!(channel.getLocalAddress() instanceof UnixDomainSocketAddress)) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        channel.close();
    }

    void close() {
        synchronized (this) {
            cut = true;
            notifyAll();
        }
        try (client;
                server) {
            whenDone.accept(this);
        } catch (IOException e) {
            throw new UncheckedIOException("a socket can't be closed", e);
        }
    }
}
