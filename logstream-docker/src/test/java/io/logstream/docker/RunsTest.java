package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is known of a container's runs, from what a daemon answers and tells. */
class RunsTest extends FakeCase {
    private static final long SECOND = 1_000_000_000L;

    private Runs runs;
    private Place place;

    @BeforeEach
    void beginRuns() {
        runs = new Runs(daemon, () -> {});
        place = new Place(Place.hash(web.id));
    }

    private ContainerState state() throws IOException {
        return ContainerState.parse(web.json().getBytes(StandardCharsets.UTF_8));
    }

    private void look() throws IOException {
        runs.ask();
        runs.judge(state(), place);
        runs.see(state(), place);
    }

    /** The daemon is lost, and answers again some seconds later. */
    private void beAway(Runnable meanwhile) {
        daemon.outages().heard(fake.clock);
        daemon.outages().lost();
        fake.clock += 2 * SECOND;
        meanwhile.run();
        fake.clock += 5 * SECOND;
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.ofEpochSecond(fake.clock / SECOND).atOffset(ZoneOffset.UTC));
        daemon.outages().answered(date, System.nanoTime());
    }

    /** It may be of the time behind the answer, and then the next run's lines may come before the next look. */
    @Test
    void death_isKept_thatWasToldBehindTheQuestion() throws IOException {
        runs.ask();
        runs.happened(new DaemonEvents.Event(web.id, "die", OptionalInt.of(0), fake.clock));
        runs.see(state(), place);
        assertThat(runs.knownUntil()).isEqualTo(fake.clock);
        look();
        assertThat(runs.knownUntil()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void run_isCutShort_thatWasTheFirst_andNotSeen() throws IOException {
        beAway(() -> {
            web.exit(9);
            web.start();
        });
        look();
        assertThat(place.cut).isTrue();
    }

    /** It was read to its end, and the next one begins and ends unseen; which one has ended while the daemon was away can't be told. */
    @Test
    void run_isCutShort_thatHasBegunBehindOneThatWasReadToItsEnd() throws IOException {
        look();
        web.exit(0);
        place.end = Place.End.SEEN;
        place.finished = true;
        fake.clock += 60 * SECOND;
        web.start();
        fake.clock += 60 * SECOND;
        beAway(() -> {
            web.exit(9);
            web.start();
        });
        fake.clock += 2 * SECOND;
        web.exit(0);
        look();
        assertThat(place.cut).isTrue();
    }

    /** Of a daemon that is stopped in order, and starts its containers again. */
    @Test
    void run_isNotCutShort_thatHasEndedRightBeforeTheOutage() throws IOException {
        look();
        web.exit(0);
        place.end = Place.End.SEEN;
        place.finished = true;
        look();
        beAway(web::start);
        fake.clock += 2 * SECOND;
        web.exit(0);
        look();
        assertThat(place.cut).isFalse();
    }

    @Test
    void lossIsToldOnce_thatIsBehindTheFirstStart() throws IOException {
        place.started = Place.NONE;
        beAway(() -> {
            web.exit(9);
            web.start();
        });
        runs.judge(state(), place);
        runs.see(state(), place);
        TextSink sink = new TextSink();
        runs.tellLoss(sink, place);
        fake.clock += 60 * SECOND;
        web.exit(0);
        look();
        web.start();
        fake.clock += 60 * SECOND;
        beAway(() -> web.exit(9));
        runs.judge(state(), place);
        runs.see(state(), place);
        runs.tellRestart(sink, place, Long.MAX_VALUE);
        runs.tellLoss(sink, place);
        assertThat(sink.told).hasToString("[gap -1 RECONNECTED][RESTARTED][gap -1 RECONNECTED]");
    }

    /** Where it was seen to run on, it has ended later. */
    @Test
    void run_isNotCutShort_thatOutlivedTheOutage() throws IOException {
        look();
        beAway(() -> {});
        look();
        web.exit(9);
        web.start();
        look();
        assertThat(runs.isRestarted()).isTrue();
        assertThat(place.cut).isFalse();
    }
}
