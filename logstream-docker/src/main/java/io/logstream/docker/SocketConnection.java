package io.logstream.docker;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** A unix or TCP socket. */
final class SocketConnection implements Connection {
    private static final long STREAM_NANOS = 10_000_000; // bytes that come again within this time are a stream

    private final SocketChannel channel;
    private final SelectionKey key;
    private final IoThread io;
    private long burst; // bytes since there were none
    private long idle = System.nanoTime(); // when there were none

    SocketConnection(SocketAddress address, IoThread io, Runnable ready) throws IOException {
        this.io = io;
        boolean unix = address instanceof UnixDomainSocketAddress;
        channel = unix ? SocketChannel.open(StandardProtocolFamily.UNIX) : SocketChannel.open();
        try {
            if (!unix) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            }
            channel.configureBlocking(false);
            channel.connect(address);
            key = io.register(channel, ready);
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public boolean isReady() throws IOException {
        if (channel.finishConnect()) {
            return true;
        }
        io.want(key, SelectionKey.OP_CONNECT);
        return false;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            io.want(key, SelectionKey.OP_WRITE);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int read = channel.read(into);
        if (read > 0) {
            burst += read;
        } else if (read == 0) {
            long now = System.nanoTime();
            if (burst > 0 && now - idle < STREAM_NANOS) {
                io.wantSoon(key);
            } else {
                io.want(key, SelectionKey.OP_READ);
            }
            idle = now;
            burst = 0;
        }
        return read;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // it is of no use any more either way
        }
        io.closed(key);
    }
}
