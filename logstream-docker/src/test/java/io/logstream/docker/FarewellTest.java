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

    private static boolean wasNotStarted(DaemonEvents.Event... events) {
        Place place = new Place(0xab);
        place.started = 90;
        place.pass(0, 100, false);
        return Farewell.wasNotStarted(place, List.of(events));
    }

    @Test
    void end_isProved_byEventsThatReachBackToTheLastLine() {
        DaemonEvents.Event before = event(100, "start", "another");
        DaemonEvents.Event start = event(105, "start", ID); // told behind its first line
        DaemonEvents.Event die = event(110, "die", ID);
        DaemonEvents.Event destroy = event(120, "destroy", ID);
        assertThat(wasNotStarted(before, start, die, destroy)).isTrue();
        assertThat(wasNotStarted(before, die, destroy)).isTrue();
        assertThat(wasNotStarted(die, destroy))
                .as("what was before is forgotten")
                .isFalse();
        assertThat(wasNotStarted(event(Place.NONE, "start", "another"), die, destroy))
                .as("nobody knows when something was")
                .isFalse();
        assertThat(wasNotStarted(event(95, "start", ID), event(98, "die", ID), destroy))
                .as("its last line was logged late")
                .isTrue();
        assertThat(wasNotStarted(before, destroy)).as("its end was not told").isFalse();
        assertThat(wasNotStarted()).isFalse();
    }

    @Test
    void end_isNotProved_ofAContainerThatWasStartedAgain() {
        assertThat(wasNotStarted(
                        event(50, "create", ID),
                        event(110, "die", ID),
                        event(115, "start", ID),
                        event(117, "die", ID),
                        event(120, "destroy", ID)))
                .isFalse();
    }

    @Test
    void absenceOfARun_isProved_byEventsThatReachBackToTheCreation() {
        Place place = new Place(0xab);
        DaemonEvents.Event create = event(50, "create", ID);
        DaemonEvents.Event destroy = event(120, "destroy", ID);
        assertThat(Farewell.wasNotStarted(place, List.of(create, destroy))).isTrue();
        assertThat(Farewell.wasNotStarted(place, List.of(destroy))).isFalse();
        assertThat(Farewell.wasNotStarted(place, List.of(create, event(60, "start", ID), destroy)))
                .isFalse();
        place.pass(0, 70, false); // it was, as it has written
        assertThat(Farewell.wasNotStarted(place, List.of(create, event(60, "start", ID), destroy)))
                .isFalse();
    }

    /** The clock was set back: what has an earlier time may have happened later, and the other way round. */
    @Test
    void end_isNotProved_byTimesOfAnotherClock() {
        assertThat(wasNotStarted(event(500, "die", ID), event(90, "start", ID), event(120, "destroy", ID)))
                .as("an old end")
                .isFalse();
        assertThat(wasNotStarted(
                        event(50, "create", ID),
                        event(110, "die", ID),
                        event(60, "start", ID),
                        event(70, "die", ID),
                        event(80, "destroy", ID)))
                .as("a new start")
                .isFalse();
    }
}
