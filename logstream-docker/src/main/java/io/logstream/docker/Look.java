package io.logstream.docker;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;

/**
 * Looks at a container while its log is read: when the daemon has opened the log, before anything of it is handed over, when
 * something comes that may be of a later run, and when the container was started again. While a container is started again the
 * daemon opens no log, so what was known before may be of the run before, but the log is of both. For one thread; closed by any.
 */
final class Look implements Closeable {
    private final DockerReader reader;
    private final Question question;
    private boolean seen; // what the container is like
    private boolean early; // the question that is open was asked before the log was
    private long exitBy;
    private boolean done;

    Look(DockerReader reader) {
        this.reader = reader;
        question = new Question(reader.context());
    }

    /** Whether all is known that must be before the log is handed over. */
    boolean isDone() {
        return done;
    }

    /** The log is asked for anew. */
    void begin() {
        seen = false;
        done = false;
        early = question.isOpen();
    }

    /** Goes on, when the daemon has answered; whether it is done. */
    boolean step(boolean granted) throws IOException {
        while (granted && !seen && ask()) {
            seen = !early;
            early = false;
            exitBy = reader.now() + (reader.runs().missesExit() ? DockerReader.FOR_EXIT_CODE.toNanos() : 0);
        }
        long left = exitBy - reader.now();
        done = !granted || seen && (left <= 0 || !reader.runs().missesExit());
        if (seen && !done) {
            reader.context().wakeWithin(Duration.ofNanos(left));
        }
        return done;
    }

    /** Looks once more, if the container was started; also before the log is open, which podman tells with the first line only. */
    void again() throws IOException {
        if (question.isOpen() || reader.runs().wasStarted(reader.questions().isPodman())) {
            ask();
            early = !done && question.isOpen();
        }
    }

    /**
     * Asks what the container is like; false as long as there is no answer. Where the daemon can't tell, because it was removed
     * or for now, the log is read on as far as it comes: it can't be had again.
     */
    private boolean ask() throws IOException {
        Answer answer = question.answer(reader.questions()::container);
        if (answer != null && answer.status() == 200) {
            reader.see(ContainerState.parse(answer.body()));
        } else if (answer != null) {
            reader.runs().takeAllAsItIs();
        }
        return answer != null;
    }

    @Override
    public void close() {
        question.close();
    }
}
