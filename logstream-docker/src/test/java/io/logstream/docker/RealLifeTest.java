package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.EndReason;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** A real container is followed through its life. */
class RealLifeTest extends RealCase {

    private void awaitEvents() {
        CollectingViewer.until("events are listened to", () -> daemon.events().openings() > 0);
    }

    @Test
    void createdContainer_isWaitedFor() throws Exception {
        real.docker("create", "--network=none", "--name=" + name, "bb:1", "/bin/sh", "-c", "echo started; sleep 1000");
        CollectingViewer viewer = follow(lasting());
        viewer.awaitEvent(Kind.WAITING);
        real.docker("start", name);
        viewer.awaitLine("started");
        assertThat(viewer.kinds()).containsSubsequence(Kind.WAITING, Kind.APPEARED);
    }

    @Test
    void restart_isTold_andNothingIsLostOrRepeated() throws Exception {
        real.run(name, "trap 'echo bye; exit 7' TERM; echo hello; while :; do usleep 10000; done");
        CollectingViewer viewer = follow(lasting());
        viewer.awaitLine("hello");
        awaitEvents(); // nobody else tells the exit code
        for (int i = 1; i <= 3; i++) {
            real.docker("restart", name);
            int hellos = i + 1;
            viewer.await(
                    "hello " + hellos,
                    () -> viewer.lines().stream().filter("hello"::equals).count() == hellos);
        }
        assertThat(viewer.lines()).containsExactly("hello", "bye", "hello", "bye", "hello", "bye", "hello");
        assertThat(viewer.events().stream().filter(event -> event.kind() == Kind.RESTARTED))
                .allSatisfy(event -> assertThat(event.exitCode()).isEqualTo(OptionalInt.of(7)))
                .extracting(SourceEvent::sequence)
                .as("each stands before the first line of its run")
                .containsExactly(2L, 4L, 6L);
        assertSameAsFinalLog(viewer);
    }

    @Test
    void containerThatStopsAndStarts_isWaitedFor_andFinishedIsTold() throws Exception {
        real.run(name, "echo run; seq 3; exit 5");
        CollectingViewer viewer = follow(lasting());
        viewer.awaitEvent(Kind.FINISHED);
        assertThat(viewer.lines()).containsExactly("run", "1", "2", "3");
        real.docker("start", name);
        viewer.await(
                "second run",
                () -> viewer.kinds().stream().filter(Kind.FINISHED::equals).count() == 2);
        assertThat(viewer.lines()).containsExactly("run", "1", "2", "3", "run", "1", "2", "3");
        assertThat(viewer.kinds())
                .filteredOn(List.of(Kind.FINISHED, Kind.RESTARTED)::contains)
                .containsExactly(Kind.FINISHED, Kind.RESTARTED, Kind.FINISHED);
        assertThat(viewer.events().stream().filter(event -> event.kind() == Kind.FINISHED))
                .allSatisfy(event -> assertThat(event.exitCode()).hasValue(5));
        real.docker("rm", name);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void containerThatIsAlwaysRestarted_isFollowed() throws Exception {
        real.run(name, "echo run; exit 2", "--restart=always");
        CollectingViewer viewer = follow(lasting());
        viewer.await("three runs", () -> viewer.lines().size() >= 3);
        real.docker("stop", name); // a run that begins while it is removed would not be read
        viewer.awaitEvent(Kind.FINISHED);
        real.docker("rm", name);
        viewer.awaitEnd();
        assertThat(viewer.kinds()).contains(Kind.RESTARTED);
        assertThat(viewer.lines()).allMatch("run"::equals);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void removal_endsTheStream() throws Exception {
        real.run(name, "echo hello; sleep 1000");
        CollectingViewer viewer = follow(lasting());
        viewer.awaitLine("hello");
        awaitEvents();
        real.docker("rm", "--force", name);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(viewer.events()).anySatisfy(event -> assertThat(event.kind()).isEqualTo(Kind.FINISHED));
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void renamedContainer_isFollowedOn() throws Exception {
        real.run(name, "i=0; while :; do i=$((i+1)); echo line $i; usleep 20000; done");
        CollectingViewer viewer = follow(lasting());
        viewer.awaitLine("line 3");
        real.docker("rename", name, name + "-new");
        int before = viewer.lines().size();
        viewer.await("more lines", () -> viewer.lines().size() > before + 10);
        real.docker("restart", "--time=0", name + "-new");
        viewer.awaitEvent(Kind.RESTARTED);
        viewer.await(
                "line 1 again",
                () -> viewer.lines().stream().filter("line 1"::equals).count() == 2);
    }

    @Test
    void twoHundredFollowers_eachGetTheLastLine() throws Exception {
        real.run(name, "seq 30000; sleep 1000");
        follow(lasting()).awaitLine("30000");
        List<CollectingViewer> viewers = new ArrayList<>();
        SubscribeOptions last =
                SubscribeOptions.builder().replay(Replay.last(1)).build();
        for (int i = 0; i < 200; i++) {
            viewers.add(new CollectingViewer());
            hub.open("follower " + i, lasting(), streamOptions()).subscribe(last, viewers.get(i));
        }
        CollectingViewer.until(
                () -> viewers.stream().filter(one -> one.lines().isEmpty()).count() + " have no line",
                () -> viewers.stream().noneMatch(one -> one.lines().isEmpty()));
        assertThat(viewers).allSatisfy(one -> assertThat(one.lines()).containsExactly("30000"));
    }

    @Test
    void pause_isSilence() throws Exception {
        real.run(name, "i=0; while :; do i=$((i+1)); echo line $i; usleep 5000; done");
        CollectingViewer viewer = follow(lasting());
        viewer.awaitLine("line 3");
        real.docker("pause", name);
        real.docker("unpause", name);
        int lines = viewer.lines().size();
        viewer.await("more lines", () -> viewer.lines().size() > lines + 10);
        viewer.awaitEvent(Kind.CAUGHT_UP); // a second or two behind the daemon's answer, where lines come all the time
        assertThat(viewer.kinds()).containsOnly(Kind.CAUGHT_UP);
    }
}
