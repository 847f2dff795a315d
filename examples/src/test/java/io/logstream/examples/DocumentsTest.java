package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.LogHub;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.docker.DockerContainers;
import io.logstream.docker.DockerSource;
import io.logstream.file.FileDiscovery;
import io.logstream.file.FileSource;
import io.logstream.slurm.HttpChunkSource;
import io.logstream.slurm.SlurmCluster;
import io.logstream.slurm.SlurmJobSource;
import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents name what exists: rules, tests, files, options. */
class DocumentsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern RULE = Pattern.compile("^\\*\\*C(\\d+)\\*\\*", Pattern.MULTILINE);
    private static final Pattern CITED_RULE = Pattern.compile("\\bC(\\d+)\\b");
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*(?:Test|Tck|Cases))(?:\\.(\\w+))?`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

    @Test
    void contract_rules_areNumberedWithoutHoles() {
        List<String> rules = found(RULE, read(ROOT.resolve("docs/contract.md")));
        assertThat(rules)
                .isEqualTo(IntStream.rangeClosed(1, rules.size())
                        .mapToObj(String::valueOf)
                        .toList());
    }

    @Test
    void documents_citedRules_exist() throws IOException {
        List<String> rules = found(RULE, read(ROOT.resolve("docs/contract.md")));
        for (Path document : documents()) {
            assertThat(rules).as(document.toString()).containsAll(found(CITED_RULE, read(document)));
        }
    }

    @Test
    void guarantees_namedTests_exist() throws IOException {
        String guarantees = read(ROOT.resolve("docs/GUARANTEES.md"));
        for (MatchResult named : TEST.matcher(guarantees).results().toList()) {
            List<Path> classes = sources(named.group(1) + ".java");
            assertThat(classes).as(named.group()).isNotEmpty();
            if (named.group(2) != null) {
                Pattern method = Pattern.compile("\\b" + named.group(2) + "\\(");
                assertThat(classes)
                        .as(named.group())
                        .anyMatch(source -> method.matcher(read(source)).find());
            }
        }
    }

    @Test
    void documents_links_leadToFiles() throws IOException {
        for (Path document : documents()) {
            for (String link : found(LINK, read(document))) {
                assertThat(document.resolveSibling(link))
                        .as("link in " + document)
                        .exists();
            }
        }
    }

    @Test
    void readme_everyOption_isInTheTableOfDefaults() {
        String readme = read(ROOT.resolve("README.md"));
        for (Class<?> builder : List.of(
                LogHub.Builder.class,
                StreamOptions.Builder.class,
                SubscribeOptions.Builder.class,
                FileSource.Builder.class,
                FileDiscovery.Builder.class,
                DockerSource.Builder.class,
                DockerContainers.Builder.class,
                SshConnection.Builder.class,
                SshFileSource.Builder.class,
                SlurmCluster.Builder.class,
                SlurmJobSource.Builder.class,
                HttpChunkSource.Builder.class)) {
            for (Method option : builder.getDeclaredMethods()) {
                if (option.getReturnType() == builder && Modifier.isPublic(option.getModifiers())) {
                    assertThat(readme).containsPattern("\\|[^|]*`" + option.getName() + "`[^|]*\\|");
                }
            }
        }
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }

    private static List<Path> sources(String name) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String module : List.of(
                "logstream-core",
                "logstream-testkit",
                "logstream-docker",
                "logstream-ssh",
                "logstream-slurm",
                "examples")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                files.filter(file -> file.endsWith(name)).forEach(found::add);
            }
        }
        return found;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
