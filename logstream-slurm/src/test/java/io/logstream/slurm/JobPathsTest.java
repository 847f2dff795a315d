package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a job's reader makes of the names of its files: of those that nobody can read, and those with wildcards. */
class JobPathsTest extends JobCase {
    /** As with a file server that is away: that a file can't be looked at is not that there is none. */
    @Test
    void fileThatCanNotBeLookedAt_isAnOutage_andNoEmptyLog() throws Exception {
        Files.createDirectory(directory.resolve("found"));
        Files.writeString(directory.resolve("found/out"), "one\n");
        for (boolean follow : new boolean[] {true, false}) {
            Path above =
                    directory.resolve("above " + follow); // two links through each other lead nowhere, also for root
            Files.createSymbolicLink(above, Path.of("other " + follow + "/x"));
            Files.createSymbolicLink(directory.resolve("other " + follow), Path.of("above " + follow + "/x"));
            query.jobs = List.of(job("COMPLETED", job -> job.stdout = "above " + follow + "/out"));
            CollectingViewer viewer = new CollectingViewer();
            hub.open("slurm:12 " + follow, job("12").follow(follow).build())
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.awaitEvent(Kind.RECONNECTING);
            Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("found"));
            Files.move(link, above, StandardCopyOption.ATOMIC_MOVE);
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactly("one");
        }
    }

    @Test
    void fileThatNobodyCanMake_isNotThere() throws Exception {
        Files.writeString(file, "not a directory\n");
        Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(directory.resolve("to"), Path.of("fro"));
        Files.createSymbolicLink(directory.resolve("fro"), Path.of("to"));
        List<String> names = List.of("out/out", "loop", "to/out", "x".repeat(256), "x/".repeat(2048) + "x");
        for (String name : names) {
            for (boolean follow : new boolean[] {true, false}) {
                query.jobs = List.of(job("COMPLETED", job -> job.stdout = name));
                CollectingViewer viewer = new CollectingViewer();
                String id = names.indexOf(name) + " " + follow;
                hub.open(id, job("12").follow(follow).build()).subscribe(viewer);
                assertThat(viewer.awaitEnd().kind()).as(id).isEqualTo(EndReason.Kind.COMPLETED);
                assertThat(viewer.events().get(viewer.events().size() - 1).detail())
                        .contains("there is no file");
            }
        }
    }

    /** As with a letter in its path that the locale of this process does not have, or with one that is not in UTF-8. */
    @Test
    void fileWhoseNameCanNotBeWrittenHere_failsTheStream_andIsNoEmptyLog() throws Exception {
        for (String name : List.of("a\0b", "m\uFFFDller")) {
            for (String elsewhere : List.of("", "elsewhere")) {
                query.jobs = List.of(job("RUNNING", job -> job.stdout = name));
                SlurmJobSource.Builder source = job("12");
                if (!elsewhere.isEmpty()) {
                    source.stdoutPath(elsewhere);
                }
                CollectingViewer viewer = new CollectingViewer();
                hub.open(Text.shown(name) + elsewhere, source.build()).subscribe(viewer);
                if (!elsewhere.isEmpty() || name.indexOf('\0') < 0) { // which may come as long as the job runs
                    query.awaitAnswers(3);
                    query.jobs = List.of(job("COMPLETED", job -> job.stdout = name));
                }
                EndReason end = viewer.awaitEnd();
                assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
                assertThat(end.message()).contains("job 12").contains("LANG");
            }
        }
    }

    @Test
    void directoryThatCanNotBeWrittenHere_isNotNeeded_whereTheNameIsWhole() throws Exception {
        Files.writeString(file, "one\n");
        for (String work : List.of("/a\0b", "/m\uFFFDller")) {
            query.jobs = List.of(job("COMPLETED", job -> {
                job.workDirectory = work;
                job.stdout = file.toString();
                job.stderr = "/dev/null";
            }));
            CollectingViewer viewer = new CollectingViewer();
            hub.open(Text.shown(work), job("12").build())
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactly("one");
        }
    }

    /** As with a home directory that others may not enter, or errors that others may not read. */
    @Test
    void errorsThatMayNotBeRead_failTheStream_withAdviceToFollowTheOutputAlone() throws Exception {
        ScriptedHost.Script host = new ScriptedHost.Script(Files.createDirectory(directory.resolve("of-the-host")));
        Path err = directory.resolve("err");
        Files.writeString(host.onDisk(file), "one\n");
        Files.writeString(host.onDisk(err), "oh\n");
        query.jobs = List.of(job("RUNNING", job -> job.stderr = "err"));
        try (SlurmCluster over =
                new SlurmCluster("fake", query, Duration.ofMillis(20), () -> new ScriptedHost(host), name -> null)) {
            host.answers = path -> path.equals(err) ? ScriptedHost.refusal("the directory") : host.truth(path);
            assertErrorsFail(over);
            host.tellsTheTruth();
            host.unreadable = err;
            assertErrorsFail(over);
            CollectingViewer alone = new CollectingViewer();
            SlurmJobSource out =
                    SlurmJobSource.builder(over, "12").channel(Channel.STDOUT).build();
            hub.open("out", out)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), alone);
            alone.awaitLine("one");
        }
    }

    private void assertErrorsFail(SlurmCluster over) {
        CollectingViewer viewer = new CollectingViewer();
        try (LogHub other = LogHub.create()) {
            other.open("slurm:12", SlurmJobSource.of(over, "12")).subscribe(viewer);
            EndReason end = viewer.awaitEnd();
            assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(end.message()).contains("err").contains("channel STDOUT can be followed alone");
        }
    }

    /** Brackets in a directory, or in what stands for a letter of the pattern, are letters like others. */
    @Test
    void onlyThePatternItself_hasWildcards() throws Exception {
        Path own = Files.createDirectory(directory.resolve("run[1]"));
        Path other = Files.createDirectory(directory.resolve("run1"));
        for (String name : List.of("out-12", "a*{b}-12", "?-12")) {
            Files.writeString(own.resolve(name), name + "\n");
            Files.writeString(other.resolve(name), "another job's\n");
        }
        Files.writeString(own.resolve("aaa{b}-12"), "another job's\n");
        Map<String, String> found = Map.of(
                "out-%j", "out-12", "o*-%j", "out-12", "%x-%j", "a*{b}-12", "%x-1?", "a*{b}-12", "[?]-%j", "?-12");
        query.jobs = List.of(job("COMPLETED", job -> {
            job.workDirectory = own.toString();
            job.stdout = "gone";
            job.name = "a*{b}";
        }));
        found.forEach((pattern, name) -> {
            CollectingViewer viewer = new CollectingViewer();
            hub.open(pattern, job("12").stdoutPath(pattern).build())
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.awaitEnd();
            assertThat(viewer.lines()).as(pattern).containsExactly(name);
        });
    }
}
