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
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private static final int MAX = 16;
    private static final Pattern LINES = Pattern.compile("[^\n]*\n|[^\n]+");
    private static final Pattern UPDATES = Pattern.compile("[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+");

    /** A line as it was handed over, with its terminator. */
    private record Piece(String bytes, Ending ending, boolean continuation) {
        int contentLength() {
            return bytes.length() - (ending == Ending.NONE ? 0 : ending == Ending.CRLF ? 2 : 1);
        }
    }

    private final List<Piece> pieces = new ArrayList<>();
    private final LineSplitter updating = new LineSplitter(MAX, true, true, this::take);
    private final LineSplitter splitter = new LineSplitter(MAX, true, false, this::take);

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
        accept(splitter, latin1);
    }

    private static void accept(LineSplitter splitter, String latin1) {
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

    private static Piece update(String bytes) {
        return new Piece(bytes, Ending.CR, false);
    }

    private static Piece nextUpdate(String bytes) {
        return new Piece(bytes, Ending.CR, true);
    }

    // ---- any bytes, any chunks

    @Test
    void anyChunking_givesTheSameLines() {
        Random random = new Random(20260101);
        for (int i = 0; i < 100_000; i++) {
            int max = MAX + random.nextInt(4);
            boolean utf8 = random.nextBoolean();
            boolean updates = random.nextBoolean();
            byte[] content = content(random);
            List<Piece> atOnce = split(content, max, utf8, updates, null);
            List<Piece> chunked = split(content, max, utf8, updates, random);
            assertThat(chunked)
                    .as("case %d: '%s', at most %d, utf8 %s, updates %s", i, latin1(content), max, utf8, updates)
                    .isEqualTo(atOnce);
            checkAgainstNaive(content, atOnce, max, updates);
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

    private static List<Piece> split(byte[] content, int max, boolean utf8, boolean updates, Random chunks) {
        LineSplitterTest test = new LineSplitterTest();
        LineSplitter splitter = new LineSplitter(max, utf8, updates, test::take);
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

    /**
     * The parts, glued, are what a split at the line feeds gives, and at the carriage returns where these make updates; none
     * is too long, none needlessly short.
     */
    private static void checkAgainstNaive(byte[] content, List<Piece> pieces, int max, boolean updates) {
        Pattern naive = updates ? UPDATES : LINES;
        List<String> lines =
                naive.matcher(latin1(content)).results().map(MatchResult::group).toList();
        List<String> glued = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            assertThat(piece.continuation()).isEqualTo(i > 0 && isPart(pieces.get(i - 1)));
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
                assertThat(piece.ending()).isEqualTo(ending(piece.bytes()));
            }
            if (updates) {
                assertThat(piece.bytes().substring(0, piece.contentLength())).doesNotContain("\r");
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

    private static boolean isPart(Piece piece) {
        return piece.ending() == Ending.NONE || piece.ending() == Ending.CR;
    }

    private static Ending ending(String bytes) {
        return bytes.endsWith("\r\n")
                ? Ending.CRLF
                : bytes.endsWith("\n") ? Ending.LF : bytes.endsWith("\r") ? Ending.CR : Ending.NONE;
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
    void loneCarriageReturn_endsAPart_whereItMakesUpdates() {
        accept(updating, "10%\r20%\r");
        assertThat(pieces).containsExactly(update("10%\r"));
        assertThat(updating.carried()).isEqualTo(4);
        accept(updating, "30%\n\r\n\r\r\n");
        assertThat(pieces)
                .containsExactly(
                        update("10%\r"), nextUpdate("20%\r"), rest("30%\n"), whole("\r\n"), update("\r"), rest("\r\n"));
    }

    /** All texts of up to six bytes, cut in every way, with and without a flush of what is unfinished at each cut. */
    @Test
    void everyCut_givesTheSameUpdates() {
        for (int length = 1; length <= 6; length++) {
            for (int number = 0; number < Math.pow(3, length); number++) {
                StringBuilder text = new StringBuilder();
                for (int i = 0, rest = number; i < length; i++, rest /= 3) {
                    text.append("a\r\n".charAt(rest % 3));
                }
                List<Piece> expected = new ArrayList<>();
                UPDATES.matcher(text).results().map(MatchResult::group).forEach(bytes -> {
                    boolean continuation = !expected.isEmpty() && isPart(expected.get(expected.size() - 1));
                    expected.add(new Piece(bytes, ending(bytes), continuation));
                });
                for (int cuts = 0; cuts < 1 << (length - 1); cuts++) {
                    assertThat(cut(text.toString(), cuts, false))
                            .as("'%s' cut as %s", text, Integer.toBinaryString(cuts))
                            .isEqualTo(expected);
                    assertThat(joined(cut(text.toString(), cuts, true)))
                            .as("'%s' cut as %s and flushed", text, Integer.toBinaryString(cuts))
                            .isEqualTo(joined(expected));
                }
            }
        }
    }

    /** A bit of the cuts for each place between two bytes. */
    private static List<Piece> cut(String text, int cuts, boolean flush) {
        LineSplitterTest test = new LineSplitterTest();
        for (int from = 0, to = 1; to <= text.length(); to++) {
            if (to == text.length() || (cuts & 1 << (to - 1)) != 0) {
                accept(test.updating, text.substring(from, to));
                if (flush) {
                    test.updating.flush();
                }
                from = to;
            }
        }
        test.updating.giveUp();
        return test.pieces;
    }

    /** With the parts of quiet moments joined to what follows them. */
    private static List<Piece> joined(List<Piece> pieces) {
        List<Piece> joined = new ArrayList<>();
        for (Piece piece : pieces) {
            Piece before = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (before != null && before.ending() == Ending.NONE) {
                assertThat(piece.continuation()).isTrue();
                joined.set(
                        joined.size() - 1,
                        new Piece(before.bytes() + piece.bytes(), piece.ending(), before.continuation()));
            } else {
                joined.add(piece);
            }
        }
        return joined;
    }

    @Test
    void carriageReturnThatWaits_isHeldBackByAFlush_andEndsThePartWhenSomethingElseFollows() {
        accept(updating, "10%\r");
        assertThat(updating.flush()).isTrue();
        assertThat(updating.flush()).isFalse();
        assertThat(pieces).containsExactly(part("10%"));
        accept(updating, "20%\n");
        assertThat(pieces).containsExactly(part("10%"), nextUpdate("\r"), rest("20%\n"));
    }

    @Test
    void carriageReturnThatWaits_endsThePartAtTheEnd_andWhatFollowsIsANewLine() {
        accept(updating, "m".repeat(MAX) + "\r");
        updating.giveUp();
        assertThat(updating.carried()).isZero();
        accept(updating, "new\n");
        assertThat(pieces).containsExactly(update("m".repeat(MAX) + "\r"), whole("new\n"));
    }

    @Test
    void carriageReturnThatWaits_endsThePartBeforeAnImpliedEnd() {
        accept(updating, "10%\r");
        updating.endLine(2);
        assertThat(pieces).containsExactly(update("10%\r"), new Piece("\n", Ending.IMPLIED, true));
    }

    @Test
    void updateOfTheMaximum_isWhole_andALongerOneIsCut() {
        String max = "m".repeat(MAX);
        accept(updating, max + "\r" + max + "n\r");
        accept(updating, max + "\r");
        accept(updating, "\n" + max + "n\r");
        updating.giveUp();
        assertThat(pieces)
                .containsExactly(
                        update(max + "\r"),
                        nextPart(max),
                        nextUpdate("n\r"),
                        rest(max + "\r\n"),
                        part(max),
                        nextUpdate("n\r"));
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
        LineSplitter utf8 = new LineSplitter(MAX, true, false, this::take);
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
        LineSplitter latin1 = new LineSplitter(MAX, false, false, this::take);
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
        LineSplitter big = new LineSplitter(max, true, false, (source, from, length, ending, continuation, time) -> {
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
