package io.logstream.docker;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks what has happened to a container that was removed while nobody listened, and whose log had been read to the end of a
 * run: if it was started once more, what it wrote then is lost. A daemon remembers its last 256 events.
 */
final class Farewell implements Stage {
    private final DockerReader reader;
    private final Question question;

    Farewell(DockerReader reader) {
        this.reader = reader;
        question = new Question(reader.context());
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) throws IOException {
        Answer answer = question.answer(reader.questions()::pastEvents);
        if (answer == null) {
            return LogReader.Outcome.WAIT;
        }
        boolean readToItsEnd = answer.status() == 200 && hasEndedOnce(reader.place(), answer.body());
        return reader.removed(!readToItsEnd, sink);
    }

    /**
     * Whether a container has ended, and was not started again.
     *
     * @param place a place in its last run, behind which it has ended
     * @param events all that the daemon remembers, an object on each line
     */
    static boolean hasEndedOnce(Place place, byte[] events) throws IOException {
        long known = Math.max(place.started, place.anchor < 0 ? Place.NONE : place.time[place.anchor]);
        boolean complete =
                false; // the daemon remembers what was before, so it has forgotten nothing of what came since
        boolean ended = false;
        List<String> lines = new String(events, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        for (String line : lines) {
            DaemonEvents.Event event = DaemonEvents.parse(line.getBytes(StandardCharsets.UTF_8));
            if (event.time() <= known) {
                complete |= event.time() != Place.NONE;
            } else if (event.id().startsWith(place.reference())) {
                if (ended && event.action().equals("start")) {
                    return false;
                }
                ended |= event.action().equals("die");
            }
        }
        return complete && ended;
    }

    @Override
    public void close() {
        question.close();
    }
}
