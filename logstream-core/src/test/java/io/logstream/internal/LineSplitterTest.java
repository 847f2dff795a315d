package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.LogLine;
import io.logstream.LogLine.Ending;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private static final int MAX = 16;

    /** A line as it was handed over, with its terminator. */
    private record Piece(String bytes, Ending ending, boolean continuation) {
        int contentLength() {
            return bytes.length() - (ending == Ending.NONE ? 0 : ending == Ending.CRLF ? 2 : 1);
        }
    }

    private final List<Piece> pieces = new ArrayList<>();
    private final LineSplitter splitter = new LineSplitter(MAX, true, this::take);

    private void take(byte[] source, int from, int length, Ending ending, boolean continuation, long time) {
        pieces.add(new Piece(latin1(Arrays.copyOfRange(source, from, from + length)), ending, continuation));
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void accept(String latin1) {
        byte[] source = bytes("xx" + latin1 + "yy");
        splitter.accept(source, 2, source.length - 2, 1);
    }

    private static Piece whole(String bytes) {
        return new Piece(bytes, bytes.endsWith("\r\n") ? Ending.CRLF : Ending.LF, false);
    }

    private static Piece part(String bytes) {
        return new Piece(bytes, Ending.NONE, false);
    }

    private static Piece nextPart(String bytes) {
        return new Piece(bytes, Ending.NONE, true);
    }

    private static Piece rest(String bytes) {
        return new Piece(bytes, bytes.endsWith("\r\n") ? Ending.CRLF : Ending.LF, true);
    }

    // ---- any bytes, any chunks

    @Test
    void anyChunking_givesTheSameLines() {
        Random random = new Random(20260101);
        for (int i = 0; i < 100_000; i++) {
            int max = MAX + random.nextInt(4);
            boolean utf8 = random.nextBoolean();
            byte[] content = content(random);
            List<Piece> atOnce = split(content, max, utf8, null);
            List<Piece> chunked = split(content, max, utf8, random);
            assertThat(chunked)
                    .as("case %d: '%s', at most %d, utf8 %s", i, latin1(content), max, utf8)
                    .isEqualTo(atOnce);
            checkAgainstNaive(content, atOnce, max);
            if (utf8) {
                checkNotCutInside(content, atOnce);
            }
        }
    }

    /** Short and long lines of ordinary, line-ending, multi-byte, malformed and zero bytes. */
    private static byte[] content(Random random) {
        String[] atoms = {"a", "b", "a", "b", "\r", "\n", "\r\n", "\0", "\u00e9", "\u20ac", "\ud83d\ude00"};
        boolean valid = random.nextBoolean();
        boolean longLines = random.nextBoolean();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int n = random.nextInt(60); n > 0; n--) {
            String atom = atoms[random.nextInt(atoms.length)];
            if (longLines && atom.endsWith("\n") && random.nextInt(8) > 0) {
                atom = "\r";
            }
            byte[] encoded = atom.getBytes(StandardCharsets.UTF_8);
            out.write(encoded, 0, valid ? encoded.length : 1 + random.nextInt(encoded.length));
        }
        return out.toByteArray();
    }

    private static List<Piece> split(byte[] content, int max, boolean utf8, Random chunks) {
        LineSplitterTest test = new LineSplitterTest();
        LineSplitter splitter = new LineSplitter(max, utf8, test::take);
        for (int at = 0; at < content.length; ) {
            int n = chunks == null ? content.length : Math.min(content.length - at, 1 + chunks.nextInt(9));
            byte[] chunk = Arrays.copyOfRange(content, at, at + n); // of its own: nothing may be read behind it
            splitter.accept(chunk, 0, n, 1);
            Arrays.fill(chunk, (byte) '#'); // nor later
            assertThat(splitter.carried()).isLessThanOrEqualTo(max + 1);
            at += n;
        }
        splitter.giveUp();
        return test.pieces;
    }

    /** The parts, glued, are what a split at the line feeds gives; none is too long, none needlessly short. */
    private static void checkAgainstNaive(byte[] content, List<Piece> pieces, int max) {
        List<String> lines = new ArrayList<>();
        String rest = latin1(content);
        for (int feed = rest.indexOf('\n'); feed >= 0; feed = rest.indexOf('\n')) {
            lines.add(rest.substring(0, feed + 1));
            rest = rest.substring(feed + 1);
        }
        if (!rest.isEmpty()) {
            lines.add(rest);
        }
        List<String> glued = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            assertThat(piece.continuation()).isEqualTo(line.length() > 0);
            assertThat(piece.contentLength()).isLessThanOrEqualTo(max);
            line.append(piece.bytes());
            boolean last = i == pieces.size() - 1;
            if (piece.ending() != Ending.NONE || last) {
                glued.add(line.toString());
                line.setLength(0);
            } else {
                assertThat(piece.bytes().length()).isGreaterThanOrEqualTo(max - 4);
            }
            if (piece.ending() != Ending.NONE) {
                assertThat(piece.ending()).isEqualTo(piece.bytes().endsWith("\r\n") ? Ending.CRLF : Ending.LF);
            }
        }
        assertThat(glued).isEqualTo(lines);
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (piece.ending() != Ending.NONE && !piece.continuation()) {
                assertThat(piece.contentLength()).isLessThanOrEqualTo(max);
            }
        }
    }

    private static void checkNotCutInside(byte[] content, List<Piece> pieces) {
        if (isUtf8(content)) {
            assertThat(pieces)
                    .allSatisfy(
                            piece -> assertThat(isUtf8(bytes(piece.bytes()))).isTrue());
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    // ---- line ends

    @Test
    void carriageReturnAndLineFeed_areOneEnd_alsoAcrossChunks() {
        accept("one\r\ntwo\r");
        accept("\nthree\n");
        assertThat(pieces).containsExactly(whole("one\r\n"), whole("two\r\n"), whole("three\n"));
    }

    @Test
    void loneCarriageReturn_isContent() {
        accept("10%\r20%\r");
        accept("30%\n\r\n\r\r\n");
        assertThat(pieces).containsExactly(whole("10%\r20%\r30%\n"), whole("\r\n"), whole("\r\r\n"));
    }

    @Test
    void emptyLines_areLines() {
        accept("\n\n\r\n\n");
        assertThat(pieces).containsExactly(whole("\n"), whole("\n"), whole("\r\n"), whole("\n"));
    }

    @Test
    void zeroBytes_areContent() {
        accept("a\0b\n\0\n");
        assertThat(pieces).containsExactly(whole("a\0b\n"), whole("\0\n"));
    }

    @Test
    void impliedEnd_endsTheLineOrMakesAnEmptyOne_withALineFeedOfOurOwn() {
        accept("abc");
        splitter.endLine(2);
        splitter.endLine(2);
        accept("d\n");
        assertThat(pieces)
                .containsExactly(
                        new Piece("abc\n", Ending.IMPLIED, false),
                        new Piece("\n", Ending.IMPLIED, false),
                        whole("d\n"));
    }

    @Test
    void impliedEndOfATooLongLine_endsItsLastPart() {
        accept("x".repeat(MAX + 1));
        splitter.endLine(2);
        assertThat(pieces).containsExactly(part("x".repeat(MAX)), new Piece("x\n", Ending.IMPLIED, true));
    }

    // ---- the maximum

    @Test
    void lineOfExactlyTheMaximum_isWhole() {
        String max = "m".repeat(MAX);
        accept(max + "\n" + max + "\r\n" + max);
        accept("\n");
        accept(max + "\r");
        accept("\n");
        assertThat(pieces)
                .containsExactly(whole(max + "\n"), whole(max + "\r\n"), whole(max + "\n"), whole(max + "\r\n"));
    }

    @Test
    void lineOneShorterThanTheMaximum_isWhole() {
        String line = "m".repeat(MAX - 1);
        accept(line + "\n" + line + "\r\n");
        assertThat(pieces).containsExactly(whole(line + "\n"), whole(line + "\r\n"));
    }

    @Test
    void lineOneLongerThanTheMaximum_isCutThere_andContinued() {
        String max = "m".repeat(MAX);
        accept(max + "n\n" + max + "n\r\n");
        assertThat(pieces).containsExactly(part(max), rest("n\n"), part(max), rest("n\r\n"));
    }

    @Test
    void lineOfManyMaxima_hasAsManyParts() {
        String max = "m".repeat(MAX);
        accept(max.repeat(3) + "\n");
        assertThat(pieces).containsExactly(part(max), nextPart(max), rest(max + "\n"));
    }

    @Test
    void tooLongLine_isNotCutInsideACharacter() {
        LineSplitter utf8 = new LineSplitter(MAX, true, this::take);
        byte[] source = ("x".repeat(MAX - 2) + "\ud83d\ude00\ud83d\ude00\n").getBytes(StandardCharsets.UTF_8);
        utf8.accept(source, 0, source.length, 1);
        assertThat(pieces)
                .hasSize(2)
                .allSatisfy(piece -> assertThat(isUtf8(bytes(piece.bytes()))).isTrue());
    }

    @Test
    void tooLongLineOfMalformedBytes_isCutAtTheMaximum() {
        accept("\u0080".repeat(MAX + 5) + "\n");
        assertThat(pieces).containsExactly(part("\u0080".repeat(MAX)), rest("\u0080".repeat(5) + "\n"));
    }

    @Test
    void otherCharset_isCutAtTheMaximumWhateverTheBytes() {
        LineSplitter latin1 = new LineSplitter(MAX, false, this::take);
        byte[] source = bytes("\u00c3\u00a9".repeat(MAX) + "\n");
        latin1.accept(source, 0, source.length, 1);
        assertThat(pieces.get(0).bytes()).hasSize(MAX);
    }

    // ---- flushing what is unfinished

    @Test
    void flush_handsOverAPart_andWhatFollowsContinuesIt() {
        accept("half");
        assertThat(splitter.flush()).isTrue();
        accept(" a line\nnext\n");
        assertThat(pieces).containsExactly(part("half"), rest(" a line\n"), whole("next\n"));
    }

    @Test
    void flush_holdsBackACarriageReturn() {
        accept("half\r");
        assertThat(splitter.flush()).isTrue();
        assertThat(pieces).containsExactly(part("half"));
        assertThat(splitter.flush()).isFalse();
        accept("\n");
        assertThat(pieces).containsExactly(part("half"), rest("\r\n"));
    }

    @Test
    void flush_holdsBackAnUnfinishedCharacter() {
        byte[] emoji = "\ud83d\ude00".getBytes(StandardCharsets.UTF_8);
        for (int n = 1; n < 4; n++) {
            pieces.clear();
            accept("ab" + latin1(Arrays.copyOf(emoji, n)));
            splitter.flush();
            assertThat(pieces).containsExactly(part("ab"));
            accept(latin1(Arrays.copyOfRange(emoji, n, 4)) + "\n");
            assertThat(pieces).containsExactly(part("ab"), rest(latin1(emoji) + "\n"));
        }
    }

    @Test
    void flush_handsOverMalformedBytes() {
        accept("ab\u0080\u0080\u0080\u0080");
        splitter.flush();
        assertThat(pieces).containsExactly(part("ab\u0080\u0080\u0080\u0080"));
    }

    @Test
    void flushOfNothing_doesNothing() {
        assertThat(splitter.flush()).isFalse();
        accept("a\n");
        assertThat(splitter.flush()).isFalse();
        assertThat(pieces).containsExactly(whole("a\n"));
    }

    @Test
    void emptyRestOfAFlushedLine_endsIt() {
        accept("half");
        splitter.flush();
        accept("\n");
        assertThat(pieces).containsExactly(part("half"), rest("\n"));
    }

    @Test
    void giveUp_handsOverAll_andWhatFollowsIsANewLine() {
        accept("half\r");
        splitter.giveUp();
        accept("new\n");
        assertThat(pieces).containsExactly(part("half\r"), whole("new\n"));
    }

    // ---- memory

    @Test
    void lineOf100MegaBytes_isCarriedInTheMaximum() {
        int max = 1 << 20;
        long[] seen = new long[2];
        LineSplitter big = new LineSplitter(max, true, (source, from, length, ending, continuation, time) -> {
            assertThat(continuation).isEqualTo(seen[1] > 0);
            assertThat(source.length).isLessThanOrEqualTo(max + 2);
            seen[0] += length;
            seen[1]++;
            assertThat(ending == LogLine.Ending.LF).isEqualTo(seen[0] == (100L << 20) + 1);
        });
        byte[] chunk = "x".repeat(64 * 1024).getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 1600; i++) {
            big.accept(chunk, 0, chunk.length, 1);
            assertThat(big.carried()).isLessThanOrEqualTo(max + 1);
        }
        big.accept(new byte[] {'\n'}, 0, 1, 1);
        assertThat(seen).containsExactly((100L << 20) + 1, 100);
    }
}
