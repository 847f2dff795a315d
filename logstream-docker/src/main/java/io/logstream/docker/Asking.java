package io.logstream.docker;

import io.logstream.LogStreamException;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Asks what the container is like; before that, once for a daemon, what the daemon is like; and where the container has ended in
 * what may have been an outage, what the daemon remembers.
 */
final class Asking implements Stage {
    private final DockerReader reader;
    private final DockerDaemon daemon;
    private final Question question;
    private boolean learnt; // what the daemon speaks
    private @Nullable ContainerState inDoubt;

    Asking(DockerReader reader, DockerDaemon daemon) {
        this.reader = reader;
        this.daemon = daemon;
        question = new Question(reader.context());
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) throws IOException {
        while (true) {
            ContainerState now = inDoubt;
            Answer answer = question.answer(now == null ? reader.questions()::first : reader.questions()::pastEvents);
            if (answer == null) {
                return LogReader.Outcome.PENDING;
            }
            if (now != null) {
                DaemonEvents.past(answer).stream()
                        .findFirst()
                        .ifPresent(oldest -> daemon.outages().remembered(oldest.time()));
                return reader.found(now, sink);
            }
            if (!reader.questions().isAboutContainer()) {
                daemon.learn(answer);
                learnt = true;
                continue;
            }
            if (answer.status() != 200) {
                return refused(answer, sink);
            }
            now = ContainerState.parse(answer.body());
            if (!reader.isInDoubt(now)) {
                return reader.found(now, sink);
            }
            inDoubt = now;
        }
    }

    private LogReader.@Nullable Outcome refused(Answer from, LineSink sink) throws IOException {
        if (!learnt && daemon.isAnother(from)) {
            throw new IOException("another daemon answers: " + from.message());
        }
        return switch (from.status()) {
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
