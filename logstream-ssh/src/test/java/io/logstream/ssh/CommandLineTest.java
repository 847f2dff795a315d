package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {

    /** All that may be in a word. */
    private static final String ALL = " \"#$%&()*+,-./0123456789:;<=>?@ABCZ[]^_`abcz{|}~ ~ $HOME `id` $(id) * ; & # ";

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "/bin/bash", "/usr/bin/tcsh", "/bin/busybox"})
    void wordsArriveAsTheyWereGiven_inAnyShell(String shell) throws Exception {
        RealSshd.assumeThere(shell);
        String line = CommandLine.of(List.of("/usr/bin/printf", "%s|", "plain", "", ALL));
        List<String> login = shell.endsWith("busybox") ? List.of(shell, "sh", "-c", line) : List.of(shell, "-c", line);
        Process program = new ProcessBuilder(login).redirectErrorStream(true).start();
        assertThat(new String(program.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .isEqualTo("plain||" + ALL + "|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"it's", "back\\slash", "bang!", "new\nline", "NUL\0", "\u00e9", "\t"})
    void wordThatSomeShellWouldUnderstand_isRefused(String word) {
        assertThatThrownBy(() -> CommandLine.of(List.of("/bin/echo", word)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("as its input");
    }

    @Test
    void nothing_isRefused() {
        assertThatThrownBy(() -> CommandLine.of(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CommandLine.of(List.of(""))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CommandLine.of(List.of("/bin/echo", "x".repeat(70_000))))
                .hasMessageContaining("as its input");
    }
}
