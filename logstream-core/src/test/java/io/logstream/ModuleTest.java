package io.logstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.LogSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleReader;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The shape of the module: what it shows to the world, and who may touch clock, threads and files. */
class ModuleTest {
    private static final Path SOURCES = Path.of("src", "main", "java", "io", "logstream");

    @Test
    void exports_areThreePackages() {
        assertThat(LogHub.class.getModule().getDescriptor().exports())
                .extracting(ModuleDescriptor.Exports::source)
                .containsExactlyInAnyOrder("io.logstream", "io.logstream.spi", "io.logstream.file");
    }

    @Test
    void publicTypes_areFew() throws Exception {
        assertThat(publicTypes(LogHub.class.getPackageName())).hasSizeLessThanOrEqualTo(20);
        assertThat(publicTypes(LogSource.class.getPackageName())).hasSizeLessThanOrEqualTo(8);
    }

    private static Set<String> publicTypes(String packageName) throws Exception {
        Module module = LogHub.class.getModule();
        Set<String> names = new TreeSet<>();
        try (ModuleReader reader = module.getLayer()
                        .configuration()
                        .findModule(module.getName())
                        .orElseThrow()
                        .reference()
                        .open();
                Stream<String> resources = reader.list()) {
            String prefix = packageName.replace('.', '/') + "/";
            Path classes = Path.of("target", "classes");
            for (String resource : resources.collect(Collectors.toList())) {
                String simple = resource.substring(Math.min(resource.length(), prefix.length()));
                boolean own = Files.exists(classes.resolve(resource));
                if (own && resource.startsWith(prefix) && simple.matches("[A-Z][A-Za-z]*\\.class")) {
                    String name = resource.replace('/', '.').replace(".class", "");
                    if (Modifier.isPublic(Class.forName(name).getModifiers())) {
                        names.add(simple);
                    }
                }
            }
        }
        assertThat(names).isNotEmpty();
        return names;
    }

    @Test
    void clockThreadsAndFiles_areTouchedBySeamsOnly() throws IOException {
        Pattern clock = Pattern.compile("System\\.(nanoTime|currentTimeMillis)|Instant\\.now|Clock\\.system");
        Pattern threads = Pattern.compile("new Thread\\b|extends Thread\\b|Executors\\.|ForkJoinPool|Thread\\.sleep");
        Pattern files = Pattern.compile("\\bFiles\\.|RandomAccessFile|FileInputStream|FileChannel\\.open|new File\\(");
        assertThat(users(clock)).containsOnlyKeys("Deadline.java", "Lookout.java", "SystemTime.java");
        assertThat(users(threads)).containsOnlyKeys("Hub.java", "Lookout.java", "WorkerPool.java");
        assertThat(users(files)).containsOnlyKeys("SystemFiles.java");
    }

    @Test
    void serialization_isNowhere() throws IOException {
        assertThat(users(Pattern.compile(
                        "ObjectInputStream|implements [^{]*Serializable|Runtime\\.getRuntime\\(\\)\\.exec")))
                .isEmpty();
    }

    private static Map<String, List<String>> users(Pattern pattern) throws IOException {
        Map<String, List<String>> users = new TreeMap<>();
        try (Stream<Path> sources = Files.walk(SOURCES)) {
            for (Path source :
                    sources.filter(p -> p.toString().endsWith(".java")).collect(Collectors.toList())) {
                List<String> lines = codeOf(source).stream()
                        .filter(line -> pattern.matcher(line).find())
                        .collect(Collectors.toList());
                if (!lines.isEmpty()) {
                    users.put(String.valueOf(source.getFileName()), lines);
                }
            }
        }
        return users;
    }

    private static List<String> codeOf(Path source) {
        try {
            return Files.readAllLines(source).stream()
                    .filter(line ->
                            !line.strip().startsWith("*") && !line.strip().startsWith("//"))
                    .collect(Collectors.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
