package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import io.logstream.file.FileSource;
import io.logstream.file.FileSource.Watch;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.LogSource;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Scans of a real directory, when the test says so and on its clock. */
@Timeout(60)
class FileScanTest {
    private static final Duration GONE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private final HandContext context = new HandContext();
    private final FileWatch watching = new FileWatch();
    private final Map<String, LogSource> sources = new HashMap<>();
    private final List<String> told = new ArrayList<>();
    private final Set<Path> denied = new HashSet<>();
    private final Map<Path, Long> born = new HashMap<>();
    private final FaultyAccess access = new FaultyAccess() {
        @Override
        public @Nullable FileStat stat(Path path) throws IOException {
            FileStat stat = super.stat(path);
            Long birth = born.get(path);
            return stat == null || birth == null
                    ? stat
                    : new FileStat(stat.kind(), stat.device(), stat.inode(), birth, stat.size(), stat.modifiedNanos());
        }

        @Override
        public List<Path> list(Path listed, String prefix) throws IOException {
            if (denied.contains(listed)) {
                throw new AccessDeniedException(listed.toString());
            }
            return super.list(listed, prefix);
        }
    };
    private Watch watch = Watch.OFF;
    private boolean follow = true;
    private int maxFiles = 10_000;
    private List<String> excluded = List.of();
    private FileScan scan;

    private final LogDiscovery.Sink sink = new LogDiscovery.Sink() {
        @Override
        public void found(String stream, LogSource source) {
            assertThat(sources.put(stream, source)).as(stream).isNull();
            told.add("+" + brief(stream));
        }

        @Override
        public void gone(String stream) {
            assertThat(sources.remove(stream)).as(stream).isNotNull();
            told.add("-" + brief(stream));
        }
    };

    private String brief(String stream) {
        return stream.replace(directory + "/", "");
    }

    @AfterEach
    void close() {
        if (scan != null) {
            scan.close();
        }
    }

    private FileScanTest open(String pattern) {
        close();
        sources.clear();
        scan = FileScan.open(
                new ScanSettings(
                        PathPattern.parse(pattern.startsWith("/") ? pattern : directory + "/" + pattern),
                        excluded.stream().map(Exclusion::new).toList(),
                        follow,
                        watch,
                        Duration.ofSeconds(1),
                        GONE,
                        maxFiles,
                        FileSource::of),
                context,
                access,
                watching);
        return this;
    }

    /** One scan: what has come (+) and gone (-). */
    private List<String> scan() throws IOException {
        assertThat(scan.scan(sink)).isEqualTo(follow ? Outcome.WAIT : Outcome.END);
        List<String> result = List.copyOf(told);
        told.clear();
        return result;
    }

    private List<String> scanAfter(Duration time) throws IOException {
        context.time.advance(time);
        return scan();
    }

    /** Scans at each event until all of this was told. The clock stands still: whatever happens was told by an event. */
    private void awaitTold(String... expected) throws Exception {
        List<String> all = new ArrayList<>(scan());
        while (!all.equals(List.of(expected))) {
            assertThat(List.of(expected)).containsAll(all);
            assertThat(context.wakes.tryAcquire(20, TimeUnit.SECONDS))
                    .as("an event after %s", all)
                    .isTrue();
            all.addAll(scan());
        }
        context.wakes.drainPermits();
    }

    private Path file(String name) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "one\n");
    }

    private void files(String... names) throws IOException {
        for (String name : names) {
            file(name);
        }
    }

    // ---- what a pattern means

    @Test
    void star_matchesNamesInOneDirectory_butNoneWithADot() throws IOException {
        files("a.log", "b.log", "c.txt", ".d.log", "sub/e.log");
        assertThat(open("*.log").scan()).containsExactly("+a.log", "+b.log");
        assertThat(open(".*.log").scan()).containsExactly("+.d.log");
        assertThat(open("*/*.log").scan()).containsExactly("+sub/e.log");
        assertThat(open("?.{log,txt}").scan()).containsExactly("+a.log", "+b.log", "+c.txt");
        assertThat(open("[!a].log").scan()).containsExactly("+b.log");
        assertThat(open("s*/e.log").scan()).containsExactly("+sub/e.log");
        assertThat(open("s*/").scan()).containsExactly("+sub/e.log");
    }

    @Test
    void backslash_takesTheMeaningOfAWildcardAway() throws IOException {
        files("a*.log", "ab.log", "{x}.log");
        assertThat(open("a\\*.log").scan()).containsExactly("+a*.log");
        assertThat(open("\\{x\\}.log").scan()).containsExactly("+{x}.log");
    }

    @Test
    void doubleStar_matchesAnyNumberOfDirectories_butNoneWithADot() throws IOException {
        files("a.log", "x/b.log", "x/y/c.log", ".hidden/d.log", "x/.git/e.log", "x/y/f.txt");
        assertThat(open("**/*.log").scan()).containsExactly("+a.log", "+x/b.log", "+x/y/c.log");
        assertThat(open("**").scan()).containsExactly("+a.log", "+x/b.log", "+x/y/c.log", "+x/y/f.txt");
        assertThat(open("**/y/**/*.log").scan()).containsExactly("+x/y/c.log");
        assertThat(open("**/x/**/**/*").scan()).containsExactly("+x/b.log", "+x/y/c.log", "+x/y/f.txt");
        assertThat(open("**/.git/*").scan()).containsExactly("+x/.git/e.log");
    }

    @Test
    void noWildcard_isAllFilesOfADirectory_orOneFile() throws IOException {
        files("logs/a.log", "logs/b", "logs/.c", "logs/sub/d.log");
        assertThat(open("logs").scan()).containsExactly("+logs/a.log", "+logs/b");
        assertThat(open("logs//").scan()).containsExactly("+logs/a.log", "+logs/b");
        assertThat(open("logs/a.log").scan()).containsExactly("+logs/a.log");
        assertThatThrownBy(() -> open("logs/a.log/").scan()).isInstanceOf(NotDirectoryException.class);
    }

    @Test
    void ids_areTheBaseAsGivenAndTheRest() {
        Path here = Path.of("").toAbsolutePath();
        assertThat(PathPattern.parse("logs/*.log").id(here.resolve("logs/a.log")))
                .isEqualTo("logs/a.log");
        assertThat(PathPattern.parse("./logs/**/x").id(here.resolve("logs/b/x")))
                .isEqualTo("./logs/b/x");
        assertThat(PathPattern.parse("*.log").id(here.resolve("a.log"))).isEqualTo("a.log");
        assertThat(PathPattern.parse("/*/x").id(Path.of("/a/x"))).isEqualTo("/a/x");
        assertThat(PathPattern.parse("logs/").id(here.resolve("logs/a"))).isEqualTo("logs/a");
        assertThat(PathPattern.parse("logs/*.log")).hasToString(here + "/logs/*.log");
    }

    @Test
    void twoPatterns_haveDifferentIds_forDifferentFilesOfOneName() throws IOException {
        files("a/app.log", "b/app.log");
        assertThat(open("a/*.log").scan()).containsExactly("+a/app.log");
        assertThat(open("b/*.log").scan()).containsExactly("+b/app.log");
        assertThat(sources.values())
                .extracting(LogSource::identity)
                .containsExactly("file:" + directory + "/b/app.log");
    }

    @Test
    void whatIsNoPattern_isRefusedWithTheReason() {
        for (String[] wrong : new String[][] {
            {"", "empty pattern"},
            {"{a/b,c}.log", "slash in braces"},
            {"*/../x", "'..' behind a wildcard"},
            {"[a.log", "is no pattern"},
            {"{a.log", "is no pattern"},
        }) {
            assertThatThrownBy(() -> PathPattern.parse(wrong[0]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong[1]);
        }
    }

    @Test
    void exclusions_areOfNamesOrOfPaths() throws IOException {
        files("a.log", "a-debug.log", "x/b.log", "x/tmp/c.log", "tmp/d.log");
        excluded = List.of("*-debug.log");
        assertThat(open("**/*.log").scan()).containsExactly("+a.log", "+tmp/d.log", "+x/b.log", "+x/tmp/c.log");
        excluded = List.of("**/tmp/**", "a.log");
        assertThat(open("**/*.log").scan()).containsExactly("+a-debug.log", "+x/b.log");
        excluded = List.of(directory + "/x/**");
        assertThat(open("**/*.log").scan()).containsExactly("+a-debug.log", "+a.log", "+tmp/d.log");
        excluded = List.of("x/**/b.log");
        assertThat(open("x/*.log").scan()).containsExactly("+x/b.log");
        assertThat(open("**/b.log").scan()).isEmpty();
    }

    @Test
    void onlyRegularFilesCount_andLinksToThem() throws Exception {
        file("a.log");
        Files.createDirectory(directory.resolve("b.log"));
        Files.createSymbolicLink(directory.resolve("c.log"), Path.of("a.log"));
        Files.createSymbolicLink(directory.resolve("d.log"), Path.of("nowhere"));
        Files.createSymbolicLink(directory.resolve("e.log"), Path.of("b.log"));
        assertThat(new ProcessBuilder("mkfifo", directory.resolve("f.log").toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(open("*.log").scan()).containsExactly("+a.log", "+c.log");
    }

    @Test
    void linksToDirectories_areFollowedBeforeTheDoubleStarOnly() throws IOException {
        files("real/x/a.log");
        Files.createSymbolicLink(directory.resolve("link"), Path.of("real"));
        Files.createSymbolicLink(directory.resolve("real/x/loop"), Path.of(".."));
        assertThat(open("link/**/*.log").scan()).containsExactly("+link/x/a.log");
        assertThat(open("l*/**/*.log").scan()).containsExactly("+link/x/a.log");
        assertThat(open("**/*.log").scan()).containsExactly("+real/x/a.log");
        assertThat(open("**/link/x/*.log").scan()).isEmpty();
        assertThat(open("*/x/loop/x/a.log").scan()).containsExactly("+link/x/loop/x/a.log", "+real/x/loop/x/a.log");
    }

    // ---- what rotation makes

    @Test
    void rotatedAndCompressedFiles_areNotFollowedOnTheirOwn() throws IOException {
        files("app.log", "app.log.1", "app.log-20261120", "app.log.2.gz", "app.log.old", "app.log.3.5", "b.gz");
        assertThat(open("*").scan()).containsExactly("+app.log", "+app.log.old");
        assertThat(open("app.log.?").scan()).containsExactly("+app.log.1");
    }

    @Test
    void numbersBehindNumbers_areNoRotation() throws IOException {
        files("job-1", "job-12", "job-2", "10.0.0.1", "10.0.0.10");
        assertThat(open("*").scan()).containsExactly("+10.0.0.1", "+10.0.0.10", "+job-1", "+job-12", "+job-2");
    }

    @Test
    void rotation_isNeitherGoneNorNew_howeverItIsSeen() throws IOException {
        Path log = file("app.log");
        open("app.log*");
        assertThat(scan()).containsExactly("+app.log");
        Files.move(log, directory.resolve("app.log.1"));
        assertThat(scan()).isEmpty();
        assertThat(scanAfter(Duration.ofSeconds(9))).isEmpty();
        file("app.log");
        assertThat(scan()).isEmpty();
        Files.move(directory.resolve("app.log.1"), directory.resolve("app.log.2"));
        Files.move(log, directory.resolve("app.log.1"));
        file("app.log.2.gz");
        assertThat(scanAfter(Duration.ofSeconds(1))).isEmpty();
        Files.delete(directory.resolve("app.log.2"));
        assertThat(scanAfter(GONE)).containsExactly("-app.log");
        assertThat(scanAfter(GONE)).isEmpty(); // app.log.1 is still there
        file("app.log");
        assertThat(scan()).containsExactly("+app.log");
    }

    @Test
    void rotatedFileThatWasFoundFirst_isGoneWhenItsLogAppears() throws IOException {
        file("app.log.1");
        open("app.log*");
        assertThat(scan()).containsExactly("+app.log.1");
        file("app.log");
        assertThat(scan()).containsExactly("-app.log.1", "+app.log");
        assertThat(scanAfter(GONE)).isEmpty();
    }

    @Test
    void fileWithANumber_isFollowedOnItsOwn_onceItIsWrittenWhileTheLogIsThere() throws IOException {
        files("svc", "svc-1", "svc-2", "svc-3");
        open("svc*");
        assertThat(scan()).containsExactly("+svc");
        Rig.append(directory.resolve("svc-1"), "at once\n"); // as rotation or a slow writer would
        assertThat(scanAfter(Duration.ofSeconds(30))).isEmpty();
        assertThat(scanAfter(Duration.ofMinutes(1))).isEmpty();
        Rig.append(directory.resolve("svc-2"), "two\n");
        assertThat(scanAfter(Duration.ofSeconds(1))).containsExactly("+svc-2");
        Rig.append(directory.resolve("svc-1"), "one\n");
        assertThat(scanAfter(Duration.ofSeconds(1))).containsExactly("+svc-1");
        // Its own rotation is that of any log, and so is the end of the other.
        Files.move(directory.resolve("svc-1"), directory.resolve("svc-1.1"));
        file("svc-1");
        assertThat(scanAfter(Duration.ofSeconds(1))).isEmpty();
        Files.delete(directory.resolve("svc"));
        assertThat(scanAfter(GONE)).containsExactly("-svc");
        assertThat(scanAfter(GONE)).isEmpty();
    }

    @Test
    void fileWithANumber_isFollowedAtOnce_whenItsTimesShowThatItIsWrittenBesideTheLog() throws IOException {
        Path log = file("svc");
        file("svc-1");
        Path copy = file("svc.1");
        file("svc.2");
        long now = Files.getLastModifiedTime(log).to(TimeUnit.NANOSECONDS);
        long day = TimeUnit.DAYS.toNanos(1);
        born.put(log, now - day);
        born.put(directory.resolve("svc-1"), now - 2 * day);
        born.put(copy, now - TimeUnit.SECONDS.toNanos(2)); // of the log, before it was cut
        born.put(directory.resolve("svc.2"), now - 3 * day);
        Files.setLastModifiedTime(directory.resolve("svc.2"), FileTime.from(now - day + 1, TimeUnit.NANOSECONDS));
        assertThat(open("svc*").scan()).containsExactly("+svc", "+svc-1");
    }

    @Test
    void rotatedFileThatIsWrittenOn_isNotFollowedOnItsOwn_ifItWasSeenToBeTheLog() throws IOException {
        Path log = file("app.log");
        open("app.log*");
        assertThat(scan()).containsExactly("+app.log");
        Files.move(log, directory.resolve("app.log.1"));
        assertThat(scan()).isEmpty();
        file("app.log");
        assertThat(scan()).isEmpty();
        for (int i = 0; i < 3; i++) {
            Rig.append(directory.resolve("app.log.1"), "late\n");
            assertThat(scanAfter(Duration.ofMinutes(1))).isEmpty();
        }
    }

    @Test
    void logOfItsOwn_staysOne_whenTheOtherAppears_butNotWhenItIsReplacedByIt() throws IOException {
        Path own = file("svc-1");
        open("svc*");
        assertThat(scan()).containsExactly("+svc-1");
        assertThat(scanAfter(Duration.ofMinutes(2))).isEmpty();
        Rig.append(own, "more\n");
        assertThat(scanAfter(Duration.ofMinutes(1))).isEmpty();
        file("svc");
        assertThat(scan()).containsExactly("+svc");
        Files.move(directory.resolve("svc"), own, StandardCopyOption.REPLACE_EXISTING);
        assertThat(scan()).containsExactly("-svc-1");
        file("svc");
        assertThat(scan()).isEmpty();
    }

    // ---- what comes and goes

    @Test
    void fileThatIsMissing_isGoneAfterAWhile_andThenNew() throws IOException {
        Path log = file("a.log");
        file("b.log");
        open("*.log");
        assertThat(scan()).containsExactly("+a.log", "+b.log");
        Files.delete(log);
        context.takeWithin();
        assertThat(scanAfter(Duration.ofSeconds(4))).isEmpty();
        assertThat(scanAfter(Duration.ofMillis(5500))).isEmpty();
        assertThat(context.takeWithin()).isEqualTo(Duration.ofMillis(500)); // sooner than the next poll
        assertThat(scanAfter(Duration.ofMillis(500))).containsExactly("-a.log");
        file("a.log");
        assertThat(scan()).containsExactly("+a.log");
        Files.delete(log);
        assertThat(scanAfter(Duration.ofSeconds(9))).isEmpty();
        file("a.log");
        assertThat(scanAfter(Duration.ofSeconds(9))).isEmpty();
    }

    @Test
    void directoryThatIsMadeLater_deleted_andMadeAgain() throws IOException {
        open("logs/**/*.log");
        assertThat(scan()).isEmpty();
        Path log = file("logs/x/a.log");
        assertThat(scan()).containsExactly("+logs/x/a.log");
        Files.delete(log);
        Files.delete(log.getParent());
        Files.delete(directory.resolve("logs"));
        assertThat(scanAfter(Duration.ofSeconds(1))).isEmpty();
        assertThat(scanAfter(Duration.ofSeconds(9))).containsExactly("-logs/x/a.log");
        file("logs/x/a.log");
        assertThat(scan()).containsExactly("+logs/x/a.log");
    }

    @Test
    void withoutFollow_itLooksOnce_andTheBaseMustBeThere() throws IOException {
        follow = false;
        file("a.log");
        assertThat(open("*").scan()).containsExactly("+a.log");
        assertThat(open("*.txt").scan()).isEmpty();
        assertThatThrownBy(() -> open("no/*.log").scan())
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("no directory " + directory.resolve("no"));
    }

    @Test
    void moreThanMaxFiles_isToldAsAFailingStream_untilOthersAreGone() throws Exception {
        files("a", "b", "c", "d");
        maxFiles = 2;
        open("*");
        assertThat(scan()).containsExactly("+a", "+b", "+*");
        assertThatThrownBy(() -> sources.get(directory + "/*").open(Start.beginning(), context))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("more than 2 files")
                .hasMessageContaining("2 of them");
        assertThat(scan()).isEmpty();
        Files.delete(directory.resolve("a"));
        assertThat(scanAfter(GONE)).containsExactly("-a", "+c");
        Files.delete(directory.resolve("d"));
        assertThat(scan()).containsExactly("-*");
    }

    @Test
    void subdirectoryThatCannotBeRead_isPassedOver_andItsFilesAreNotGone() throws IOException {
        files("x/a.log", "y/b.log");
        open("*/*.log");
        assertThat(scan()).containsExactly("+x/a.log", "+y/b.log");
        denied.add(directory.resolve("x"));
        file("y/c.log");
        assertThat(scanAfter(GONE)).containsExactly("+y/c.log");
        assertThat(scanAfter(GONE)).isEmpty();
        denied.clear();
        file("x/d.log");
        assertThat(scan()).containsExactly("+x/d.log");
    }

    @Test
    void baseThatCannotBeRead_isAnIoException() throws IOException {
        denied.add(directory);
        open("*.log");
        assertThatThrownBy(this::scan).isInstanceOf(AccessDeniedException.class);
        denied.clear();
        file("a.log");
        assertThat(scan()).containsExactly("+a.log");
    }

    // ---- being told

    @Test
    void poll_isSeldomWhereAllIsWatched() throws IOException {
        file("a.log");
        open("*.log").scan();
        assertThat(context.takeWithin()).isEqualTo(Duration.ofSeconds(1));
        watch = Watch.ON;
        open("*.log").scan();
        assertThat(context.takeWithin()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void remoteDirectory_isPolled() throws IOException {
        watch = Watch.AUTO;
        access.local = false;
        file("a.log");
        assertThat(open("*.log").scan()).containsExactly("+a.log");
        assertThat(context.takeWithin()).isEqualTo(Duration.ofSeconds(1));
        assertThat(context.wakes.availablePermits()).isZero();
    }

    @Test
    void watch_tellsOfFilesAndDirectories() throws Exception {
        watch = Watch.ON;
        open("logs/**/*.log");
        awaitTold();
        file("logs/a.log");
        awaitTold("+logs/a.log");
        file("logs/x/y/b.log");
        awaitTold("+logs/x/y/b.log");
        file("logs/x/y/c.log");
        awaitTold("+logs/x/y/c.log");
    }

    @Test
    void watch_doesNotTellOfLines() throws Exception {
        watch = Watch.ON;
        Path log = file("a.log");
        open("*.log");
        awaitTold("+a.log");
        for (int i = 0; i < 100; i++) {
            Rig.append(log, "more\n");
        }
        for (String marker : List.of("b", "c")) { // what was told before the first is here before the second
            Files.createFile(directory.resolve(marker));
            assertThat(context.wakes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(context.wakes.availablePermits()).isZero();
    }

    @Test
    void watch_goesOn_whenADirectoryIsDeletedAndMadeAgain_orReplaced_orItsLinkSwitched() throws Exception {
        watch = Watch.ON;
        files("one/x/a.log", "two/x/b.log");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("one"));
        open("link/*/*.log");
        awaitTold("+link/x/a.log");
        Files.delete(link);
        Files.createSymbolicLink(link, Path.of("two"));
        awaitTold("+link/x/b.log");
        file("two/x/c.log");
        awaitTold("+link/x/c.log");
        Files.move(directory.resolve("two/x"), directory.resolve("old"));
        file("two/x/d.log");
        awaitTold("+link/x/d.log");
        file("two/x/e.log");
        awaitTold("+link/x/e.log");
        Files.move(directory.resolve("two"), directory.resolve("older"));
        file("two/x/f.log");
        awaitTold("+link/x/f.log");
        file("two/x/g.log");
        awaitTold("+link/x/g.log");
    }

    @Test
    void watch_looksAgain_whenEventsOverflow() throws Exception {
        watch = Watch.ON;
        open("*.log");
        awaitTold();
        String[] names = new String[2000];
        for (int i = 0; i < names.length; i++) {
            names[i] = String.format("+%04d.log", i);
            file(names[i].substring(1));
        }
        List<String> all = new ArrayList<>(scan());
        while (all.size() < names.length) {
            assertThat(context.wakes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            all.addAll(scan());
        }
        assertThat(all).containsExactlyInAnyOrder(names);
    }

    @Test
    void close_leavesNoThreadBehind() throws Exception {
        watch = Watch.ON;
        files("x/a.log", "y/b.log");
        open("**/*.log").scan();
        Files.move(directory.resolve("x"), directory.resolve("z"));
        file("x/c.log");
        awaitTold("+x/c.log", "+z/a.log");
        List<Thread> threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("logstream-file-watch"))
                .toList();
        assertThat(threads).isNotEmpty();
        scan.close();
        for (Thread thread : threads) {
            thread.join(20_000);
        }
        assertThat(threads).noneMatch(Thread::isAlive);
    }
}
