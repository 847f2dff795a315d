package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What the daemon's last events prove of a container that was removed unseen. */
class FarewellTest {
    private static final String ID = "00000000000000ab" + "0".repeat(48);

    private static DaemonEvents.Event event(long time, String action, String id) {
        return new DaemonEvents.Event(id, action, OptionalInt.empty(), time);
    }

    private static boolean hasEndedOnce(DaemonEvents.Event... events) {
        Place place = new Place(0xab);
        place.started = 90;
        place.pass(0, 100, false);
        return Farewell.hasEndedOnce(place, List.of(events));
    }

    @Test
    void end_isProved_byEventsThatReachBackToTheLastLine() {
        DaemonEvents.Event before = event(100, "start", "another");
        DaemonEvents.Event start = event(105, "start", ID); // told behind its first line
        DaemonEvents.Event die = event(110, "die", ID);
        DaemonEvents.Event destroy = event(120, "destroy", ID);
        assertThat(hasEndedOnce(before, start, die, destroy)).isTrue();
        assertThat(hasEndedOnce(before, die, destroy)).isTrue();
        assertThat(hasEndedOnce(die, destroy))
                .as("what was before is forgotten")
                .isFalse();
        assertThat(hasEndedOnce(event(Place.NONE, "start", "another"), die, destroy))
                .as("nobody knows when something was")
                .isFalse();
        assertThat(hasEndedOnce(before, destroy)).as("its end was not told").isFalse();
        assertThat(hasEndedOnce()).isFalse();
    }

    @Test
    void end_isNotProved_ofAContainerThatWasStartedAgain() {
        assertThat(hasEndedOnce(
                        event(50, "create", ID),
                        event(110, "die", ID),
                        event(115, "start", ID),
                        event(117, "die", ID),
                        event(120, "destroy", ID)))
                .isFalse();
    }

    /** The clock was set back: what has an earlier time may have happened later, and the other way round. */
    @Test
    void end_isNotProved_byTimesOfAnotherClock() {
        assertThat(hasEndedOnce(event(500, "die", ID), event(90, "start", ID), event(120, "destroy", ID)))
                .as("an old end")
                .isFalse();
        assertThat(hasEndedOnce(
                        event(50, "create", ID),
                        event(110, "die", ID),
                        event(60, "start", ID),
                        event(70, "die", ID),
                        event(80, "destroy", ID)))
                .as("a new start")
                .isFalse();
    }
}
