package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteOutTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ByteOut out = new ByteOut(bytes);

    @Test
    void put_piecesOfAnyLength_comeOutInOrder() throws IOException {
        Random random = new Random(5);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 0; i < 2000; i++) {
            byte[] piece = new byte[random.nextInt(8) == 0 ? random.nextInt(200_000) : random.nextInt(100)];
            random.nextBytes(piece);
            out.put(piece);
            out.put(i);
            out.putNumber(i);
            expected.writeBytes(piece);
            expected.write(i);
            expected.writeBytes(Integer.toString(i).getBytes(StandardCharsets.US_ASCII));
        }
        out.flush();
        assertThat(bytes.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 9, 10, 99, 100, -1, -10, Long.MAX_VALUE, Long.MIN_VALUE})
    void putNumber_any_isWrittenAsJavaDoes(long number) throws IOException {
        out.putNumber(number);
        out.flush();
        assertThat(bytes).hasToString(Long.toString(number));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1970-01-01T00:00:00.000000000Z",
        "1772600767000000008, 2026-03-04T05:06:07.000000008Z",
        "-1, 1969-12-31T23:59:59.999999999Z",
    })
    void rfc3339_times_haveNineDigits(long epochNanos, String text) throws IOException {
        Rfc3339 time = new Rfc3339();
        time.put(epochNanos, out);
        time.put(epochNanos, out);
        out.flush();
        assertThat(bytes).hasToString(text + text);
    }
}
