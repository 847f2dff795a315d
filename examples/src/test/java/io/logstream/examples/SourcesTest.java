package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.groups.Tuple.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourcesTest {
    @TempDir
    Path folder;

    private String log;

    @BeforeEach
    void createLog() throws IOException {
        log = Files.createFile(folder.resolve("app.log")).toString();
    }

    @Test
    void parse_pathOrFileScheme_keepsTheNameAsGiven() {
        assertThat(Sources.parse(List.of(log, "file:" + log, log), true, new SshOptions(), new SlurmOptions()))
                .extracting(NamedSource::id, NamedSource::kind)
                .containsExactly(tuple(log, "file"), tuple("file:" + log, "file"));
    }

    @Test
    void parse_fileUrl_namesTheSameFile() {
        assertThat(one("file://" + log).source().identity())
                .isEqualTo(one(log).source().identity());
    }

    @Test
    void parse_pathWithColonThatExists_isAPath() throws IOException {
        Path odd = Files.createDirectory(folder.resolve("docker:")).resolve("web:1");
        Files.createFile(odd);
        assertThat(one(odd.toString()).kind()).isEqualTo("file");
        assertThat(one("file:" + odd).kind()).isEqualTo("file");
    }

    @Test
    void parse_pathThatDoesNotExistYet_isWaitedForUnlessTheEndIsWanted() {
        String missing = folder.resolve("later.log").toString();
        assertThat(one(missing).kind()).isEqualTo("file");
        assertThatExceptionOfType(UserError.class)
                .isThrownBy(() -> Sources.parse(List.of(missing), false, new SshOptions(), new SlurmOptions()))
                .withMessage("there is no file " + missing);
    }

    @Test
    void parse_wildcardsOrADirectory_findFiles() throws IOException {
        assertThat(one(folder + "/*.log").discovery().identity()).isEqualTo("files:" + folder + "/*.log");
        assertThat(one("file:" + folder + "/**").discovery().identity()).isEqualTo("files:" + folder + "/**/*");
        assertThat(one(folder + "/").discovery().identity()).isEqualTo("files:" + folder);
        assertThat(one(folder + "/*.log").id()).isEqualTo(folder + "/*.log");
        Path odd = Files.createFile(folder.resolve("a*.log"));
        assertThat(one(odd.toString()).source()).isNotNull();
        Path oddFolder = Files.createDirectory(folder.resolve("[x]*"));
        assertThat(one(oddFolder.toString()).discovery().identity()).isEqualTo("files:" + folder + "/\\[x]\\*/*");
        assertThat(Sources.literalBeginning("file:logs/a*/{b,c}")).isEqualTo("logs/a");
    }

    @Test
    void parse_unknownScheme_namesTheKnownOnes() {
        assertThatExceptionOfType(UserError.class)
                .isThrownBy(() -> one("gopher:hole"))
                .withMessageContaining("unknown scheme gopher:")
                .withMessageContaining("known: docker: file: slurm: ssh:")
                .withMessageContaining("file:gopher:hole");
    }

    @Test
    void parse_whatCannotBeRead_saysWhy() {
        wrong("", "1 to 1000 characters");
        wrong("x".repeat(1001), "not by 1001");
        wrong("file:", "names no file");
        wrong(folder + "/{a/b}", "slash in braces");
        wrong(folder + "/[a", "is no pattern");
        wrong(folder.resolve("no/app.log").toString(), "there is no directory " + folder.resolve("no"));
        wrong(log + "/app.log", "there is no directory " + log);
        wrong("/dev/null", "not a regular file");
        wrong("a\0b", "is no path");
    }

    @Test
    void parse_oneLetterBeforeAColon_isNoScheme() {
        wrong("C:/no/such/app.log", "there is no directory");
    }

    @Test
    void parse_sshUrl_namesAFileOfAnotherMachine() {
        assertThat(one("ssh://web/var/log/app.log").kind()).isEqualTo("ssh");
        assertThat(one("ssh://web/var/log/app.log").source().identity()).isEqualTo("ssh:web:/var/log/app.log");
        assertThat(one("ssh://me@web:2222/a%20b%25%0A").source().identity()).isEqualTo("ssh:me@web:2222:/a b%25%0A");
        assertThat(one("ssh://[::1]:22/x").source().identity()).isEqualTo("ssh:[::1]:22:/x");
        assertThat(one("ssh://web/\u00e9").source().identity()).isEqualTo("ssh:web:/\u00e9");
    }

    @Test
    void parse_wrongSshUrl_saysWhy() {
        wrong("ssh:web", "ssh://[user@]host[:port]/path");
        wrong("ssh://web", "ssh://[user@]host[:port]/path");
        wrong("ssh://-oProxyCommand=x/y", "no host can have the name");
        wrong("ssh://web:99999/y", "port 99999");
        wrong("ssh://a b@web/y", "no user can have the name");
        wrong("ssh://web/", "no file can have the path");
        wrong("ssh://web/a%00", "no file can have the path");
        wrong("ssh://web/a%zz", "%zz");
        wrong("ssh://web/a%ff", "UTF-8");
    }

    private static NamedSource one(String given) {
        return Sources.parse(List.of(given), true, new SshOptions(), new SlurmOptions())
                .get(0);
    }

    private static void wrong(String given, String why) {
        assertThatExceptionOfType(UserError.class).isThrownBy(() -> one(given)).withMessageContaining(why);
    }
}
