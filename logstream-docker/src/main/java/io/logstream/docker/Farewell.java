package io.logstream.docker;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks what has happened to a container that was removed while nobody listened, and of which all had been read by then: if it
 * was started once more, what it wrote then is lost. A daemon remembers its last 256 events.
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
            return LogReader.Outcome.PENDING;
        }
        return reader.removed(!wasNotStarted(reader.place(), DaemonEvents.past(answer)), sink);
    }

    /**
     * Whether a container was not started behind a place.
     *
     * @param place behind all that it had written, before its first run or in one that was told to be over
     * @param events all that the daemon remembers, in the order in which they happened: its clock may have been set back
     */
    static boolean wasNotStarted(Place place, List<DaemonEvents.Event> events) {
        long known = Math.max(place.started, place.anchor < 0 ? Place.NONE : place.time[place.anchor]);
        boolean complete = laterThan(known, events)
                > 0; // it remembers what was before, and so has forgotten nothing that came since
        boolean ended = place.isBeforeTheFirstRun();
        for (DaemonEvents.Event event : events.subList(laterThan(place.started, events), events.size())) {
            if (event.id().startsWith(place.reference())) {
                if (ended && event.action().equals("start")) {
                    return false;
                }
                ended |= event.action().equals("die");
                complete |= event.action().equals("create");
            }
        }
        return complete && ended;
    }

    private static int laterThan(long time, List<DaemonEvents.Event> events) {
        int first = 0;
        while (first < events.size() && events.get(first).isWithin(time)) {
            first++;
        }
        return first;
    }

    @Override
    public void close() {
        question.close();
    }
}
