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
    private final Question question;
    private boolean learnt; // what the daemon speaks

    Asking(DockerReader reader, DockerDaemon daemon) {
        this.reader = reader;
        this.daemon = daemon;
        question = new Question(reader.context());
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) throws IOException {
        while (true) {
            Answer answer = question.answer(reader.questions()::first);
            if (answer == null) {
                return LogReader.Outcome.WAIT;
            }
            if (reader.questions().isAboutContainer()) {
                return answered(answer, sink);
            }
            daemon.learn(answer);
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
        question.close();
    }
}
