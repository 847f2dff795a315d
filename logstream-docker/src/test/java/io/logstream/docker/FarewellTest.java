package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the daemon's last events prove of a container that was removed unseen. */
class FarewellTest {
    private static final String ID = "00000000000000ab" + "0".repeat(48);

    private static String event(long time, String action, String id) {
        return "{\"status\":\"" + action + "\",\"id\":\"" + id + "\",\"timeNano\":" + time + "}\n";
    }

    private static boolean hasEndedOnce(String... events) throws Exception {
        Place place = new Place(0xab);
        place.started = 90;
        place.pass(0, 100, false);
        return Farewell.hasEndedOnce(place, String.join("", events).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void end_isProved_byEventsThatReachBackToTheLastLine() throws Exception {
        String before = event(100, "start", "another");
        String start = event(105, "start", ID); // told behind its first line
        String die = event(110, "die", ID);
        String destroy = event(120, "destroy", ID);
        assertThat(hasEndedOnce(before, start, die, destroy)).isTrue();
        assertThat(hasEndedOnce(before, die, destroy)).isTrue();
        assertThat(hasEndedOnce(die, destroy))
                .as("what was before is forgotten")
                .isFalse();
        assertThat(hasEndedOnce(before, destroy)).as("its end was not told").isFalse();
        assertThat(hasEndedOnce()).isFalse();
    }

    @Test
    void end_isNotProved_ofAContainerThatWasStartedAgain() throws Exception {
        String before = event(50, "create", ID);
        String twice = event(110, "die", ID) + event(115, "start", ID) + event(117, "die", ID);
        assertThat(hasEndedOnce(before, twice, event(120, "destroy", ID))).isFalse();
    }
}
