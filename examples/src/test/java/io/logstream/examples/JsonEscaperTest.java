package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonEscaperTest {

    @Test
    void put_everyCharacter_isReadBackAsItWas() throws IOException {
        for (int first = 0; first <= Character.MAX_CODE_POINT; first += 0x80) {
            StringBuilder text = new StringBuilder();
            for (int c = first; c < first + 0x80; c++) {
                text.appendCodePoint(c >= 0xd800 && c < 0xe000 ? ' ' : c);
            }
            String escaped = escape(text.toString().getBytes(StandardCharsets.UTF_8));
            assertThat(read(escaped)).isEqualTo(text.toString());
            assertThat(escaped.codePoints()).noneMatch(Utf8::isControl);
        }
    }

    @Test
    void put_randomBytes_isReadBackAsJavaDecodesThem() throws IOException {
        Random random = new Random(3);
        // Without 0xed: for a surrogate, Java writes one U+FFFD, where Unicode recommends three.
        int[] likely = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xef, 0xf0, 0xf4, 0xf5};
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[random.nextInt(8)];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) likely[random.nextInt(likely.length)];
            }
            assertThat(read(escape(bytes))).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    @Test
    void put_quotesAndControls_areEscapedShortly() throws IOException {
        assertThat(escape("a\"b\\c\n\r\t\u001b[".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("a\\\"b\\\\c\\n\\r\\t\\u001b[");
    }

    private static Object read(String escaped) {
        return Json.parse("{\"x\":\"" + escaped + "\"}").get("x");
    }

    private static String escape(byte[] bytes) throws IOException {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        ByteOut out = new ByteOut(result);
        JsonEscaper.put(bytes, 0, bytes.length, out);
        out.flush();
        return result.toString(StandardCharsets.UTF_8);
    }
}
