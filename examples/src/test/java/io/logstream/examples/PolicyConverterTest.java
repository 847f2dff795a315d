package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.logstream.BackpressurePolicy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class PolicyConverterTest {
    private final PolicyConverter converter = new PolicyConverter();

    @Test
    void convert_known_givesThePolicy() {
        assertThat(converter.convert("block")).isEqualTo(BackpressurePolicy.block());
        assertThat(converter.convert("block:30s")).isEqualTo(BackpressurePolicy.block(Duration.ofSeconds(30)));
        assertThat(converter.convert("block:250ms")).isEqualTo(BackpressurePolicy.block(Duration.ofMillis(250)));
        assertThat(converter.convert("drop-oldest")).isEqualTo(BackpressurePolicy.dropOldest());
        assertThat(converter.convert("drop-newest:7")).isEqualTo(BackpressurePolicy.dropNewest(7));
        assertThat(converter.convert("disconnect:9")).isEqualTo(BackpressurePolicy.disconnect(9));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "blocks",
                "block:",
                "block:0s",
                "block:3",
                "drop-newest",
                "drop-newest:0",
                "drop-newest:x",
                "disconnect",
                "disconnect:-1",
                "drop-oldest:3"
            })
    void convert_anythingElse_isRefused(String text) {
        assertThatExceptionOfType(TypeConversionException.class)
                .isThrownBy(() -> converter.convert(text))
                .withMessageContaining("'" + text + "' is none of block");
    }
}
