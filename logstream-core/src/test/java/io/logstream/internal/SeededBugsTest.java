package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.spi.ToolProvider;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * Shows that the simulation can fail: each of these bugs is put into a copy of one class, and the simulation has to find it.
 * What is shipped knows nothing of them.
 */
@Tag("long")
class SeededBugsTest {
    private static final Path SOURCES = Path.of("src", "main", "java", "io", "logstream", "internal");
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int SEEDS = 3_000;

    /** A bug: what stands in a class, and what stands there instead. */
    enum Bug {
        LOST_WAKE_UP(
                "SerialTask",
                "if (more || !STATE.compareAndSet(this, RUNNING, IDLE)) {",
                "if (!more) { state = IDLE; } else {"),
        JOIN_OFF_BY_ONE("Placement", "ring.tailSequence() - last.lines()", "ring.tailSequence() - last.lines() + 1"),
        GAP_NOT_COUNTED("Cursor", "lost += to.sequence() - sequence;", ""),
        FILTERED_COUNTED_TWICE("Cursor", "filtered += held;", "filtered += 2L * held;"),
        DOUBLE_DELIVERY_ON_RESUME(
                "Intake", "lane.handed = token.side(c).skip();", "lane.handed = token.side(c).skip() / 2;"),
        NON_ATOMIC_HISTORY(
                "Cursor",
                "EndReason ended = run.end;",
                "if (!live && slot == joinTail && slot < ring.tail() && follow) { synchronized (this) {"
                        + " ring.lock.lock(); place = run.placeAt(ring.tail()); ring.lock.unlock(); segment = null;"
                        + " slot = place.slot(); sequence = place.sequence(); } } EndReason ended = run.end;"),
        CARRIAGE_RETURN_AT_A_READS_END(
                "LineSplitter", "if (end > 0 && carry[end - 1] == '\\r') {", "if (end > 0 && carry[end - 1] == 0) {"),
        CLOSE_THAT_DOES_NOT_WAKE(
                "Viewer",
                "closing = closing == null ? reason : closing;\n        }\n        wake();",
                "closing = reason; }"),
        EXCEPTION_THAT_KILLS_THE_FAN_OUT(
                "Delivery",
                "} catch (Throwable e) {\n            finish(",
                "} catch (Throwable e) { if (e instanceof Error error) { throw error; } finish("),
        LEAK_ON_FAILED_OPEN(
                "Reading",
                "Wakeup tried = wakeup;\n        shutReader();",
                "Wakeup tried = wakeup;\n        wakeup = null;"),
        UPDATE_THAT_IS_HALF_A_LINE_END(
                "LineSplitter", "i + 1 < to && source[i + 1] != '\\n'", "(i + 1 == to || source[i + 1] != '\\n')"),
        UPDATE_COUNTED_AS_A_LINE("Segment", "LogLine.Ending.CR.ordinal() << 1", "LogLine.Ending.NONE.ordinal() << 1"),
        WRONG_PARTIAL_LINE_CARRY("LineSplitter", "System.arraycopy(carry, length, carry, 0, carried);", ""),
        POLICY_CHANGE_THAT_LOSES_A_GAP(
                "Cursor",
                "} else {\n            keepUntil = NONE;",
                "} else if (keepUntil != NONE) { keepUntil = NONE; synchronized (this) { ring.lock.lock();"
                        + " place = run.placeAt(ring.tail()); ring.lock.unlock(); segment = null;"
                        + " slot = place.slot(); sequence = place.sequence(); }"),
        EVICTION_PAST_WHO_BLOCKS("Run", "return gate;\n", "return Long.MAX_VALUE;\n"),
        GAP_UPSTREAM_SKIPPED_IN_SILENCE(
                "Cursor", "return segment == null && place.upstream().gaps() > upstream.gaps();", "return false;"),
        CHECKPOINT_FROM_THE_FUTURE(
                "Place", "return other.slot() <= slot && other.out() <= out && other.err() <= err;", "return true;"),
        MEMORY_USED_AGAIN_THAT_IS_READ("Segment", "return full && next == EVICTED && pins == 0;", "return full;"),
        SPARE_MEMORY_NOT_GIVEN_BACK("SegmentRing", "charge(-spareBytes);", ""),
        TIME_OF_ANOTHER_LINE("Segment", "times = new long[] {time};", "times = new long[] {time - 1};"),
        RECONNECT_WITHOUT_SKIPPING("Intake", "lane.at = newest.handed(lane.channel);", "lane.at = lane.handed;");

        final String type;
        final String right;
        final String wrong;

        Bug(String type, String right, String wrong) {
            this.type = type;
            this.right = right;
            this.wrong = wrong;
        }
    }

    @ParameterizedTest
    @EnumSource
    void simulation_findsBug(Bug bug, @TempDir Path directory) throws Exception {
        String source = Files.readString(SOURCES.resolve(bug.type + ".java"));
        assertThat(source).as("the place of the bug").containsOnlyOnce(bug.right);
        Path seeded = Files.writeString(directory.resolve(bug.type + ".java"), source.replace(bug.right, bug.wrong));
        compile(seeded, directory);
        int seed = firstSeedThatFails(directory, SEEDS);
        assertThat(seed).as("seed that finds it").isBetween(1, SEEDS);
        System.out.printf("seeded bug %s in %s: found by seed %d%n", bug, bug.type, seed);
    }

    @Test
    void simulation_findsNothing_whereThereIsNoBug(@TempDir Path directory) throws Exception {
        compile(SOURCES.resolve("Cursor.java"), directory);
        assertThat(firstSeedThatFails(directory, 200)).isZero();
    }

    private static void compile(Path source, Path target) throws Exception {
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        String path = String.join(File.pathSeparator, places());
        int failed = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(out, out, "-proc:none", "-nowarn", "-d", target.toString(), "-cp", path, source.toString());
        assertThat(failed).as(said.toString()).isZero();
    }

    /** Where the classes are that the simulation needs. */
    private static List<String> places() throws Exception {
        List<String> places = new ArrayList<>(List.of("target/classes", "target/test-classes"));
        for (Class<?> type : List.of(LoggerFactory.class, NullMarked.class, Assertions.class, Test.class)) {
            places.add(Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString());
        }
        return places;
    }

    /** Runs the simulation on the classes in a directory; the first seed that fails, or hangs, or 0. */
    private static int firstSeedThatFails(Path directory, int seeds) throws Exception {
        List<URL> urls = new ArrayList<>(List.of(directory.toUri().toURL()));
        for (String place : places()) {
            urls.add(Path.of(place).toUri().toURL());
        }
        // no parent: the platform's loader would find the classes of this module, without the bug
        try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), null)) {
            assertThat(loader.loadClass(Cursor.class.getName())).isNotEqualTo(Cursor.class);
            Method play = loader.loadClass(Simulator.class.getName()).getDeclaredMethod("play", long.class);
            play.setAccessible(true);
            CompletableFuture<Integer> first = new CompletableFuture<>();
            AtomicInteger at = new AtomicInteger();
            Thread thread = new Thread(() -> {
                while (at.incrementAndGet() <= seeds && !first.isDone()) {
                    try {
                        play.invoke(null, (long) at.get());
                    } catch (InvocationTargetException e) {
                        if (e.getCause() instanceof LinkageError) {
                            first.completeExceptionally(e); // a copy that does not fit its neighbours shows nothing
                        }
                        first.complete(at.get());
                    } catch (IllegalAccessException e) {
                        first.completeExceptionally(e);
                    }
                }
                first.complete(0);
            });
            thread.setDaemon(true);
            thread.start();
            for (int before = 0; ; ) {
                try {
                    return first.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    if (at.get() == before) {
                        first.complete(0);
                        return before; // it hangs, which is as good as failing
                    }
                    before = at.get();
                }
            }
        }
    }

    @Test
    void bugs_areAtLeastTwelve() {
        assertThat(Bug.values()).hasSizeGreaterThanOrEqualTo(12);
    }
}
