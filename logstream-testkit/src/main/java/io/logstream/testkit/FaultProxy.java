package io.logstream.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A small proxy between a source and its server that breaks connections in the ways networks do. It listens on the
 * loopback interface or on a Unix domain socket, and connects to either.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.tcp(server)) {
 *     proxy.fault(FaultProxy.Direction.TO_CLIENT, Fault.resetAfter(1000));
 *     connect(proxy.address());
 * }
 * }</pre>
 *
 * <p>It takes two threads for each connection, daemons that end with it. Threadsafe.
 */
public final class FaultProxy implements Closeable {

    /** Which way bytes go. */
    public enum Direction {
        /** From the server to the client, which is the source under test. */
        TO_CLIENT,
        /** From the client to the server. */
        TO_SERVER
    }

    private final ServerSocketChannel listener;
    private final SocketAddress target;
    private final SocketAddress address;
    private final Map<Direction, Fault> faults = new EnumMap<>(Direction.class);
    private final Map<Direction, AtomicLong> bytes = new EnumMap<>(Direction.class);
    private final List<ProxiedConnection> connections = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();

    private FaultProxy(ServerSocketChannel listener, SocketAddress target) throws IOException {
        this.listener = listener;
        this.target = target;
        this.address = listener.getLocalAddress();
        for (Direction direction : Direction.values()) {
            faults.put(direction, Fault.none());
            bytes.put(direction, new AtomicLong());
        }
        ProxiedConnection.start("accept", this::accept);
    }

    /**
     * Listens on a free port of the loopback interface.
     *
     * @param target the server, a TCP or Unix domain address
     * @return the proxy, without a fault
     * @throws IOException if it can't listen
     */
    public static FaultProxy tcp(SocketAddress target) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return new FaultProxy(listener, target);
    }

    /**
     * Listens on a Unix domain socket.
     *
     * @param path where the socket is made; it is removed again by {@link #close()}
     * @param target the server, a TCP or Unix domain address
     * @return the proxy, without a fault
     * @throws IOException if it can't listen
     */
    public static FaultProxy unix(Path path, SocketAddress target) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(path));
        return new FaultProxy(listener, target);
    }

    /**
     * Where to connect to.
     *
     * @return the address that it listens on
     */
    public SocketAddress address() {
        return address;
    }

    /**
     * Sets the fault of one direction, for the connections that are open and for those to come. Bytes are counted from the
     * beginning of each connection.
     *
     * @param direction the direction
     * @param fault the fault, in place of the one before
     */
    public void fault(Direction direction, Fault fault) {
        synchronized (faults) {
            faults.put(direction, fault);
            connections.forEach(connection -> connection.fault(direction, fault));
        }
    }

    /** Ends all faults, for the connections that are open and for those to come. Stalled bytes go on. */
    public void heal() {
        fault(Direction.TO_CLIENT, Fault.none());
        fault(Direction.TO_SERVER, Fault.none());
    }

    /** Cuts all connections that are open now, with an orderly end. */
    public void cutAll() {
        connections.forEach(connection -> connection.cut(false));
    }

    /** Cuts all connections that are open now, with a reset. */
    public void resetAll() {
        connections.forEach(connection -> connection.cut(true));
    }

    /**
     * How many connections were accepted.
     *
     * @return a count since the start
     */
    public int accepted() {
        return accepted.get();
    }

    /**
     * How many connections are open.
     *
     * @return a count
     */
    public int open() {
        return connections.size();
    }

    /**
     * How many bytes have passed, over all connections.
     *
     * @param direction the direction
     * @return bytes since the start
     */
    public long bytes(Direction direction) {
        return counter(direction).get();
    }

    private AtomicLong counter(Direction direction) {
        return Objects.requireNonNull(bytes.get(direction));
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                connect(listener.accept());
            } catch (IOException e) {
                // closed, or out of descriptors for a while: the loop's condition tells which
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private void connect(SocketChannel client) throws IOException {
        accepted.incrementAndGet();
        SocketChannel server;
        try {
            server = SocketChannel.open(target);
        } catch (IOException e) {
            // the server refuses, and so does its proxy
            client.close();
            return;
        }
        ProxiedConnection connection = new ProxiedConnection(client, server, connections::remove);
        synchronized (faults) {
            connections.add(connection);
            faults.forEach(connection::fault);
        }
        connection.start(counter(Direction.TO_CLIENT), counter(Direction.TO_SERVER));
        if (!listener.isOpen()) {
            connection.close();
        }
    }

    /** Cuts all connections and stops listening. Closing twice does nothing. */
    @Override
    public void close() throws IOException {
        listener.close();
        connections.forEach(ProxiedConnection::close);
        if (address instanceof UnixDomainSocketAddress unix) {
            Files.deleteIfExists(unix.getPath());
        }
    }
}
