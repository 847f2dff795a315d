package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SLURM jobs on the command line, with a squeue that says what the test lets it say. */
class JobsTest {
    @TempDir
    private Path directory;

    private Path table;

    @BeforeEach
    void begin() throws IOException {
        table = directory.resolve("table");
        Path squeue = Files.writeString(
                directory.resolve("squeue"),
                "#!/bin/sh\n[ \"$1\" = -V ] && { echo slurm-wlm 22.05.8; exit; }\nfor format; do :; done\n"
                        + "separator=${format#JobID:}\nexec sed \"s/@/${separator%%,*}/g\" " + table + "\n");
        Files.setPosixFilePermissions(squeue, PosixFilePermissions.fromString("rwxr-xr-x"));
        says(row("7", "N/A", "COMPLETED", "out-%j", "n1"), row("8", "N/A", "PENDING", "later-%j", ""));
        Files.writeString(directory.resolve("out-7"), "one\ntwo\n");
    }

    private void says(String... rows) throws IOException {
        Files.writeString(table, String.join("", rows));
    }

    private String row(String id, String task, String state, String pattern, String node) {
        String array = task.equals("N/A") ? id : "7";
        String file = directory.resolve(pattern).toString();
        return String.join(
                        "@",
                        List.of(
                                id,
                                array,
                                task,
                                "N/A",
                                "N/A",
                                state,
                                "None",
                                file,
                                file,
                                directory.toString(),
                                "job",
                                "me",
                                node.isEmpty() ? "n/a" : node,
                                node,
                                "0",
                                "0",
                                "1",
                                "2"))
                + "@\n";
    }

    private Cli start(Object... args) throws IOException {
        return Cli.startWith("PATH", directory + ":" + System.getenv("PATH"), args);
    }

    @Test
    void jobs_areListed_withTheirFiles() throws Exception {
        try (Cli cli = start("jobs", "--all")) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out.soFar())
                    .containsExactly(
                            "SOURCE      STATE         NODES         FILE      OUTPUT",
                            "slurm:7     COMPLETED     n1            readable  " + directory + "/out-7",
                            "slurm:8     PENDING                     missing   " + directory + "/later-8");
        }
    }

    @Test
    void follow_aJob_showsItsLines_andHowItEnded() throws Exception {
        try (Cli cli = start("follow", "--job", "7", "--from-start")) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out.soFar()).containsExactly("one", "two");
            assertThat(cli.err.soFar())
                    .anyMatch(line -> line.contains("finished with exit code 0: job 7 is COMPLETED"));
        }
    }

    @Test
    void follow_anArray_namesEachTask() throws Exception {
        says(row("7", "1", "COMPLETED", "out-%A", "n1"), row("9", "2", "COMPLETED", "out-%A", "n1"));
        for (String array : List.of("slurm:7", "slurm:7_*")) {
            try (Cli cli = start("follow", "--from-start", array)) {
                assertThat(cli.exitCode()).isZero();
                assertThat(cli.out.soFar())
                        .containsExactlyInAnyOrder(
                                "slurm:7_1 | one", "slurm:7_1 | two", "slurm:7_2 | one", "slurm:7_2 | two");
            }
        }
    }

    /** A gateway serves one job each: the files of the tasks would be read in its place. */
    @Test
    void follow_anArray_isRefused_whereAGatewayServesTheOutput() throws Exception {
        says(row("7", "1", "COMPLETED", "out-%A", "n1"));
        try (Cli cli = start("follow", "--output-url=http://127.0.0.1:1/{job_id}", "slurm:7")) {
            assertThat(cli.exitCode()).isEqualTo(2);
            assertThat(cli.err.soFar()).anyMatch(line -> line.contains("slurm:7_1"));
        }
    }

    @Test
    void follow_unknownJob_isRefusedAtOnce() throws Exception {
        try (Cli cli = start("follow", "slurm:99")) {
            assertThat(cli.exitCode()).isEqualTo(2);
            assertThat(cli.err.soFar()).anyMatch(line -> line.contains("SLURM does not know job 99"));
        }
    }

    @Test
    void doctor_saysWhyNothingIsShown() throws Exception {
        try (Cli cli = start("doctor", "slurm:8")) {
            assertThat(cli.exitCode()).isEqualTo(1);
            assertThat(cli.out.soFar())
                    .contains("job 8 is PENDING", "its output comes when it begins")
                    .contains("  " + directory + "/later-8 is not there");
        }
        try (Cli cli = start("doctor", "slurm:7")) {
            assertThat(cli.exitCode()).isZero();
            assertThat(cli.out.soFar()).anyMatch(line -> line.contains("/out-7 is there, 8 bytes"));
        }
    }
}
