package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.LogStreamException;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request for the log of a container, or a part of it. For one thread at a time; closed by any. */
final class LogRequest implements Closeable {
    private static final int MAX_ERROR = 64 * 1024;

    private final Exchange exchange;
    private final boolean terminal;
    private final int partBytes;
    private final Entries entries;
    private final HttpParser.Body body = this::payload;
    private final ByteArrayOutputStream error = new ByteArrayOutputStream();
    private HttpParser.@Nullable Body decoder;

    /**
     * @param partBytes how long an entry without a line end is at least, where there is a terminal
     */
    LogRequest(Exchange exchange, boolean terminal, int partBytes, Entries entries) {
        this.partBytes = partBytes;
        this.exchange = exchange;
        this.terminal = terminal;
        this.entries = entries;
    }

    /** What the daemon is asked for; see {@link DockerReader#logs}. */
    static String target(String container, Set<Channel> channels, boolean follow, int tail, long since) {
        StringBuilder target = new StringBuilder("/containers/" + container + "/logs?timestamps=1");
        target.append("&stdout=").append(channels.contains(Channel.STDOUT) ? 1 : 0);
        target.append("&stderr=").append(channels.contains(Channel.STDERR) ? 1 : 0);
        target.append("&follow=").append(follow ? 1 : 0);
        if (tail < Integer.MAX_VALUE) {
            target.append("&tail=").append(tail);
        }
        if (since != Place.NONE) {
            long nanos = Math.max(0, since);
            target.append("&since=")
                    .append(String.format(Locale.ROOT, "%d.%09d", nanos / 1_000_000_000, nanos % 1_000_000_000));
        }
        return target.toString();
    }

    /** Receives the head of the answer, and hands nothing over; done when it is there. */
    Exchange.Step head() throws IOException {
        return exchange.head();
    }

    /**
     * Receives what is there and hands over its entries.
     *
     * @throws IOException if the connection was lost before the daemon said that this is all
     */
    Exchange.Step step() throws IOException {
        Exchange.Step step = exchange.step(body);
        if (step == Exchange.Step.DONE && decoder instanceof FrameDecoder frames && frames.isInside()) {
            throw new IOException("the log ends within a frame");
        }
        if (step == Exchange.Step.DONE && decoder instanceof TerminalDecoder lines) {
            lines.finish();
        }
        return step;
    }

    private void payload(byte[] bytes, int from, int to, boolean chunkEnd) throws IOException {
        if (!isGranted()) {
            error.write(bytes, from, Math.min(to - from, MAX_ERROR - error.size()));
            return;
        }
        HttpParser.Body known = decoder;
        if (known == null) {
            known = isTerminal() ? new TerminalDecoder(entries, partBytes) : new FrameDecoder(entries);
            decoder = known;
        }
        known.payload(bytes, from, to, chunkEnd);
    }

    /** What the daemon says now counts more than what it said of the container. */
    private boolean isTerminal() {
        String type = exchange.header("content-type");
        return type.endsWith("docker.raw-stream") || terminal && !type.endsWith("docker.multiplexed-stream");
    }

    /** Whether the daemon has begun to answer with anything but an error. */
    boolean isGranted() {
        return exchange.status() == 200;
    }

    /** Nobody has answered in time. */
    IOException unanswered() {
        return exchange.unanswered();
    }

    int status() {
        return exchange.status();
    }

    /**
     * Why the log was not granted.
     *
     * @throws LogStreamException if asking again would not help
     */
    IOException failure(String log) {
        String message = Json.message(error.toByteArray());
        if (status() == 501 || message.contains("does not support reading")) {
            throw new LogStreamException(log + ": the daemon can't read logs of its log driver: " + message);
        }
        return new IOException("the daemon can't tell the log: HTTP status " + status() + ": " + message);
    }

    @Override
    public void close() {
        exchange.close();
    }
}
