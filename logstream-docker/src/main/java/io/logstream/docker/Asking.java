package io.logstream.docker;

import io.logstream.LogStreamException;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Asks what the container is like; and before that, once for a daemon, what the daemon is like. */
final class Asking implements Stage {
    private final DockerReader reader;
    private final DockerDaemon daemon;
    private volatile @Nullable Answer answer;
    private boolean asked;
    private boolean learnt; // what the daemon speaks
    private long askedAt;
    private volatile boolean closed;

    Asking(DockerReader reader, DockerDaemon daemon) {
        this.reader = reader;
        this.daemon = daemon;
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) throws IOException {
        while (true) {
            Answer waiting = answer;
            if (waiting == null) {
                waiting = reader.questions().first();
                asked = reader.questions().isAboutContainer();
                answer = waiting;
                askedAt = reader.now();
                if (closed) {
                    waiting.close();
                }
            }
            if (!waiting.isComplete()) {
                return reader.awaitAnswer(askedAt);
            }
            answer = null;
            waiting.close();
            if (asked) {
                return answered(waiting, sink);
            }
            daemon.learn(waiting);
            learnt = true;
        }
    }

    private LogReader.@Nullable Outcome answered(Answer from, LineSink sink) throws IOException {
        if (!learnt && daemon.isAnother(from)) {
            throw new IOException("another daemon answers: " + from.message());
        }
        return switch (from.status()) {
            case 200 -> reader.found(ContainerState.parse(from.body()), sink);
            case 404 -> reader.gone(sink);
            case 400 -> throw new LogStreamException(reader + ": the daemon refuses to tell of it: " + from.message());
            default -> throw new IOException("the daemon can't tell of the container: " + from.message());
        };
    }

    @Override
    public void close() {
        closed = true;
        Answer waiting = answer;
        if (waiting != null) {
            waiting.close();
        }
    }
}
