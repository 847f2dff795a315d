package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Text, with the updates that carriage returns make. */
class TextOutputTest {
    private static final String OVER = "\r\u001b[K";
    private static final StreamOptions UPDATES = StreamOptions.builder()
            .carriageReturnUpdates(true)
            .partialAfter(Duration.ZERO)
            .build();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream notes = new ByteArrayOutputStream();

    /** Does something to a feed, and returns what a viewer of all of it has written. */
    private interface Doing {
        void on(LogFeed feed);
    }

    private String shown(boolean names, boolean terminal, Doing doing) throws Exception {
        TextOutput.Style style = new TextOutput.Style(names, false, false, terminal);
        PrintStream to = new PrintStream(notes, true, StandardCharsets.UTF_8);
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("app", UPDATES);
            doing.on(feed);
            feed.close();
            Subscription all = hub.subscribe(
                    List.of(feed.broadcaster()),
                    SubscribeOptions.builder().replay(Replay.all()).build(),
                    new Printer(new TextOutput(new ByteOut(out), to, style)));
            assertThat(all.awaitEnd(Duration.ofSeconds(30))).isTrue();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void write(LogFeed feed, Channel channel, String text) {
        feed.bytes(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void updates_overwriteEachOther_onATerminal() throws Exception {
        assertThat(shown(false, true, feed -> write(feed, Channel.STDOUT, "10%\r20%\r100%\nnext\n")))
                .isEqualTo("10%" + OVER + "20%" + OVER + "100%\nnext\n");
    }

    @Test
    void updatesThatBeginWithTheCarriageReturn_overwriteEachOther_onATerminal() throws Exception {
        assertThat(shown(false, true, feed -> write(feed, Channel.STDOUT, "\r10%\r20%\n")))
                .isEqualTo(OVER + "10%" + OVER + "20%\n");
    }

    @Test
    void emptyUpdate_leavesWhatIsShown() throws Exception {
        assertThat(shown(false, true, feed -> write(feed, Channel.STDOUT, "10%\r100%\r\r\nnext\n")))
                .isEqualTo("10%" + OVER + "100%\nnext\n");
    }

    @Test
    void updates_areLines_elsewhere() throws Exception {
        assertThat(shown(false, false, feed -> write(feed, Channel.STDOUT, "10%\r20%\r100%\nnext\nlast\r")))
                .isEqualTo("10%\n20%\n100%\nnext\nlast\n");
    }

    @Test
    void emptyUpdates_areNoLines_elsewhere() throws Exception {
        assertThat(shown(false, false, feed -> write(feed, Channel.STDOUT, "\r10%\r\r20%\r\r\nnext\n\nlast\r\n")))
                .isEqualTo("10%\n20%\nnext\n\nlast\n");
    }

    @Test
    void update_isEndedByALineFeed_beforeAnotherChannel() throws Exception {
        assertThat(shown(false, true, feed -> {
                    write(feed, Channel.STDERR, "10%\r2");
                    write(feed, Channel.STDOUT, "hello\n");
                    write(feed, Channel.STDERR, "0%\r30%\n");
                }))
                .isEqualTo("10%\nhello\n20%" + OVER + "30%\n");
    }

    @Test
    void update_isEndedByALineFeed_beforeANoteAndTheEnd() throws Exception {
        assertThat(shown(false, true, feed -> {
                    write(feed, Channel.STDOUT, "10%\r2");
                    feed.event(SourceEvent.of(SourceEvent.Kind.RESTARTED, ""));
                    write(feed, Channel.STDOUT, "0%\r");
                }))
                .isEqualTo("10%\n20%\n");
        assertThat(notes.toString(StandardCharsets.UTF_8)).startsWith("-- restarted --");
    }

    @Test
    void everyUpdate_beginsWithTheName() throws Exception {
        assertThat(shown(true, true, feed -> write(feed, Channel.STDOUT, "10%\r20%\n")))
                .isEqualTo("app | 10%" + OVER + "app | 20%\n");
    }

    @Test
    void updates_keepWhatCouldActOnTheTerminal_fromIt() throws Exception {
        assertThat(shown(false, true, feed -> write(feed, Channel.STDOUT, "\u001b[31m1\r\u001b[2J2\n")))
                .isEqualTo("\\x1b[31m1" + OVER + "\\x1b[2J2\n");
    }
}
