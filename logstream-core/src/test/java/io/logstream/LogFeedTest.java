package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lines from the program itself. */
class LogFeedTest {
    private final LogHub hub = LogHub.create();

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private static Recorder watch(LogFeed feed) {
        Recorder viewer = new Recorder();
        feed.broadcaster()
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void lines_areShown_toEarlyAndLateViewers() throws Exception {
        LogFeed feed = hub.feed("s");
        feed.line("before");
        Recorder viewer = watch(feed);
        feed.line(Channel.STDERR, "after");
        feed.line("");
        feed.line("two\nlines");
        viewer.awaitLines(5).check();
        assertThat(viewer.texts()).containsExactly("before", "after", "", "two", "lines");
        assertThat(viewer.events()).containsExactly(SourceEvent.Kind.CAUGHT_UP);
        List<LogLine> lines = lines(viewer);
        assertThat(lines.get(0).channel()).isEqualTo(Channel.STDOUT);
        assertThat(lines.get(1).channel()).isEqualTo(Channel.STDERR);
        assertThat(lines.get(1).lineNumber()).isEqualTo(2);
        assertThat(lines.get(1).ending()).isEqualTo(LogLine.Ending.LF);
        assertThat(feed.broadcaster().stats().state()).isEqualTo(Broadcaster.State.LIVE);
        assertThat(hub.find("s")).containsSame(feed.broadcaster());
    }

    private static List<LogLine> lines(Recorder viewer) {
        return viewer.entries().stream()
                .filter(LogLine.class::isInstance)
                .map(LogLine.class::cast)
                .toList();
    }

    @Test
    void text_isEncodedWithTheStreamsCharset() throws Exception {
        LogFeed feed = hub.feed(
                "s",
                StreamOptions.builder().charset(StandardCharsets.ISO_8859_1).build());
        feed.line("gr\u00fcn");
        Recorder viewer = watch(feed).awaitLines(1);
        assertThat(viewer.texts()).containsExactly("gr\u00fcn");
        assertThat(lines(viewer).get(0).length()).isEqualTo(4);
    }

    @Test
    void bytes_areCutIntoLines_copiedAndConsumed() throws Exception {
        LogFeed feed = hub.feed("s");
        Recorder viewer = watch(feed);
        byte[] given = "xxone\r\ntwo\nhalxx".getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.wrap(given, 2, given.length - 4);
        feed.bytes(Channel.STDOUT, buffer);
        assertThat(buffer.hasRemaining()).isFalse();
        Arrays.fill(given, (byte) '#');
        feed.bytes(Channel.STDERR, bytes("other\n"));
        feed.bytes(Channel.STDOUT, bytes("f\n").asReadOnlyBuffer());
        viewer.awaitLines(4).check();
        assertThat(viewer.texts()).containsExactly("one", "two", "other", "half");
        assertThat(lines(viewer).get(0).ending()).isEqualTo(LogLine.Ending.CRLF);
    }

    @Test
    void unfinishedLine_isShownAfterTheQuietTime() throws Exception {
        LogFeed feed = hub.feed(
                "s", StreamOptions.builder().partialAfter(Duration.ofMillis(1)).build());
        Recorder viewer = watch(feed);
        feed.bytes(Channel.STDOUT, bytes("prompt> "));
        viewer.awaitText("prompt> ");
        feed.bytes(Channel.STDOUT, bytes("answer\n"));
        viewer.awaitText("answer").check();
        assertThat(lines(viewer).get(0).isPartial()).isTrue();
        assertThat(lines(viewer).get(1).isContinuation()).isTrue();
    }

    @Test
    void events_standAtTheirPlaces() throws Exception {
        LogFeed feed = hub.feed("s");
        feed.line("a");
        feed.event(SourceEvent.of(SourceEvent.Kind.RESTARTED, "again"));
        feed.line("b");
        Recorder viewer = watch(feed).awaitLines(2).check();
        assertThat(viewer.entries().get(1))
                .isEqualTo(SourceEvent.of(SourceEvent.Kind.RESTARTED, "again").at("s", 1));
    }

    @Test
    void close_endsTheStreamAsCompleted_withItsUnfinishedLine() throws Exception {
        LogFeed feed = hub.feed("s");
        Recorder viewer = watch(feed);
        feed.bytes(Channel.STDOUT, bytes("a\nunfinished"));
        feed.close();
        feed.close();
        viewer.awaitEnd().check();
        assertThat(viewer.texts()).containsExactly("a", "unfinished");
        assertThat(viewer.end()).isEqualTo(EndReason.Kind.COMPLETED);
        assertThat(watch(feed).awaitEnd().check().texts()).containsExactly("a", "unfinished");
    }

    @Test
    void publishingAfterTheEnd_isRefused() {
        LogFeed closed = hub.feed("closed");
        closed.close();
        LogFeed streamClosed = hub.feed("stream closed");
        streamClosed.broadcaster().close();
        LogFeed hubClosed = hub.feed("hub closed");
        hub.close();
        for (LogFeed feed : List.of(closed, streamClosed, hubClosed)) {
            assertThatThrownBy(() -> feed.line("late"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
            assertThatThrownBy(() -> feed.bytes(Channel.STDOUT, bytes("late")))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> feed.event(SourceEvent.of(SourceEvent.Kind.RESTARTED, "")))
                    .isInstanceOf(IllegalStateException.class);
            feed.close();
        }
        assertThat(hub.stats().retainedBytes()).isZero();
    }

    @Test
    void closedFeedWithoutViewers_isForgottenAfterTheLinger() throws Exception {
        LogFeed feed = hub.feed(
                "s", StreamOptions.builder().linger(Duration.ofMillis(1)).build());
        feed.line("a");
        feed.close();
        eventually("it is forgotten", () -> hub.find("s").isEmpty());
        assertThat(hub.stats().retainedBytes()).isZero();
        hub.feed("s").line("a new one");
    }

    @Test
    void openFeedWithoutViewers_isKept() throws Exception {
        LogFeed feed =
                hub.feed("s", StreamOptions.builder().linger(Duration.ZERO).build());
        feed.line("a");
        watch(feed).awaitLines(1);
        Recorder brief = new Recorder();
        feed.broadcaster().subscribe(brief).close();
        feed.line("b");
        assertThat(watch(feed).awaitLines(2).texts()).containsExactly("a", "b");
    }

    @Test
    void manyThreads_publishWholeLines_eachInItsOrder() throws Exception {
        int threads = 8;
        int lines = 5000;
        LogFeed feed = hub.feed("s");
        Recorder viewer = watch(feed);
        List<Thread> publishers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int number = t;
            publishers.add(new Thread(() -> {
                for (int i = 0; i < lines; i++) {
                    feed.line(number + ":" + i);
                }
            }));
        }
        publishers.forEach(Thread::start);
        for (Thread publisher : publishers) {
            publisher.join();
        }
        feed.close();
        viewer.awaitEnd().check();
        assertThat(viewer.texts()).hasSize(threads * lines);
        int[] next = new int[threads];
        for (String text : viewer.texts()) {
            String[] parts = text.split(":", -1);
            assertThat(Integer.parseInt(parts[1])).isEqualTo(next[Integer.parseInt(parts[0])]++);
        }
    }

    @Test
    void nulls_areRefused() {
        LogFeed feed = hub.feed("s");
        assertThatThrownBy(() -> feed.line(null, "a")).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> feed.bytes(Channel.STDOUT, null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> feed.event(null)).isInstanceOf(NullPointerException.class);
        feed.line("fine");
        assertThat(feed.broadcaster().stats().tail()).isEqualTo(1);
    }
}
