package io.logstream.docker;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;

/** The whole answer to a small question, such as what a container is like. For one thread at a time; closed by any. */
final class Answer implements Closeable {
    private static final int MAX_BYTES = 64 << 20;

    private final Exchange exchange;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    Answer(Exchange exchange) {
        this.exchange = exchange;
    }

    /** Receives what is there; whether the answer is complete. */
    boolean isComplete() throws IOException {
        Exchange.Step step;
        do {
            step = exchange.step((bytes, from, to, chunkEnd) -> {
                if (body.size() + to - from > MAX_BYTES) {
                    throw new IOException("the daemon's answer is longer than " + MAX_BYTES + " bytes");
                }
                body.write(bytes, from, to - from);
            });
        } while (step == Exchange.Step.MORE);
        return step == Exchange.Step.DONE;
    }

    int status() {
        return exchange.status();
    }

    String header(String name) {
        return exchange.header(name);
    }

    byte[] body() {
        return body.toByteArray();
    }

    /** What the daemon says is wrong. */
    String message() {
        String message = Json.message(body());
        return "HTTP status " + status() + (message.isEmpty() ? "" : ": " + message);
    }

    @Override
    public void close() {
        exchange.close();
    }
}
