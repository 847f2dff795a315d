package io.logstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ResumeTokenTest {
    private final LogHub hub = LogHub.create();

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private ResumeToken tokenOf(String id, LogSource source) throws Exception {
        Recorder viewer = new Recorder();
        hub.open(id, source).subscribe(viewer);
        return viewer.awaitLines(1).lastToken();
    }

    private ResumeToken token() throws Exception {
        return tokenOf("stream", MemoryLog.ofLines("source", 3));
    }

    private static SubscribeOptions after(String id, ResumeToken token) {
        return SubscribeOptions.builder().replay(Replay.after(id, token)).build();
    }

    // ---- forms

    @Test
    void printedAndBinaryForm_leadBackToTheSameToken() throws Exception {
        ResumeToken token = token();
        assertThat(ResumeToken.parse(token.toString())).isEqualTo(token).hasSameHashCodeAs(token);
        assertThat(ResumeToken.parse("  " + token + "\n")).isEqualTo(token);
        assertThat(ResumeToken.ofBytes(token.toBytes())).isEqualTo(token).hasToString(token.toString());
    }

    @Test
    void token_isImmutable() throws Exception {
        ResumeToken token = token();
        byte[] bytes = token.toBytes();
        ResumeToken same = ResumeToken.ofBytes(bytes);
        Arrays.fill(bytes, (byte) 0);
        Arrays.fill(token.toBytes(), (byte) 0);
        assertThat(same).isEqualTo(token);
    }

    @Test
    void printedForm_isOfSafeCharacters() throws Exception {
        assertThat(token().toString()).matches("[A-Za-z0-9_-]+");
    }

    @Test
    void token_isAtMostOneKibibyte_alsoWithTheGreatestPosition() throws Exception {
        byte[] greatest = new byte[SourcePosition.MAX_BYTES];
        new Random(1).nextBytes(greatest);
        ResumeToken token = tokenOf("s", new OnePosition(greatest));
        assertThat(token.toBytes()).hasSizeBetween(SourcePosition.MAX_BYTES, 1024);
        assertThat(token.toString()).hasSizeLessThanOrEqualTo(1024);
        assertThat(ResumeToken.parse(token.toString())).isEqualTo(token);
    }

    @Test
    void token_tellsNothingOfWhatIsRead() throws Exception {
        ResumeToken token = tokenOf("job-secret-17", MemoryLog.ofLines("file:/home/secret/app.log", 3));
        String latin1 = new String(token.toBytes(), StandardCharsets.ISO_8859_1);
        for (String told : List.of("job", "secret", "17", "file", "home", "app", "log")) {
            assertThat(latin1).doesNotContainIgnoringCase(told);
        }
    }

    // ---- damage

    @Test
    void damagedTokens_giveOneKindOfException() throws Exception {
        ResumeToken token = token();
        byte[] good = token.toBytes();
        Random random = new Random(20260101);
        int refused = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] bad = damaged(good, random);
            boolean changed = !Arrays.equals(bad, good);
            refused += check(() -> ResumeToken.ofBytes(bad), changed) ? 1 : 0;
        }
        assertThat(refused).isGreaterThan(90_000);
    }

    @Test
    void damagedPrintedTokens_giveOneKindOfException() throws Exception {
        ResumeToken token = token();
        byte[] good = token.toString().getBytes(StandardCharsets.ISO_8859_1);
        Random random = new Random(20260102);
        for (int i = 0; i < 100_000; i++) {
            String bad = new String(damaged(good, random), StandardCharsets.ISO_8859_1);
            boolean changed;
            try {
                changed = !Arrays.equals(Base64.getUrlDecoder().decode(bad.strip()), token.toBytes());
            } catch (IllegalArgumentException e) {
                changed = true;
            }
            check(() -> ResumeToken.parse(bad), changed);
        }
    }

    @Test
    void tokensWithRightChecksumAndWrongContent_giveOneKindOfException() throws Exception {
        byte[] good = token().toBytes();
        Random random = new Random(20260103);
        for (int i = 0; i < 100_000; i++) {
            byte[] bad = damaged(good, random);
            if (bad.length > 5) {
                java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
                crc.update(bad, 0, bad.length - 4);
                ByteBuffer.wrap(bad).putInt(bad.length - 4, (int) crc.getValue());
            }
            try {
                assertThat(ResumeToken.ofBytes(bad).toBytes()).isEqualTo(bad);
            } catch (LogStreamException e) {
                assertThat(e).hasMessageStartingWith("resume token can't be used: ");
            }
        }
    }

    private static byte[] damaged(byte[] good, Random random) {
        byte[] bad = good.clone();
        switch (random.nextInt(5)) {
            case 0 -> bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bad = Arrays.copyOf(bad, random.nextInt(bad.length + 50));
            case 2 -> random.nextBytes(bad);
            case 3 -> {
                for (int n = random.nextInt(8); n >= 0; n--) {
                    bad[random.nextInt(bad.length)] = (byte) random.nextInt();
                }
            }
            default -> bad = Arrays.copyOfRange(bad, random.nextInt(bad.length), bad.length);
        }
        return bad;
    }

    /** Returns whether it was refused. */
    private static boolean check(Runnable reading, boolean changed) {
        try {
            reading.run();
            assertThat(changed).isFalse();
            return false;
        } catch (LogStreamException e) {
            assertThat(changed).isTrue();
            assertThat(e).hasMessageStartingWith("resume token can't be used: ");
            return true;
        }
    }

    @Test
    void otherVersion_isNamed() throws Exception {
        byte[] bytes = token().toBytes();
        bytes[0] = 77;
        assertThatThrownBy(() -> ResumeToken.ofBytes(bytes))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("version is 77");
    }

    @Test
    void emptyOrForeignText_isRefused() {
        for (String text : List.of("", " ", "?", "hello", "AAAA", "=", "\u20ac")) {
            assertThatThrownBy(() -> ResumeToken.parse(text)).isInstanceOf(LogStreamException.class);
        }
    }

    // ---- whose it is

    @Test
    void tokenOfAnotherStream_isRefused() throws Exception {
        ResumeToken token = token();
        Broadcaster other = hub.open("other", MemoryLog.ofLines("source", 3));
        assertThatThrownBy(() -> other.subscribe(after("other", token), new Recorder()))
                .isInstanceOf(LogStreamException.class)
                .hasMessage("resume token can't be used for stream 'other': it was made for a stream with another id");
        assertThatThrownBy(() -> other.tail(after("other", token))).isInstanceOf(LogStreamException.class);
        assertThat(hub.stats().subscribers()).isEqualTo(1);
        assertThat(other.stats().state()).isEqualTo(Broadcaster.State.IDLE);
    }

    @Test
    void tokenOfAnotherSource_isRefused() throws Exception {
        ResumeToken token = token();
        hub.find("stream").orElseThrow().close();
        Broadcaster again = hub.open("stream", MemoryLog.ofLines("another source", 3));
        assertThatThrownBy(() -> again.subscribe(after("stream", token), new Recorder()))
                .isInstanceOf(LogStreamException.class)
                .hasMessage("resume token can't be used for stream 'stream': the stream read another source when it was"
                        + " made");
    }

    @Test
    void tokenForAnotherIdInTheMap_isNotLookedAt() throws Exception {
        ResumeToken token = token();
        Recorder viewer = new Recorder();
        hub.find("stream").orElseThrow().subscribe(after("somebody else's", token), viewer);
        assertThat(viewer.awaitLines(3).texts()).containsExactly("0", "1", "2");
    }

    // ---- where it leads

    @Test
    void token_leadsToExactlyWhatFollows_whileTheStreamRuns() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 100);
        Broadcaster stream = hub.open("s", log);
        try (LogCursor cursor = stream.tail(SubscribeOptions.defaults())) {
            for (int i = 0; i < 100; i++) {
                LogLine line = (LogLine) cursor.await(java.time.Duration.ofSeconds(30));
                assertThat(line.text()).isEqualTo("" + i);
                Recorder viewer = new Recorder();
                ResumeToken token = cursor.tokens().get("s");
                try (Subscription resumed = stream.subscribe(after("s", token), viewer)) {
                    viewer.awaitLines(99 - i).check();
                    assertThat(resumed.stats().joined()).isEqualTo(i + 1);
                    assertThat(viewer.texts()).startsWith(i == 99 ? new String[0] : new String[] {"" + (i + 1)});
                }
            }
        }
    }

    @Test
    void token_leadsToExactlyWhatFollows_inANewRun() throws Exception {
        MemoryLog log = MemoryLog.ofLines("source", 5000);
        Recorder first = new Recorder();
        Subscription subscription = hub.open("s", log)
                .subscribe(
                        SubscribeOptions.builder()
                                .replay(Replay.all())
                                .batchLines(777)
                                .build(),
                        first);
        first.awaitLines(5000);
        ResumeToken token = subscription.tokens().get("s");
        hub.close();
        log.write("new\n");
        try (LogHub later = LogHub.create()) {
            Recorder second = new Recorder();
            later.open("s", log).subscribe(after("s", ResumeToken.parse(token.toString())), second);
            second.awaitLines(1).check();
            assertThat(second.texts()).containsExactly("new");
            assertThat(((LogLine) second.entries().get(0)).lineNumber()).isEqualTo(5001);
            assertThat(second.gaps()).isEmpty();
        }
    }

    @Test
    void tokenInTheMiddleOfALine_leadsToItsRest() throws Exception {
        MemoryLog log = new MemoryLog("source").write("one\nhal");
        StreamOptions quick = StreamOptions.builder()
                .partialAfter(java.time.Duration.ofMillis(1))
                .build();
        Recorder first = new Recorder();
        hub.open("s", log, quick).subscribe(first);
        ResumeToken token = first.awaitText("hal").lastToken();
        hub.close();
        log.write("f a line\nnext\n");
        try (LogHub later = LogHub.create()) {
            Recorder second = new Recorder();
            later.open("s", log, quick).subscribe(after("s", token), second);
            second.awaitLines(2).check();
            assertThat(second.texts()).containsExactly("f a line", "next");
            assertThat(((LogLine) second.entries().get(0)).isContinuation()).isTrue();
            assertThat(((LogLine) second.entries().get(0)).lineNumber()).isEqualTo(2);
        }
    }

    @Test
    void tokenAtAPlaceWhoseBytesHaveChanged_givesAGapFirst() throws Exception {
        Recorder first = new Recorder();
        hub.open("s", MemoryLog.ofLines("source", 10)).subscribe(first);
        ResumeToken token = first.awaitLines(10).lastToken();
        hub.close();
        MemoryLog other = new MemoryLog("source").write("A\nB\nC\nD\nE\nF\nG\nH\nI\nJ\nK\n");
        try (LogHub later = LogHub.create()) {
            Recorder second = new Recorder();
            later.open("s", other).subscribe(after("s", token), second);
            second.awaitGap().awaitText("K").check();
            assertThat(second.gaps()).hasSize(1);
            assertThat(second.gaps().get(0).reason()).isEqualTo(Gap.Reason.MISMATCH);
        }
    }

    @Test
    void tokenOfASourceWithoutPositions_leadsOnWhileTheStreamRuns_andToAGapLater() throws Exception {
        MemoryLog log = new MemoryLog("source", false).write("one\ntwo\n");
        Recorder first = new Recorder();
        Broadcaster stream = hub.open("s", log);
        stream.subscribe(first);
        ResumeToken token = first.awaitLines(2).lastToken();
        log.write("three\n");
        Recorder second = new Recorder();
        stream.subscribe(after("s", token), second);
        assertThat(second.awaitText("three").texts()).containsExactly("three");
        hub.close();
        try (LogHub later = LogHub.create()) {
            Recorder third = new Recorder();
            later.open("s", log).subscribe(after("s", token), third);
            third.awaitGap().check();
            assertThat(third.gaps().get(0).exact()).isFalse();
        }
    }

    @Test
    void tokensOfAllStreams_leadAMergedViewerOn() throws Exception {
        MemoryLog a = MemoryLog.ofLines("a", 10);
        MemoryLog b = MemoryLog.ofLines("b", 20);
        Recorder first = new Recorder();
        Subscription subscription =
                hub.subscribe(List.of(hub.open("a", a), hub.open("b", b)), SubscribeOptions.defaults(), first);
        first.awaitLines(30);
        Map<String, ResumeToken> tokens = subscription.tokens();
        assertThat(tokens).containsOnlyKeys("a", "b");
        hub.close();
        a.write("more a\n");
        b.write("more b\n");
        try (LogHub later = LogHub.create()) {
            Recorder second = new Recorder();
            later.subscribe(
                    List.of(later.open("a", a), later.open("b", b)),
                    SubscribeOptions.builder().replay(Replay.after(tokens)).build(),
                    second);
            assertThat(second.awaitLines(2).texts()).containsExactlyInAnyOrder("more a", "more b");
            assertThat(second.gaps()).isEmpty();
        }
    }

    /** One line behind a position of any bytes. */
    private static final class OnePosition implements LogSource {
        private final byte[] position;

        OnePosition(byte[] position) {
            this.position = position;
        }

        @Override
        public String identity() {
            return "one";
        }

        @Override
        public LogReader open(Start start, SourceContext context) {
            return new LogReader() {
                private boolean told;

                @Override
                public Outcome read(LineSink sink) {
                    if (!told) {
                        told = true;
                        sink.position(SourcePosition.of(position, 0));
                        sink.bytes(
                                Channel.STDOUT,
                                ByteBuffer.wrap("line\n".getBytes(StandardCharsets.UTF_8)),
                                LineSink.NO_TIME);
                        sink.position(SourcePosition.of(position, 1));
                    }
                    return Outcome.WAIT;
                }

                @Override
                public void close() {}
            };
        }
    }
}
