package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TerminalSanitizerTest {

    /** Whatever a terminal may act on: each control on its own, in both encodings, and sequences known to do harm. */
    static Stream<byte[]> sequences() {
        Stream<byte[]> controls = IntStream.concat(
                        IntStream.range(0, 0x20).filter(c -> c != '\t'), IntStream.rangeClosed(0x7f, 0x9f))
                .mapToObj(c -> utf8(Character.toString(c)));
        Stream<byte[]> eightBit = IntStream.rangeClosed(0x80, 0x9f).mapToObj(c -> new byte[] {(byte) c, '3', '1', 'm'});
        Stream<byte[]> bidi = Stream.of(
                        0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067,
                        0x2068, 0x2069)
                .map(c -> utf8(Character.toString(c)));
        Stream<byte[]> escapes = Stream.of(
                        "[31m",
                        "[0m",
                        "[1;31;42m",
                        "[38;5;196m",
                        "[38;2;1;2;3m",
                        "[2J",
                        "[3J",
                        "[H",
                        "[1;1H",
                        "[K",
                        "[1K",
                        "[10A",
                        "[10B",
                        "[10C",
                        "[10D",
                        "[s",
                        "[u",
                        "[?25l",
                        "[?25h",
                        "[?1049h",
                        "[?1049l",
                        "[?1000h",
                        "[?2004h",
                        "[6n",
                        "[5n",
                        "[c",
                        "[>c",
                        "[0x",
                        "[21t",
                        "[18t",
                        "[4i",
                        "[5i",
                        "[!p",
                        "[20h",
                        "[4h",
                        "[1;5r",
                        "[100S",
                        "[100T",
                        "[100L",
                        "[100M",
                        "[100P",
                        "[100@",
                        "[100X",
                        "]0;title\u0007",
                        "]2;title\u001b\\",
                        "]4;1;rgb:00/00/00\u0007",
                        "]8;;http://x\u001b\\x",
                        "]10;?\u0007",
                        "]11;?\u0007",
                        "]50;?\u0007",
                        "]52;c;eA==\u0007",
                        "]9;note\u0007",
                        "]777;notify;a;b\u0007",
                        "]1337;File=:eA==\u0007",
                        "P$qm\u001b\\",
                        "P+q544e\u001b\\",
                        "Pq#0;2;0;0;0\u001b\\",
                        "_Gf=24;eA==\u001b\\",
                        "^pm\u001b\\",
                        "Xsos\u001b\\",
                        "c",
                        "7",
                        "8",
                        "=",
                        ">",
                        "D",
                        "E",
                        "H",
                        "M",
                        "N",
                        "O",
                        "Z",
                        "(0",
                        "(B",
                        ")0",
                        "#8",
                        "%G",
                        "%@",
                        " F",
                        "n",
                        "o",
                        "|")
                .map(s -> utf8("\u001b" + s));
        return Stream.of(controls, eightBit, bidi, escapes).flatMap(s -> s);
    }

    @Test
    void sequences_areMoreThanAHundred() {
        assertThat(sequences()).hasSizeGreaterThan(100);
    }

    @ParameterizedTest
    @MethodSource("sequences")
    void put_anySequenceCutAnywhere_letsNoControlThrough(byte[] sequence) throws IOException {
        byte[] text = concat(utf8("before "), sequence, utf8(" after"));
        String whole = sanitize(text);
        for (int cut = 0; cut <= text.length; cut++) {
            String shown = sanitize(text, cut);
            assertThat(shown).startsWith("before ").endsWith(" after").contains("\\");
            assertThat(shown.codePoints()).noneMatch(Utf8::isControl).doesNotContain(0xfffd);
            if (cut == text.length || (text[cut] & 0xc0) != 0x80) {
                assertThat(shown).isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'\u001b[31mred', \\x1b[31mred",
        "a\u0007b, a\\x07b",
        "'a\tb', 'a\tb'",
        "a\u009bb, a\\x9bb",
        "abc\u202etxt.exe, abc\\u202etxt.exe",
        "Grüße 你好 😀 ~, Grüße 你好 😀 ~",
        "C:\\dir, C:\\dir",
    })
    void put_text_showsWhatItIs(String text, String shown) throws IOException {
        assertThat(sanitize(utf8(text))).isEqualTo(shown);
        assertThat(TerminalSanitizer.sanitize(text)).isEqualTo(shown);
    }

    @Test
    void put_malformedBytes_showsEachOfThem() throws IOException {
        byte[] text = {'a', (byte) 0xff, 'b', (byte) 0xc3, (byte) 0xe2, (byte) 0x82, '.', (byte) 0xf0, (byte) 0x9f};
        assertThat(sanitize(text)).isEqualTo("a\\xffb\\xc3\\xe2\\x82.\\xf0\\x9f");
    }

    @Test
    void put_randomBytes_letsNoControlThrough() throws IOException {
        Random random = new Random(4);
        for (int i = 0; i < 20_000; i++) {
            byte[] text = new byte[random.nextInt(12)];
            random.nextBytes(text);
            String shown = sanitize(text, random.nextInt(text.length + 1));
            assertThat(shown.codePoints()).noneMatch(c -> c != '\t' && Utf8.isControl(c));
            assertThat(shown).doesNotContain("\ufffd");
        }
    }

    private static String sanitize(byte[] text) throws IOException {
        return sanitize(text, text.length);
    }

    /** Sanitizes a text that comes in two pieces. */
    private static String sanitize(byte[] text, int cut) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteOut out = new ByteOut(bytes);
        TerminalSanitizer.put(text, 0, cut, out);
        TerminalSanitizer.put(text, cut, text.length, out);
        out.flush();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
