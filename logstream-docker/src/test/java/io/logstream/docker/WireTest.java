package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** HTTP, frames and times, cut anywhere and broken in every way. */
class WireTest {
    private static final int PART = 40;
    private static final String TIME = "2026-11-20T10:20:13.000000042Z ";
    private static final String HEAD = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static byte[] frame(int type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + bytes.length)
                .put((byte) type)
                .putInt(4, bytes.length)
                .position(8)
                .put(bytes)
                .array();
    }

    private static byte[] response(byte[]... chunks) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HEAD.getBytes(StandardCharsets.US_ASCII));
        for (byte[] chunk : chunks) {
            out.writeBytes((Integer.toHexString(chunk.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(chunk);
            out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static Entries into(List<String> told) {
        return (channel, bytes, from, to, time) -> told.add(
                channel + "@" + time % 1000 + " " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
    }

    private static List<String> read(byte[] response, boolean terminal, int... cuts) throws IOException {
        List<String> told = new ArrayList<>();
        HttpParser parser = new HttpParser();
        HttpParser.Body decoder = terminal ? new TerminalDecoder(into(told), PART) : new FrameDecoder(into(told));
        int from = 0;
        for (int cut : cuts) {
            parser.feed(Arrays.copyOfRange(response, from, cut), 0, cut - from, decoder);
            from = cut;
        }
        parser.feed(response, from, response.length, decoder);
        assertThat(parser.isDone()).isTrue();
        assertThat(parser.header("api-version")).isEqualTo("1.41");
        return told;
    }

    @Test
    void entriesAreTheSame_cutAtEveryTwoBytes() throws IOException {
        byte[] response = response(
                frame(1, TIME + "one\n"), frame(2, TIME + "zw\u00f6lf\n"), frame(1, TIME), frame(0, TIME + "three"));
        List<String> expected = List.of("0@42 one\n", "1@42 zw\u00f6lf\n", "0@42 ", "0@42 three");
        for (int i = 0; i <= response.length; i++) {
            for (int j = i; j <= response.length; j++) {
                assertThat(read(response, false, i, j)).isEqualTo(expected);
            }
        }
    }

    @Test
    void framesAreTheSame_whateverTheChunks() throws IOException {
        byte[] frames = ByteBuffer.allocate(2 * (8 + 35))
                .put(frame(1, TIME + "one\n"))
                .put(frame(2, TIME + "two\n"))
                .array();
        for (int i = 1; i < frames.length; i++) {
            byte[] response = response(Arrays.copyOf(frames, i), Arrays.copyOfRange(frames, i, frames.length));
            assertThat(read(response, false)).containsExactly("0@42 one\n", "1@42 two\n");
        }
    }

    @Test
    void entriesOfATerminal_endWithLineOrChunk_cutAtEveryByte() throws IOException {
        byte[] response = response(
                (TIME + "\u0001\0\0\0ABCD\r\n").getBytes(StandardCharsets.UTF_8),
                (TIME + "part of a line that is as long as a part must be").getBytes(StandardCharsets.UTF_8),
                (TIME + " line\r\n" + TIME + "glued\r\n").getBytes(StandardCharsets.UTF_8));
        List<String> expected = List.of(
                "0@42 \u0001\0\0\0ABCD\r\n",
                "0@42 part of a line that is as long as a part must be",
                "0@42  line\r\n",
                "0@42 glued\r\n");
        for (int i = 0; i <= response.length; i++) {
            assertThat(read(response, true, i)).isEqualTo(expected);
        }
    }

    @Test
    void shortChunksOfATerminal_endNoEntry() throws IOException {
        byte[] log = (TIME + "one line\r\n" + TIME + "another\r\n").getBytes(StandardCharsets.UTF_8);
        List<String> expected = List.of("0@42 one line\r\n", "0@42 another\r\n");
        for (int i = 1; i < log.length; i++) {
            byte[] response = response(Arrays.copyOf(log, i), Arrays.copyOfRange(log, i, log.length));
            assertThat(read(response, true)).isEqualTo(expected);
        }
    }

    @Test
    void countedLogOfATerminal_isNotCutWhereItsBytesAre() throws IOException {
        byte[] log = (TIME + "a line that is long\n").getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: " + log.length + "\r\n\r\n";
        byte[] response = ByteBuffer.allocate(head.length() + log.length)
                .put(head.getBytes(StandardCharsets.US_ASCII))
                .put(log)
                .array();
        for (int i = 0; i <= response.length; i++) {
            assertThat(read(response, true, i)).containsExactly("0@42 a line that is long\n");
        }
    }

    @Test
    void countedAndEndlessBodies_areRead() throws IOException {
        for (String head : List.of("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "HTTP/1.0 200 OK\n\n")) {
            byte[] response = (head + "body").getBytes(StandardCharsets.US_ASCII);
            for (int cut = 0; cut <= response.length; cut++) {
                ByteArrayOutputStream body = new ByteArrayOutputStream();
                HttpParser parser = new HttpParser();
                parser.feed(response, 0, cut, (b, from, to, end) -> body.write(b, from, to - from));
                parser.feed(response, cut, response.length, (b, from, to, end) -> body.write(b, from, to - from));
                assertThat(body).hasToString("body");
                assertThat(parser.isDone()).isEqualTo(head.contains("Length"));
            }
        }
    }

    @Test
    void lossOfTheConnection_isAnError_exceptBehindTheEnd() throws IOException {
        byte[] response = response(frame(1, TIME + "one\n"));
        for (int length = 0; length <= response.length; length++) {
            HttpParser parser = new HttpParser();
            parser.feed(response, 0, length, (b, from, to, end) -> {});
            if (length == response.length) {
                parser.endOfConnection();
            } else {
                assertThatThrownBy(parser::endOfConnection).isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void brokenAnswers_areErrors_andNothingElse() {
        Random random = new Random(7);
        byte[] good = response(frame(1, TIME + "one\n"), frame(2, TIME + "two\n"));
        for (int i = 0; i < 200_000; i++) {
            byte[] bad = good.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            HttpParser parser = new HttpParser();
            HttpParser.Body decoder = new FrameDecoder(into(new ArrayList<>()));
            try {
                int cut = random.nextInt(bad.length);
                parser.feed(bad, 0, cut, decoder);
                parser.feed(bad, cut, bad.length, decoder);
            } catch (IOException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
    }

    @Test
    void messageOfTheDaemonItself_isAnError() {
        byte[] response = response(frame(1, TIME + "one\n"), frame(3, "Error grabbing logs: EOF\n"));
        assertThatThrownBy(() -> read(response, false))
                .isInstanceOf(IOException.class)
                .hasMessage("the daemon says: Error grabbing logs: EOF");
    }

    @Test
    void times_areReadInEveryForm() throws IOException {
        Stamp stamp = new Stamp();
        String[] same = {
            "2026-11-20T10:20:13Z ",
            "2026-11-20T10:20:13.0Z ",
            "2026-11-20T11:50:13.000+01:30 ",
            "2026-11-20T08:20:13.000000000-02:00 "
        };
        for (String text : same) {
            byte[] bytes = (text + "line").getBytes(StandardCharsets.US_ASCII);
            assertThat(stamp.read(bytes, 0, bytes.length)).isEqualTo(1795170013_000000000L);
            assertThat(stamp.length()).isEqualTo(text.length());
        }
        byte[] next = "2026-11-20T10:20:59.123456789Z ".getBytes(StandardCharsets.US_ASCII);
        assertThat(stamp.read(next, 0, next.length)).isEqualTo(1795170059_123456789L);
        for (String none : List.of(
                "",
                "2026-11-20T10:20:13Z",
                "2026-11-20 10:20:13Z ",
                "2026-13-20T10:20:13Z x",
                "2026-11-20T10:20:13z ",
                "no time at all, but a long text")) {
            byte[] bytes = none.getBytes(StandardCharsets.US_ASCII);
            assertThatThrownBy(() -> stamp.read(bytes, 0, bytes.length)).isInstanceOf(IOException.class);
        }
    }
}
