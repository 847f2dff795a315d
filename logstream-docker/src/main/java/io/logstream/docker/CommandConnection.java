package io.logstream.docker;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The input and output of a command that is connected to the daemon. Takes a process and two threads, which end with it. */
final class CommandConnection implements Connection {
    private static final Logger LOG = LoggerFactory.getLogger(CommandConnection.class);
    private static final int MAX_ERROR = 2048;

    private final List<String> command;
    private final Process process;
    private final Pipe pipe;
    private final SelectionKey key;
    private final IoThread io;
    private final CountDownLatch drained = new CountDownLatch(1);
    private boolean connected; // something has come
    private byte[] errors = {}; // the last of them; guarded by this

    CommandConnection(List<String> command, Executor threads, IoThread io, Runnable ready) throws IOException {
        this.command = command;
        this.io = io;
        pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        process = new ProcessBuilder(command).start();
        try {
            key = io.register(pipe.source(), ready);
            threads.execute(this::drain);
            threads.execute(this::pump);
        } catch (IOException | RuntimeException | Error e) {
            process.destroy();
            pipe.source().close();
            pipe.sink().close();
            throw e;
        }
    }

    /** What can't be waited for together with sockets is copied to where it can. */
    private void pump() {
        try (Pipe.SinkChannel sink = pipe.sink();
                InputStream from = process.getInputStream()) {
            byte[] buffer = new byte[32 * 1024];
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
                while (bytes.hasRemaining()) {
                    sink.write(bytes);
                }
            }
            drained.await(1, TimeUnit.SECONDS); // who reads the end wants to know why
        } catch (IOException | InterruptedException e) {
            LOG.trace("{}: closed", command, e);
        }
    }

    /** Takes what the command complains about, which would block it otherwise, and keeps the last of it. */
    private void drain() {
        try (InputStream from = process.getErrorStream()) {
            byte[] buffer = new byte[MAX_ERROR];
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                synchronized (this) {
                    byte[] all = Arrays.copyOf(errors, errors.length + n);
                    System.arraycopy(buffer, 0, all, errors.length, n);
                    errors = Arrays.copyOfRange(all, Math.max(0, all.length - MAX_ERROR), all.length);
                }
            }
        } catch (IOException e) {
            LOG.trace("{}: closed", command, e);
        } finally {
            drained.countDown();
        }
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        byte[] request = new byte[bytes.remaining()]; // shorter than what a pipe takes at once
        bytes.get(request);
        try {
            process.getOutputStream().write(request);
            process.getOutputStream().flush();
        } catch (IOException e) {
            LOG.debug("{}: takes no request, and will tell why", command, e);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int read = pipe.source().read(into);
        if (read == 0) {
            io.want(key, SelectionKey.OP_READ);
        } else if (read < 0) {
            String error = error();
            if (!error.isEmpty()) {
                String message = "'" + String.join(" ", command) + "' has failed: " + error;
                throw connected ? new IOException(message) : new ConnectException(message);
            }
        } else {
            connected = true;
        }
        return read;
    }

    private synchronized String error() {
        return Text.shown(new String(errors, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            pipe.source().close();
        } catch (IOException e) {
            LOG.trace("{}: closed", command, e);
        }
        io.closed(key);
    }
}
