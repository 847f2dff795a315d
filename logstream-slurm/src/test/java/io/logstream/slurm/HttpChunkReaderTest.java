package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogReader;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a reader makes of all that a server may answer. */
class HttpChunkReaderTest {
    private final Gateway gateway;
    private final LogHub hub = LogHub.create();

    HttpChunkReaderTest() throws IOException {
        gateway = new Gateway();
    }

    @AfterEach
    void end() {
        hub.close();
        gateway.close();
    }

    private HttpChunkSource.Builder source(String query) {
        return HttpChunkSource.builder(gateway.template() + query, "12")
                .pollInterval(Duration.ofMillis(20))
                .settleTime(Duration.ofMillis(100))
                .completeHeader("X-Job-Complete", "true");
    }

    private CollectingViewer follow(HttpChunkSource.Builder source) {
        return follow(source, Replay.all());
    }

    private CollectingViewer follow(HttpChunkSource.Builder source, Replay replay) {
        CollectingViewer viewer = new CollectingViewer();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(100))
                .build();
        hub.open("job", source.build(), options)
                .subscribe(SubscribeOptions.builder().replay(replay).build(), viewer);
        return viewer;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void complete() {
        gateway.with(() -> gateway.isComplete = true);
    }

    @Test
    void logIsReadPartByPart_whicheverWayTheServerHas() {
        for (String query : List.of("", "?offset={offset}&length={length}", "whole")) {
            gateway.hasRanges = !query.equals("whole");
            gateway.isComplete = false;
            gateway.replace(bytes("a line of the log\n".repeat(1000)));
            CollectingViewer viewer = new CollectingViewer();
            HttpChunkSource source =
                    source(query.equals("whole") ? "" : query).chunkBytes(1024).build();
            hub.open("job" + query, source)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.await("all", () -> viewer.lines().size() == 1000);
            gateway.append(bytes("more\n"));
            viewer.awaitLine("more");
            complete();
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).as(query).hasSize(1001);
            assertThat(viewer.gaps()).isEmpty();
        }
        assertThat(gateway.asked().get(0)).isEqualTo("/jobs/12/stdout bytes=0-1023");
        assertThat(gateway.asked())
                .contains("/jobs/12/stdout bytes=960-2047", "/jobs/12/stdout?offset=960&length=1088 null");
    }

    /** It may give what one read(2) does, or as much as it has room for. */
    @Test
    void serverThatGivesLessThanItWasAskedFor_isReadToItsEnd() {
        gateway.append(bytes("a line of the log\n".repeat(1000)));
        gateway.with(() -> {
            gateway.most = 1000;
            gateway.isComplete = true;
        });
        for (String query : List.of("", "?offset={offset}", "?offset={offset}&length={length}")) {
            for (boolean follow : new boolean[] {true, false}) {
                CollectingViewer viewer = new CollectingViewer();
                hub.open("job" + query + follow, source(query).follow(follow).build())
                        .subscribe(
                                SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
                assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
                assertThat(viewer.lines()).as(query + follow).hasSize(1000);
                assertThat(viewer.gaps()).isEmpty();
            }
        }
    }

    @Test
    void historyIsReadWhole_whereTheServerGivesLess_andTellsNoLength() {
        gateway.append(bytes("a line of the log\n".repeat(1000)));
        gateway.with(() -> gateway.most = 1000);
        SubscribeOptions history =
                SubscribeOptions.builder().replay(Replay.all()).follow(false).build();
        CollectingViewer viewer = new CollectingViewer();
        hub.open("job", source("?offset={offset}").build()).subscribe(history, viewer);
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.HISTORY_COMPLETE);
        assertThat(viewer.lines()).hasSize(1000);
    }

    @Test
    void lastLinesAlone_areAskedFor() {
        gateway.append(bytes("a line of the log\n".repeat(100_000) + "one\ntwo\nthree\n"));
        CollectingViewer viewer =
                follow(source("").chunkBytes(1024).pollInterval(Duration.ofMinutes(1)), Replay.last(2));
        viewer.awaitLine("three");
        assertThat(viewer.lines()).containsExactly("two", "three");
        assertThat(gateway.asked()).hasSizeLessThan(8);
    }

    @Test
    void cutIsTold_evenIfTheLogGrewPastThePlaceSince() {
        gateway.append(bytes("one\ntwo\n"));
        CollectingViewer viewer = follow(source(""));
        viewer.awaitLine("two");
        gateway.replace(bytes("eins\nzwei\ndrei\n"));
        viewer.awaitLine("drei");
        gateway.replace(bytes("un\n"));
        viewer.awaitLine("un");
        assertThat(viewer.lines()).containsExactly("one", "two", "eins", "zwei", "drei", "un");
        assertThat(viewer.gaps()).extracting(Gap::reason).containsExactly(Gap.Reason.TRUNCATED, Gap.Reason.TRUNCATED);
        assertThat(viewer.kinds()).filteredOn(Kind.TRUNCATED::equals).hasSize(2);
    }

    /** As through a cache, or from another server than before. */
    @Test
    void logThatIsShorterForAMoment_isNoCut() {
        gateway.append(bytes("one\ntwo\n"));
        CollectingViewer viewer = follow(source(""));
        viewer.awaitLine("two");
        gateway.with(() -> gateway.once = bytes("one\n"));
        CollectingViewer.until("the short one is asked for", () -> !gateway.hasOnce());
        gateway.replace(bytes("one\ntwo\nthree\n"));
        viewer.awaitLine("three");
        assertThat(viewer.lines()).containsExactly("one", "two", "three");
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void whatIsNoRefusal_isAnOutage() {
        gateway.append(bytes("one\n"));
        CollectingViewer viewer = follow(source(""));
        viewer.awaitLine("one");
        gateway.with(() -> gateway.status = 503);
        viewer.awaitEvent(Kind.RECONNECTING);
        gateway.append(bytes("two\n"));
        gateway.with(() -> gateway.status = 0);
        viewer.awaitLine("two");
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void refusal_endsTheStream_whenThereWereFiveInHalfAMinute() throws Exception {
        gateway.append(bytes("one\n"));
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        try (LogReader reader = source("").build().open(Start.beginning(), context)) {
            pass(Duration.ofSeconds(1), reader, sink, context);
            gateway.with(() -> gateway.status = 403);
            long before = context.time().nanoTime();
            assertThatThrownBy(() -> pass(Duration.ofMinutes(2), reader, sink, context))
                    .isInstanceOf(LogStreamException.class)
                    .hasMessageContaining("403")
                    .hasMessageNotContaining("?");
            assertThat(Duration.ofNanos(context.time().nanoTime() - before))
                    .isBetween(Duration.ofSeconds(29), Duration.ofSeconds(60));
            assertThat(sink.text(Channel.STDOUT)).isEqualTo("one\n");
        }
    }

    /** Reads for so long, or to the end, in simulated time that stands still while an answer is on its way. */
    private static LogReader.Outcome pass(
            Duration time, LogReader reader, ManualContext.Sink sink, ManualContext context) throws IOException {
        long end = context.time().nanoTime() + time.toNanos();
        while (context.time().nanoTime() < end) {
            int before = context.wakes;
            context.within = null;
            if (sink.read(reader) == LogReader.Outcome.END) {
                return LogReader.Outcome.END;
            }
            Duration within = context.within;
            if (within == null) {
                CollectingViewer.until("an answer", () -> context.wakes > before);
            } else {
                context.advance(within);
            }
        }
        return LogReader.Outcome.WAIT;
    }

    @Test
    void headers_areTakenAnewForEachQuestion() {
        gateway.token = "Bearer first";
        gateway.append(bytes("one\n"));
        AtomicReference<String> present = new AtomicReference<>("Bearer first");
        CollectingViewer viewer = follow(source("").header("Authorization", present::get));
        viewer.awaitLine("one");
        gateway.with(() -> {
            gateway.token = "Bearer second";
            present.set("Bearer second");
            gateway.append(bytes("two\n"));
        });
        viewer.awaitLine("two");
        assertThat(viewer.kinds()).doesNotContain(Kind.RECONNECTING);
    }

    /** As while a token is renewed. */
    @Test
    void streamGoesOn_whenTheServerRefusesForAMoment() throws Exception {
        gateway.append(bytes("one\n"));
        ManualContext context = new ManualContext();
        ManualContext.Sink sink = new ManualContext.Sink();
        HttpChunkSource source = source("").pollInterval(Duration.ofMillis(500)).build();
        try (LogReader reader = source.open(Start.beginning(), context)) {
            pass(Duration.ofSeconds(1), reader, sink, context);
            gateway.with(() -> gateway.status = 401);
            gateway.append(bytes("two\n"));
            pass(Duration.ofSeconds(10), reader, sink, context);
            assertThat(sink.text(Channel.STDOUT)).isEqualTo("one\n");
            gateway.with(() -> gateway.status = 0);
            pass(Duration.ofSeconds(10), reader, sink, context);
            assertThat(sink.text(Channel.STDOUT)).isEqualTo("one\ntwo\n");
            assertThat(sink.told.toString()).doesNotContain("gap");
        }
    }

    /** Its value is the secret. */
    @Test
    void headerThatNoRequestMayHave_isAnOutage_andIsNotTold() {
        AtomicReference<String> present = new AtomicReference<>("Bearer secret\n");
        gateway.append(bytes("one\n"));
        CollectingViewer viewer = follow(source("").header("Authorization", present::get));
        viewer.awaitEvent(Kind.RECONNECTING);
        assertThat(viewer.events().toString()).contains("header Authorization").doesNotContain("secret");
        present.set("Bearer secret");
        viewer.awaitLine("one");
        assertThat(viewer.events().toString()).doesNotContain("secret");
        assertThatThrownBy(() -> source("").header("a b", present::get)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Where it leads nobody has said that headers may go; and a page to log in would be the log. */
    @Test
    void redirect_isARefusal() {
        gateway.append(bytes("one\n"));
        gateway.with(() -> {
            gateway.status = 302;
            gateway.location = "/login";
        });
        EndReason end = follow(source("")).awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("302");
        assertThat(gateway.asked()).hasSize(1);
    }

    @Test
    void compressedBytes_areNoLines() {
        gateway.append(bytes("one\n"));
        gateway.with(() -> gateway.encoding = "Identity");
        CollectingViewer viewer = follow(source(""));
        viewer.awaitLine("one");
        gateway.append(bytes("two\n"));
        gateway.with(() -> gateway.encoding = "gzip");
        EndReason end = viewer.awaitEnd();
        assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        assertThat(end.message()).contains("gzip");
        assertThat(viewer.lines()).isSubsetOf("one", "two");
    }

    @Test
    void logThatIsNotThere_ends_whenItIsSaidToBeComplete() {
        gateway.with(() -> gateway.isMissing = true);
        CollectingViewer viewer = follow(source(""));
        viewer.awaitEvent(Kind.WAITING);
        complete();
        assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
    }

    @Test
    void numberOfAnArray_isNoLog() {
        FakeQuery query = new FakeQuery();
        JobFields task = new JobFields();
        task.id = 13;
        task.arrayId = 12;
        task.taskId = 1;
        task.state("RUNNING");
        query.jobs = List.of(task.job());
        try (SlurmCluster cluster = query.cluster()) {
            EndReason end = follow(source("").cluster(cluster)).awaitEnd();
            assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(end.message()).contains("is an array");
        }
    }

    /** Otherwise each try would leave one open. */
    @Test
    void connectionOfAnAnswerThatIsLate_isClosed() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            HttpChunkSource source = HttpChunkSource.builder(
                            "http://127.0.0.1:" + silent.getLocalPort() + "/{job_id}", "12")
                    .timeout(Duration.ofMillis(100))
                    .build();
            CollectingViewer viewer = new CollectingViewer();
            hub.open("silent", source)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            int asked = 0;
            while (asked == 0) { // a try may be over before it has asked
                try (Socket socket = silent.accept()) {
                    socket.setSoTimeout(60_000);
                    asked = socket.getInputStream().readAllBytes().length; // to the end
                }
            }
            viewer.awaitEvent(Kind.RECONNECTING);
            assertThat(viewer.events().toString()).contains("did not answer within PT0.1S");
        }
    }

    @Test
    void serverThatDoesNotAnswer_isAnOutage() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CollectingViewer viewer = new CollectingViewer();
            HttpChunkSource source = HttpChunkSource.builder(
                            "http://127.0.0.1:" + silent.getLocalPort() + "/{job_id}", "12")
                    .timeout(Duration.ofMillis(100))
                    .build();
            hub.open("silent", source)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.awaitEvent(Kind.RECONNECTING);
        }
    }

    /** The part is announced, and never comes. */
    @Test
    void answerThatIsCutOff_isAnOutage_andNothingOfItIsTaken() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> {
                for (String body : List.of("half a l", "half a line\n")) {
                    try (Socket socket = server.accept();
                            InputStream in = socket.getInputStream()) {
                        in.read(new byte[8192]);
                        socket.getOutputStream()
                                .write(bytes("HTTP/1.1 206 OK\r\nContent-Length: 12\r\nContent-Range: bytes 0-11/12\r\n"
                                        + "X-Job-Complete: true\r\nConnection: close\r\n\r\n" + body));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            answering.start();
            CollectingViewer viewer = new CollectingViewer();
            HttpChunkSource source = HttpChunkSource.builder(
                            "http://127.0.0.1:" + server.getLocalPort() + "/{job_id}", "12")
                    .completeHeader("x-job-complete", "TRUE")
                    .build();
            hub.open("cut", source)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
            viewer.awaitEnd();
            assertThat(viewer.lines()).containsExactly("half a line");
            assertThat(viewer.kinds()).contains(Kind.RECONNECTING);
            answering.join();
        }
    }

    @Test
    void logEnds_whenTheJobIsOver_andNothingCameSince() throws Exception {
        FakeQuery query = new FakeQuery();
        query.says("PENDING", "/out");
        gateway.with(() -> gateway.isMissing = true);
        try (SlurmCluster cluster = query.cluster()) {
            HttpChunkSource source = HttpChunkSource.builder(gateway.template(), "12")
                    .cluster(cluster)
                    .channel(Channel.STDERR)
                    .pollInterval(Duration.ofMillis(500))
                    .settleTime(Duration.ofSeconds(5))
                    .build();
            ManualContext context = new ManualContext();
            ManualContext.Sink sink = new ManualContext.Sink();
            try (LogReader reader = source.open(Start.beginning(), context)) {
                pass(Duration.ofSeconds(3), reader, sink, context);
                assertThat(sink.told.toString()).contains("WAITING");
                query.says("RUNNING", "/out");
                query.awaitAnswers(2);
                gateway.with(() -> gateway.isMissing = false);
                gateway.append(bytes("one\n"));
                pass(Duration.ofSeconds(3), reader, sink, context);
                assertThat(sink.text(Channel.STDERR)).isEqualTo("one\n");
                query.says("COMPLETED", "/out");
                query.awaitAnswers(2);
                pass(Duration.ofSeconds(3), reader, sink, context);
                gateway.append(bytes("late\n"));
                pass(Duration.ofSeconds(2), reader, sink, context);
                assertThat(sink.text(Channel.STDERR)).isEqualTo("one\nlate\n");
                assertThat(sink.told.toString()).contains("APPEARED").doesNotContain("FINISHED");
                assertThat(pass(Duration.ofMinutes(1), reader, sink, context)).isEqualTo(LogReader.Outcome.END);
                assertThat(sink.last).isNotNull();
                assertThat(sink.last.kind()).isEqualTo(Kind.FINISHED);
                assertThat(sink.last.exitCode()).hasValue(0);
            }
        }
    }

    @Test
    void logThatIsNotFollowed_endsWhereItEndsNow_andMustBeThere() {
        gateway.append(bytes("a line\n".repeat(1000)));
        CollectingViewer viewer = follow(
                HttpChunkSource.builder(gateway.template(), "12").follow(false).chunkBytes(1024));
        viewer.awaitEnd();
        assertThat(viewer.lines()).hasSize(1000);
        gateway.with(() -> gateway.isMissing = true);
        CollectingViewer none = new CollectingViewer();
        hub.open(
                        "none",
                        HttpChunkSource.builder(gateway.template(), "13")
                                .follow(false)
                                .build())
                .subscribe(none);
        assertThat(none.awaitEnd().message()).contains("there is no log at");
    }

    @Test
    void addresses_areChecked_andTellNoSecrets() {
        HttpChunkSource source = HttpChunkSource.builder("https://me:word@host/{job_id}/o?key=secret", "12+1")
                .build();
        assertThat(source.identity()).matches("slurm-http:https://host/12%2B1/o:[0-9a-f]{8}:12\\+1:STDOUT");
        HttpChunkSource other = HttpChunkSource.builder("https://me:word@host/{job_id}/o?key=other", "12+1")
                .build();
        assertThat(other.identity()).isNotEqualTo(source.identity());
        assertThat(HttpChunkSource.builder("https://you@host/{job_id}/o?key=other", "12+1")
                        .build()
                        .identity())
                .isEqualTo(other.identity());
        assertThatThrownBy(() -> HttpChunkSource.builder("http://me:word@h/{job_id} ?key=secret", "12"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("word")
                .hasMessageNotContaining("secret")
                .hasNoCause();
        for (String wrong : List.of("ftp://h/{job_id}", "http://h/12", "http:///{job_id}", "http://h/{job_id} ")) {
            assertThatThrownBy(() -> HttpChunkSource.builder(wrong, "12")).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
