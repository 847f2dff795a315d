package io.logstream.docker;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;

/** The whole answer to a small question, such as what a container is like. For one thread at a time; closed by any. */
final class Answer implements Closeable {
    /** How many bytes a list may have. */
    static final int LIST = 64 << 20;
    /** How many bytes any other answer may have. */
    static final int ONE = 4 << 20;

    private final Exchange exchange;
    private final int maxBytes;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean tooLong;

    Answer(Exchange exchange, int maxBytes) {
        this.exchange = exchange;
        this.maxBytes = maxBytes;
    }

    /** Receives what is there; whether the answer is complete. */
    boolean isComplete() throws IOException {
        Exchange.Step step;
        do {
            step = exchange.step((bytes, from, to, chunkEnd) -> {
                tooLong |= body.size() + to - from > maxBytes;
                if (!tooLong) {
                    body.write(bytes, from, to - from);
                }
            });
        } while (step == Exchange.Step.MORE);
        return step == Exchange.Step.DONE;
    }

    /** Nobody has answered in time. */
    IOException unanswered() {
        return exchange.unanswered();
    }

    int status() {
        return exchange.status();
    }

    String header(String name) {
        return exchange.header(name);
    }

    /**
     * What the daemon says.
     *
     * @throws IOException if that is more than is allowed
     */
    byte[] body() throws IOException {
        if (tooLong) {
            throw new IOException("the daemon's answer is longer than " + maxBytes + " bytes");
        }
        return body.toByteArray();
    }

    /** What the daemon says is wrong. */
    String message() {
        String message = Json.message(body.toByteArray());
        return "HTTP status " + status() + (message.isEmpty() ? "" : ": " + message);
    }

    @Override
    public void close() {
        exchange.close();
    }
}
