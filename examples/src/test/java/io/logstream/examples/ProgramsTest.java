package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small programs do what they say, and are small. */
class ProgramsTest {

    private interface Program {
        void run(String... args) throws Exception;
    }

    @TempDir
    Path folder;

    @Test
    void embedHub_run_showsBothViewersTheirLines() throws Exception {
        List<String> output = output(EmbedHub::main);
        assertThat(output.stream().filter(line -> line.startsWith("late: ")))
                .containsExactly("late: INFO step 3", "late: WARN step 4", "late: INFO step 5", "late: INFO done");
        assertThat(output).contains("warnings: WARN step 4").endsWith("warnings: 1 delivered, 5 filtered");
    }

    @Test
    void pullForm_file_printsItsLinesAndTheEnd() throws Exception {
        Path file = Files.writeString(folder.resolve("a.log"), "one\ntwo\n");
        assertThat(output(PullForm::main, file.toString()))
                .contains("1: one", "2: two")
                .endsWith("end: COMPLETED");
    }

    @Test
    void flowForm_run_completes() throws Exception {
        assertThat(output(FlowForm::main)).containsExactly("hello", "goodbye", "complete");
    }

    @Test
    void ownSource_run_counts() throws Exception {
        assertThat(output(OwnSource::main)).containsExactly("number 1", "number 2", "number 3");
    }

    @Test
    void programs_each_areUnderSixtyLines() throws IOException {
        for (String name : List.of("EmbedHub", "PullForm", "FlowForm", "OwnSource")) {
            Path source = Path.of("src/main/java/io/logstream/examples/" + name + ".java");
            try (Stream<String> lines = Files.lines(source)) {
                assertThat(lines).as(name).hasSizeLessThan(60);
            }
        }
    }

    private static List<String> output(Program program, String... args) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            program.run(args);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
