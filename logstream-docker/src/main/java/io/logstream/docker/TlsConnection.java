package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** A socket with TLS. */
final class TlsConnection implements Connection {
    private static final String CLOSED = "the daemon closed the connection before it trusted this program";
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketConnection socket;
    private final SSLEngine engine;
    private final String host;
    private final ByteBuffer received; // between two calls: to be read from
    private final ByteBuffer sending; // the same
    private final ByteBuffer plain; // the same
    private boolean begun;

    TlsConnection(SocketConnection socket, SSLEngine engine, String host) {
        this.socket = socket;
        this.engine = engine;
        this.host = host;
        int packet = engine.getSession().getPacketBufferSize();
        received = ByteBuffer.allocate(packet).flip();
        sending = ByteBuffer.allocate(packet).flip();
        plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .flip();
    }

    @Override
    public boolean isReady() throws IOException {
        if (!socket.isReady()) {
            return false;
        }
        try {
            if (!begun) {
                begun = true;
                engine.beginHandshake();
            }
            return handshake();
        } catch (SSLException e) {
            throw new LogStreamException(
                    "no trust between this program and " + host + " (" + e.getMessage()
                            + "): are the certificates of DOCKER_CERT_PATH, or of the docker context, those of this daemon?",
                    e);
        }
    }

    private boolean handshake() throws IOException {
        while (flush()) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrap(NOTHING);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    SSLEngineResult.Status status = unwrap();
                    if (status == SSLEngineResult.Status.CLOSED) {
                        throw new EOFException(CLOSED);
                    }
                    if (status == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
                        int read = receive();
                        if (read < 0) {
                            throw new EOFException(CLOSED);
                        } else if (read == 0) {
                            return false;
                        }
                    }
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        while (flush() && bytes.hasRemaining()) {
            wrap(bytes);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        while (!plain.hasRemaining()) {
            flush();
            SSLEngineResult.Status status = unwrap();
            answer();
            if (status == SSLEngineResult.Status.CLOSED) {
                return -1;
            }
            if (status == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
                int read = receive();
                if (read <= 0) {
                    return read;
                }
            }
        }
        int length = Math.min(plain.remaining(), into.remaining());
        into.put(plain.slice(plain.position(), length));
        plain.position(plain.position() + length);
        return length;
    }

    /** Sends what the other side wants to know in between. */
    private void answer() throws IOException {
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
            runTasks();
        }
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && flush()) {
            wrap(NOTHING);
            flush();
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Sends what is left to send; whether all was sent. */
    private boolean flush() throws IOException {
        if (sending.hasRemaining()) {
            socket.write(sending);
        }
        return !sending.hasRemaining();
    }

    private void wrap(ByteBuffer bytes) throws IOException {
        sending.clear();
        engine.wrap(bytes, sending);
        sending.flip();
    }

    private SSLEngineResult.Status unwrap() throws IOException {
        plain.compact();
        SSLEngineResult.Status status = engine.unwrap(received, plain).getStatus();
        plain.flip();
        return status;
    }

    private int receive() throws IOException {
        received.compact();
        int read = socket.read(received);
        received.flip();
        return read;
    }

    @Override
    public void close() {
        socket.close();
    }
}
