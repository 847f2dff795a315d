package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The lines of a json-file. */
class JsonEntryTest {
    private static List<String> read(String... lines) throws IOException {
        List<String> told = new ArrayList<>();
        JsonEntry entry = new JsonEntry((channel, bytes, from, to, time) ->
                told.add(channel + " " + time + " " + new String(bytes, from, to - from, StandardCharsets.UTF_8)));
        for (String line : lines) {
            byte[] bytes = ("xx" + line + "yy").getBytes(StandardCharsets.UTF_8);
            entry.read(bytes, 2, bytes.length - 2);
        }
        return told;
    }

    @Test
    void entries_areReadInEveryForm() throws IOException {
        assertThat(
                        read(
                                "{\"log\":\"plain\",\"stream\":\"stdout\",\"time\":\"2026-11-20T10:20:13.5Z\"}",
                                "{\"log\":\"a\\tb \\\"c\\\" \\\\ \\u003cx\\u003e \\u2028\\r\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T10:20:13.000000001Z\"}",
                                "{\"log\":\"\\ud83d\\ude00 \\ufffd \u00fc\\n\",\"stream\":\"stdout\",\"attrs\":{\"time\":\"no\"},\"time\":\"2026-11-20T10:20:13Z\"}"))
                .containsExactly(
                        "0 1795170013500000000 plain",
                        "1 1795170013000000001 a\tb \"c\" \\ <x> \u2028\r\n",
                        "0 1795170013000000000 \ud83d\ude00 \ufffd \u00fc\n");
    }

    @Test
    void brokenEntries_areErrors_andNothingElse() {
        String good = "{\"log\":\"a\\u003cb\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-20T10:20:13.000000001Z\"}";
        for (int length = 0; length < good.length(); length++) {
            String cut = good.substring(0, length);
            assertThatThrownBy(() -> read(cut)).isInstanceOf(IOException.class);
        }
        Random random = new Random(3);
        for (int i = 0; i < 100_000; i++) {
            char[] bad = good.toCharArray();
            bad[random.nextInt(bad.length)] = (char) random.nextInt(128);
            bad[random.nextInt(bad.length)] = (char) random.nextInt(128);
            try {
                read(new String(bad));
            } catch (IOException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }
}
