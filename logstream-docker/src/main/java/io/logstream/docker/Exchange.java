package io.logstream.docker;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response, on a connection of its own. It goes on in steps that never block; whoever waits is told when
 * to take the next one. For one thread at a time; closed by any.
 */
final class Exchange implements Closeable {
    /** What a step came to. */
    enum Step {
        /** Bytes were taken; there may be more. */
        MORE,
        /** There is nothing now. */
        WAIT,
        /** The response is complete. */
        DONE
    }

    private static final byte[] NONE = {};

    private final Connection connection;
    private final ReadBuffers buffers;
    private final Outages outages;
    private final ByteBuffer request;
    private final HttpParser response = new HttpParser();
    private final long askedAt = System.nanoTime();
    private boolean ready;
    private volatile boolean closed;
    private byte[] early = NONE; // of the body, came with the head

    /**
     * @param outages told when the daemon is lost, and when it answers
     */
    Exchange(Connection connection, ReadBuffers buffers, String target, Outages outages) {
        this.connection = connection;
        this.buffers = buffers;
        this.outages = outages;
        // The name of the host means nothing on a unix socket, but HTTP/1.1 wants one.
        String text =
                "GET " + target + " HTTP/1.1\r\nHost: docker\r\nUser-Agent: logstream\r\nConnection: close\r\n\r\n";
        request = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** When it was asked, by the clock that only measures. */
    long askedAt() {
        return askedAt;
    }

    /** Nobody has answered in time: the daemon, or the way to it, is taken to have vanished. */
    IOException unanswered() {
        outages.silent(askedAt);
        return new IOException("the daemon does not answer");
    }

    int status() {
        return response.status();
    }

    boolean hasHead() {
        return response.hasHead();
    }

    String header(String name) {
        return response.header(name);
    }

    /** Receives the head and nothing else; done when it is there. */
    Step head() throws IOException {
        while (!response.hasHead()) {
            int read = receive(null);
            if (read == 0) {
                return Step.WAIT;
            }
        }
        return Step.DONE;
    }

    /**
     * Receives what is there, at most a buffer full.
     *
     * @throws IOException if the connection was lost before the response was complete
     */
    Step step(HttpParser.Body body) throws IOException {
        int read = 0;
        if (early.length > 0) {
            byte[] bytes = early;
            early = NONE;
            read = bytes.length;
            response.feed(bytes, 0, read, body);
        } else if (!response.isDone()) {
            read = receive(body);
        }
        return response.isDone() ? Step.DONE : read > 0 ? Step.MORE : Step.WAIT;
    }

    /** Receives bytes, and keeps what comes behind the head where there is nobody to take it; returns how many. */
    private int receive(HttpParser.@Nullable Body body) throws IOException {
        ByteBuffer buffer = buffers.borrow();
        try {
            int read = transfer(buffer);
            byte[] bytes = buffer.array();
            int from = buffer.arrayOffset();
            boolean first = !response.hasHead();
            if (read > 0 && body != null) {
                response.feed(bytes, from, from + read, body);
            } else if (read > 0) {
                early = Arrays.copyOfRange(bytes, response.feedHead(bytes, from, from + read), from + read);
            }
            if (first && response.hasHead()) {
                outages.answered(response.header("date"), askedAt);
            }
            return read;
        } finally {
            buffers.giveBack(buffer);
        }
    }

    /** Sends what is left of the request, and then takes what comes. */
    private int transfer(ByteBuffer buffer) throws IOException {
        try {
            int read = request.hasRemaining() && !send() ? 0 : connection.read(buffer);
            if (read < 0) {
                response.endOfConnection();
            }
            return read;
        } catch (IOException e) {
            if (!closed) {
                outages.lost();
            }
            throw e;
        }
    }

    private boolean send() throws IOException {
        if (!ready) {
            ready = connection.isReady();
        }
        if (ready) {
            connection.write(request);
        }
        return !request.hasRemaining();
    }

    @Override
    public void close() {
        closed = true;
        connection.close();
    }
}
