package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How squeue is asked, and what is made of its text. */
class SqueueQueryTest {
    @TempDir
    private Path directory;

    private static String row(String separator, String id, String name) {
        return List.of(
                                id,
                                "N/A",
                                "N/A",
                                "N/A",
                                "N/A",
                                "RUNNING",
                                "None",
                                "/w/out",
                                "/w/out",
                                "/w",
                                name,
                                "u",
                                "n1",
                                "n1",
                                "0",
                                "0",
                                "1795720794",
                                "N/A")
                        .stream()
                        .map(cell -> cell + separator)
                        .collect(Collectors.joining())
                + "\n";
    }

    @Test
    void nameOfAJob_mayHaveAnything() {
        String separator = SqueueTable.separator();
        String table = row(separator, "7", "a\u001fb\nc,|abcdefghij|") + row(separator, "8", "");
        List<SlurmJob> jobs = SqueueTable.jobs(table, separator);
        assertThat(jobs).extracting(SlurmJob::id).containsExactly(7L, 8L);
        assertThat(jobs).extracting(SlurmJob::name).containsExactly("a\u001fb\nc,|abcdefghij|", "");
        assertThat(jobs).extracting(SlurmJob::stdout).containsExactly("/w/out", "/w/out");
        assertThat(SqueueTable.separator()).isNotEqualTo(separator);
    }

    @Test
    void textThatIsCutOff_isNone() {
        String separator = SqueueTable.separator();
        String table = row(separator, "7", "a");
        String cut = table.substring(0, table.length() / 2);
        assertThatThrownBy(() -> SqueueTable.jobs(cut, separator)).isInstanceOf(IllegalArgumentException.class);
    }

    /** As a line that tells of which cluster they are, or what a shell says that SSH starts. */
    @Test
    void textBeforeTheFirstRow_isNoAnswer_andNotAJobThatIsGone() {
        String separator = SqueueTable.separator();
        for (String before : List.of("CLUSTER: other\n", "Welcome!\n", "7\n")) {
            String table = before + row(separator, "7", "a");
            assertThatThrownBy(() -> SqueueTable.jobs(table, separator)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(Commands.UNWANTED).contains("SLURM_CLUSTERS", "SQUEUE_SIB", "SQUEUE_CLUSTERS");
    }

    /** With all of them in one argument the system would not start it. */
    @Test
    void manyJobs_areAskedForInPieces() throws Exception {
        Path log = directory.resolve("log");
        Path squeue = Files.writeString(
                directory.resolve("squeue"),
                "#!/bin/sh\n[ \"$1\" = -V ] && { echo slurm-wlm 22.05.8; exit; }\necho \"$5\" | tr , '\\n' | wc -l >>"
                        + log + "\n");
        Files.setPosixFilePermissions(squeue, PosixFilePermissions.fromString("rwx------"));
        SqueueQuery query = new SqueueQuery(new Program(Map.of(), Duration.ofSeconds(20)), directory + "/");
        query.ask(LongStream.range(1_000_000_000, 1_000_020_001).boxed().collect(Collectors.toSet()));
        assertThat(Files.readAllLines(log).stream().map(String::strip))
                .containsExactly("5000", "5000", "5000", "5000", "1");
        query.ask(Set.of());
        assertThat(Files.readAllLines(log)).hasSize(6);
    }

    /** That it does not answer now is not the same as that it knows no such node. */
    @Test
    void hostOfANode_isTold_orUnknown_orNotToldNow() throws Exception {
        Path scontrol = Files.writeString(
                directory.resolve("scontrol"),
                "#!/bin/sh\ncase $5 in n1) echo 'NodeName=n1 NodeHostName=vm.site.example Port=1';;"
                        + " n2) echo 'Node n2 not found'; exit 1;;"
                        + " n4) echo 'slurm_load_node error: Access/permission denied' >&2; exit 1;;"
                        + " *) echo 'Unable to contact slurm controller' >&2; exit 1;; esac\n");
        Files.setPosixFilePermissions(scontrol, PosixFilePermissions.fromString("rwx------"));
        SqueueQuery query = new SqueueQuery(new Program(Map.of(), Duration.ofSeconds(20)), directory + "/");
        assertThat(query.hostOf("n1")).isEqualTo("vm");
        assertThat(query.hostOf("n2")).isEmpty();
        assertThatThrownBy(() -> query.hostOf("n3")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> query.hostOf("n4")).isInstanceOf(LogStreamException.class);
    }

    /** As one leaves behind that keeps a connection for the next time. */
    @Test
    void programThatLeavesAChildBehind_hasEnded() throws Exception {
        Path program = Files.writeString(
                directory.resolve("program"), "#!/bin/sh\nsleep 60 >/dev/null &\necho $! >&2\necho said\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Commands.Said said = new Program(Map.of(), Duration.ofSeconds(20)).run(List.of(program.toString()));
        assertThat(said.out()).isEqualTo("said\n");
        ProcessHandle.of(Long.parseLong(said.errors().strip())).ifPresent(ProcessHandle::destroyForcibly);
    }
}
