package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Secrets are replaced before anyone sees them. */
class MaskTest {
    private static final StreamOptions MASKED = StreamOptions.builder()
            .mask(Pattern.compile("(?<=password=)[^ ]+|\\b[0-9]{4}-[0-9]{4}\\b"))
            .partialAfter(Duration.ofMillis(1))
            .build();

    private final LogHub hub = LogHub.create();

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private static Recorder watch(Broadcaster stream) {
        Recorder viewer = new Recorder();
        stream.subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    @Test
    void everyMatch_isReplaced_forLiveAndLateViewers() throws Exception {
        LogFeed feed = hub.feed("s", MASKED);
        Recorder live = watch(feed.broadcaster());
        feed.line("user=a password=hunter2 card 1234-5678 and 8765-4321");
        feed.line("nothing secret");
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap("password=geheim\u00e4 x\r\n".getBytes(StandardCharsets.UTF_8)));
        live.awaitLines(3).check();
        Recorder late = watch(feed.broadcaster()).awaitLines(3);
        for (Recorder viewer : new Recorder[] {live, late}) {
            assertThat(viewer.texts())
                    .containsExactly("user=a password=*** card *** and ***", "nothing secret", "password=*** x");
        }
        LogLine third = (LogLine) late.entries().get(2);
        assertThat(third.ending()).isEqualTo(LogLine.Ending.CRLF);
        assertThat(new String(bytes(third), StandardCharsets.UTF_8)).isEqualTo("password=*** x");
    }

    private static byte[] bytes(LogLine line) {
        byte[] bytes = new byte[line.length()];
        line.copyTo(bytes, 0);
        return bytes;
    }

    @Test
    void secretCutAcrossReads_isReplaced_sinceNoPartIsShownBeforeItsLineEnds() throws Exception {
        LogFeed feed = hub.feed("s", MASKED);
        Recorder viewer = watch(feed.broadcaster());
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap("password=hun".getBytes(StandardCharsets.UTF_8)));
        feed.line(Channel.STDERR, "a line meanwhile");
        viewer.awaitText("a line meanwhile");
        LogFeed open = hub.feed(
                "open",
                StreamOptions.builder().partialAfter(MASKED.partialAfter()).build());
        open.bytes(Channel.STDOUT, ByteBuffer.wrap("a part".getBytes(StandardCharsets.UTF_8)));
        watch(open.broadcaster()).awaitText("a part"); // the quiet time is over
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap("ter2 x\n".getBytes(StandardCharsets.UTF_8)));
        viewer.awaitText("password=*** x").check();
        assertThat(viewer.texts()).containsExactly("a line meanwhile", "password=*** x");
    }

    @Test
    void everyUpdateOfALine_isMasked() throws Exception {
        LogFeed feed =
                hub.feed("s", MASKED.toBuilder().carriageReturnUpdates(true).build());
        Recorder viewer = watch(feed.broadcaster());
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap("password=one 1%\rpassword=two\r".getBytes(StandardCharsets.UTF_8)));
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap("2%\n".getBytes(StandardCharsets.UTF_8)));
        viewer.awaitLines(3).check();
        assertThat(viewer.texts()).containsExactly("password=*** 1%", "password=***", "2%");
        assertThat(viewer.entries().stream().filter(LogLine.class::isInstance).map(entry -> ((LogLine) entry).ending()))
                .containsExactly(LogLine.Ending.CR, LogLine.Ending.CR, LogLine.Ending.LF);
    }

    @Test
    void unfinishedLineAtTheEnd_isMasked() throws Exception {
        LogFeed feed = hub.feed("s", MASKED);
        Recorder viewer = watch(feed.broadcaster());
        feed.bytes(Channel.STDOUT, ByteBuffer.wrap("password=hunter2".getBytes(StandardCharsets.UTF_8)));
        feed.close();
        assertThat(viewer.awaitEnd().check().texts()).containsExactly("password=***");
    }

    @Test
    void lineOnWhichTheExpressionTakesTooLong_isReplacedWhole() throws Exception {
        StreamOptions hostile =
                StreamOptions.builder().mask(Pattern.compile("(x|y)*z|.*.*=")).build();
        LogFeed feed = hub.feed("s", hostile);
        Recorder viewer = watch(feed.broadcaster());
        feed.line("xy".repeat(32 * 1024));
        feed.line("x".repeat(64 * 1024));
        feed.line("short");
        viewer.awaitLines(3).check();
        assertThat(viewer.texts()).containsExactly("***", "***", "short");
        assertThat(feed.broadcaster().stats().readBytes()).isEqualTo(128 * 1024 + 2 + 6);
    }

    @Test
    void filters_seeTheMaskedLine() throws Exception {
        LogFeed feed = hub.feed("s", MASKED);
        Recorder viewer = new Recorder();
        Subscription subscription = feed.broadcaster()
                .subscribe(
                        SubscribeOptions.builder()
                                .filter(LogFilter.contains("hunter2"))
                                .build(),
                        viewer);
        feed.line("password=hunter2");
        eventually("it is judged", () -> subscription.stats().filtered() == 1);
        assertThat(viewer.texts()).isEmpty();
    }

    @Test
    void tokensOfAMaskedStream_leadOnExactly_andTellNothing() throws Exception {
        MemoryLog log = new MemoryLog("source").write("password=hunter2\nplain\n");
        Recorder first = watch(hub.open("s", log, MASKED)).awaitLines(2);
        ResumeToken token = first.lastToken();
        hub.close();
        log.write("password=hunter3\n");
        try (LogHub later = LogHub.create()) {
            Recorder second = new Recorder();
            later.open("s", log, MASKED)
                    .subscribe(
                            SubscribeOptions.builder()
                                    .replay(Replay.after("s", token))
                                    .build(),
                            second);
            assertThat(second.awaitLines(1).check().texts()).containsExactly("password=***");
            assertThat(second.gaps()).isEmpty();
        }
    }

    @Test
    void replacementText_isTakenLiterally() throws Exception {
        StreamOptions groups =
                StreamOptions.builder().mask(Pattern.compile("(a)(b)")).build();
        LogFeed feed = hub.feed("s", groups);
        Recorder viewer = watch(feed.broadcaster());
        feed.line("$1 ab \\ ab");
        assertThat(viewer.awaitLines(1).texts()).containsExactly("$1 *** \\ ***");
    }
}
