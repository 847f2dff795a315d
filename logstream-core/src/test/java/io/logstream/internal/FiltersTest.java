package io.logstream.internal;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogFeed;
import io.logstream.LogFilter;
import io.logstream.LogFilter.Level;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Recorder;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FiltersTest {
    private static final StreamName NAME = new StreamName("s", StandardCharsets.UTF_8, "source");

    private static LogLine line(String text) {
        return line(text.getBytes(StandardCharsets.UTF_8));
    }

    private static LogLine line(byte[] content) {
        Place place = new Place(0, 0, 0, 0, 0, false, false, Checkpoint.NONE, Place.Upstream.NONE);
        Segment segment = new Segment(place, null);
        segment.reserve(content.length, 1, false);
        int flag = SegmentRing.flag(0, LogLine.Ending.NONE, false, false);
        segment.add(content, 0, content.length, content.length, flag, 0);
        return new Line(NAME, segment, 0);
    }

    private static boolean passes(LogFilter filter, String text) {
        return filter.test(line(text));
    }

    // ---- contains, regex, and how they combine

    @Test
    void contains_findsTheTextAnywhere_letterByLetter() {
        LogFilter filter = LogFilter.contains("gr\u00fcn.");
        assertThat(passes(filter, "gr\u00fcn.")).isTrue();
        assertThat(passes(filter, "it is gr\u00fcn. yes")).isTrue();
        assertThat(passes(filter, "ggr\u00fcn.")).isTrue();
        assertThat(passes(filter, "gr\u00fcnx")).isFalse();
        assertThat(passes(filter, "GR\u00dcN.")).isFalse();
        assertThat(passes(filter, "gr\u00fcn")).isFalse();
        assertThat(passes(filter, "")).isFalse();
    }

    @Test
    void containsOfNothing_letsEveryLineThrough() {
        assertThat(passes(LogFilter.contains(""), "")).isTrue();
        assertThat(passes(LogFilter.contains(""), "a")).isTrue();
    }

    @Test
    void regex_findsAMatchAnywhere() {
        assertThat(passes(LogFilter.regex("d.sk [0-9]+"), "on disk 17 now")).isTrue();
        assertThat(passes(LogFilter.regex("^disk"), "on disk 17")).isFalse();
        assertThat(passes(LogFilter.regex(Pattern.compile("DISK", Pattern.CASE_INSENSITIVE)), "on disk"))
                .isTrue();
    }

    @Test
    void regex_seesTheTextDecoded_malformedBytesReplaced() {
        assertThat(LogFilter.regex("^a\ufffdb$").test(line(new byte[] {'a', (byte) 0xff, 'b'})))
                .isTrue();
        assertThat(passes(LogFilter.regex("^.$"), "\ud83d\ude00")).isTrue();
    }

    @Test
    void exclude_letsThroughWhatDoesNotMatch() {
        LogFilter filter = LogFilter.exclude("health|ready");
        assertThat(passes(filter, "GET /health")).isFalse();
        assertThat(passes(filter, "GET /ready")).isFalse();
        assertThat(passes(filter, "GET /")).isTrue();
    }

    @Test
    void andOrNot_combine() {
        LogFilter a = LogFilter.contains("a");
        LogFilter b = LogFilter.contains("b");
        for (String text : List.of("", "a", "b", "ab")) {
            boolean hasA = text.contains("a");
            boolean hasB = text.contains("b");
            assertThat(passes(a.and(b), text)).isEqualTo(hasA && hasB);
            assertThat(passes(a.or(b), text)).isEqualTo(hasA || hasB);
            assertThat(passes(a.not(), text)).isEqualTo(!hasA);
            assertThat(passes(a.and(b.not()).or(b.and(a.not())), text)).isEqualTo(hasA ^ hasB);
            assertThat(passes(LogFilter.all(), text)).isTrue();
            assertThat(passes(LogFilter.all().not(), text)).isFalse();
        }
    }

    @Test
    void wrongArguments_areRefused() {
        assertThatThrownBy(() -> LogFilter.regex("(")).isInstanceOf(PatternSyntaxException.class);
        assertThatThrownBy(() -> LogFilter.exclude("[")).isInstanceOf(PatternSyntaxException.class);
        assertThatThrownBy(() -> LogFilter.contains(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> LogFilter.regex((Pattern) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> LogFilter.level(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> LogFilter.all().and(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> LogFilter.all().or(null)).isInstanceOf(NullPointerException.class);
    }

    // ---- levels

    /** A level, or none, and a line that has it. */
    private static final String LEVELS = """
            WARN   12:00:01 WARN disk
            WARN   12:00:01 WARNING disk
            INFO   2026-01-01T00:00:00Z INFO up
            ERROR  ERROR: no space
            ERROR  ERROR
            ERROR  main ERR x
            ERROR  SEVERE: broken
            FATAL  FATAL out of memory
            FATAL  kernel: PANIC now
            FATAL  CRITICAL disk
            FATAL  CRIT disk
            FATAL  ALERT x
            FATAL  EMERG x
            FATAL  EMERGENCY x
            DEBUG  DEBUG x
            DEBUG  DBG x
            TRACE  TRACE x
            TRACE  FINE x
            TRACE  FINER x
            TRACE  FINEST x
            TRACE  VERBOSE x
            INFO   NOTICE x
            INFO   CONFIG x
            INFO   INFORMATION x
            INFO   x INFO then ERROR
            INFO   x|INFO|y
            WARN   12:00:01,123 [main] WARN  c.e.Disk - low
            WARN   2026/01/01 12:00:00 WARN: low
            ERROR  [error] no space
            WARN   <warning> low
            INFO   (info) fine
            ERROR  [12:00] [Error] [client 1] x
            WARN   warning: low
            ERROR  gcc: error: no input files
            FATAL  fatal: not a git repository
            DEBUG  a debug: b
            WARN   level=warn msg=x
            ERROR  time=1 level="error" msg=x
            ERROR  {"severity":"Error","n":1}
            WARN   {"level": "Warning"}
            INFO   {"lvl":"info"}
            DEBUG  loglevel=debug x
            TRACE  LEVEL=trace
            INFO   severity: info
            INFO   0 ERROR 1 WARN INFO
            none   0 errors found
            none   no errors found
            none   3 ERROR
            none   2 WARN, 0 ERROR
            none   an error happened
            none   warning lights
            none   INFORMED
            none   MISINFO
            none   ERROR_CODE 17
            none   NOERROR
            none   error
            none   0 error: none
            none   x=errors: 1
            none   the level is high
            none   levels=none
            none   hello
            """;

    static Stream<Arguments> levels() {
        return LEVELS.lines().map(row -> Arguments.of(row.substring(0, 7).strip(), row.substring(7)));
    }

    @ParameterizedTest
    @MethodSource("levels")
    void level_standsWhereTheRuleSays(String level, String text) {
        assertThat(String.valueOf(Filters.levelOf(line(text))).replace("null", "none"))
                .isEqualTo(level);
    }

    @Test
    void levelOfAnEmptyLine_isNone() {
        assertThat(Filters.levelOf(line(""))).isNull();
    }

    @Test
    void level_countsInTheFirst256BytesOnly() {
        assertThat(Filters.levelOf(line(" ".repeat(256 - 4) + "WARN"))).isEqualTo(Level.WARN);
        assertThat(Filters.levelOf(line(" ".repeat(256 - 3) + "WARN"))).isNull();
        assertThat(Filters.levelOf(line(" ".repeat(1 << 20) + "WARN"))).isNull();
    }

    @Test
    void level_isFoundAmongBytesThatAreNoText() {
        byte[] binary = new byte[200];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) (0x80 + i);
        }
        System.arraycopy(" ERROR ".getBytes(StandardCharsets.US_ASCII), 0, binary, 100, 7);
        assertThat(Filters.levelOf(line(binary))).isEqualTo(Level.ERROR);
    }

    @Test
    void levelFilter_letsThroughFromItsLevelOn_andHoldsBackLinesWithout() {
        for (Level atLeast : Level.values()) {
            LogFilter filter = LogFilter.level(atLeast);
            for (Level level : Level.values()) {
                assertThat(passes(filter, level + " x")).isEqualTo(level.compareTo(atLeast) >= 0);
            }
            assertThat(passes(filter, "hello")).isFalse();
        }
    }

    // ---- bounds

    private static final int HOSTILE_BYTES = 64 * 1024;

    /** An expression that takes far too long, or too deep a stack, on 64 KiB of a repeated text. */
    static Stream<Arguments> hostile() {
        return Stream.of(
                // quadratic and worse
                Arguments.of(".*.*.*=", "x"),
                Arguments.of(".*.*=", "x"),
                Arguments.of("x*x*y", "x"),
                Arguments.of("\\s+$", " x".repeat(4) + " ".repeat(1000)),
                Arguments.of("x.*y.*z", "xy"),
                Arguments.of("[a-z]+[0-9]+;", "a"),
                Arguments.of("\\w+@\\w+", "w"),
                Arguments.of("(?=.*x)(?=.*y)z", "xy"),
                Arguments.of("x{1,60000}y", "x"),
                Arguments.of("(?i)x+y", "X"),
                Arguments.of("(?s)a.*b.*c", "ab\n"),
                Arguments.of("(?:x+)y", "x"),
                Arguments.of("x+?y", "x"),
                // exponential
                Arguments.of("(a+)+$", "a".repeat(500) + "!"),
                Arguments.of("(a*)*b", "a"),
                Arguments.of("(a|aa)+$", "a".repeat(500) + "!"),
                Arguments.of("(a|a)*b", "a"),
                Arguments.of("([a-z]+)*=", "ab"),
                Arguments.of("(.*,){11}P", "1,"),
                Arguments.of("(x+x+)+y", "x"),
                Arguments.of("^(([a-z])+.)+[A-Z]([a-z])+$", "a"),
                Arguments.of("(?:a?){40}a{40}b", "a"),
                Arguments.of("(\\w+\\s?)*:", "word "),
                Arguments.of("^(\\d+|\\d+x)*$", "1234567890".repeat(6) + "y"),
                // back references
                Arguments.of("(.*)\\1z", "ab"),
                Arguments.of("(a*)\\1b", "a"),
                // deep recursion
                Arguments.of("(x|y)*z", "xy"),
                Arguments.of("(x|y|z)*=", "xyz"),
                Arguments.of("(?:.|\\n)*=", "x\n"),
                Arguments.of("(x(?=[xy])|y)*z", "xy"),
                Arguments.of("((x)|(y))*z", "xy"));
    }

    @Test
    void hostileExpressions_areGivenUpOrJudged_andHarmNobody() throws Exception {
        List<Arguments> hostile = hostile().toList();
        assertThat(hostile).hasSizeGreaterThanOrEqualTo(30);
        long givenUp = 0;
        try (LogHub hub = LogHub.builder().deliveryThreads(1).maxThreads(1).build()) {
            for (Arguments each : hostile) {
                String expression = (String) each.get()[0];
                String atom = (String) each.get()[1];
                String text = atom.repeat(HOSTILE_BYTES / atom.length() + 1).replace('\n', '\u0085') + "!";
                givenUp += showThrough(hub, expression, text);
            }
            assertThat(hub.stats().deliveryThreads()).isEqualTo(1); // the same thread, alive after all of them
        }
        assertThat(givenUp).isGreaterThan(20); // newer JDKs judge more of them in time
    }

    /** One line through one filter that matches nowhere in it; returns how often the filter was given up. */
    private static long showThrough(LogHub hub, String expression, String text) throws Exception {
        try (LogFeed feed = hub.feed(expression)) {
            SubscribeOptions how = SubscribeOptions.builder()
                    .filter(LogFilter.regex(expression))
                    .build();
            Recorder viewer = new Recorder();
            Subscription subscription = feed.broadcaster().subscribe(how, viewer);
            feed.line(text);
            eventually(
                    "the line passes " + expression, () -> subscription.stats().position() == 1);
            Subscription.Stats stats = subscription.stats();
            assertThat(subscription.end()).isEmpty();
            assertThat(stats.delivered()).as(expression).isEqualTo(stats.filterOverBound());
            assertThat(stats.filtered()).as(expression).isEqualTo(1 - stats.filterOverBound());
            assertThat(viewer.check().texts()).hasSize((int) stats.delivered());
            return stats.filterOverBound();
        }
    }

    @Test
    void overBoundInsideACombination_letsTheLineThrough() throws Exception {
        LogFilter hostile = LogFilter.regex("(x|y)*z");
        try (LogHub hub = LogHub.create();
                LogFeed feed = hub.feed("s")) {
            for (LogFilter filter : List.of(
                    hostile.not(),
                    hostile.and(LogFilter.all().not()),
                    LogFilter.all().not().or(hostile))) {
                Recorder viewer = new Recorder();
                Subscription subscription = feed.broadcaster()
                        .subscribe(
                                SubscribeOptions.builder()
                                        .replay(Replay.none())
                                        .filter(filter)
                                        .build(),
                                viewer);
                feed.line("xy".repeat(HOSTILE_BYTES / 2));
                viewer.awaitLines(1);
                eventually("it is counted", () -> subscription.stats().filterOverBound() == 1);
                subscription.close();
                viewer.check();
            }
        }
    }

    @Test
    void looksAtALine_areBounded() {
        String text = "x".repeat(HOSTILE_BYTES);
        assertThat(Bounded.find(Pattern.compile("y"), text)).isFalse();
        assertThat(Bounded.find(Pattern.compile("x$"), text)).isTrue();
        assertThatThrownBy(() -> Bounded.find(Pattern.compile(".*.*="), text)).isInstanceOf(Bounded.OverBound.class);
        assertThatThrownBy(() -> Bounded.find(Pattern.compile("(x|y)*z"), text)).isInstanceOf(Bounded.OverBound.class);
    }

    @Test
    void ordinaryExpressionOnALineOfManyMegabytes_isJudged() {
        String text = "x".repeat(8 << 20) + " needle";
        assertThat(Bounded.find(Pattern.compile("needle"), text)).isTrue();
        assertThat(Bounded.find(Pattern.compile("[0-9]{3} needle"), text)).isFalse();
    }
}
