package io.logstream.internal;

import io.logstream.BackpressurePolicy;
import io.logstream.Broadcaster;
import io.logstream.Channel;
import io.logstream.LogFilter;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogReader;
import io.logstream.spi.Start;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Plays one seed: a hub, its sources, feeds and viewers, everything at random, and after every step a comparison with the
 * reference ({@link Model}, {@link SimCursor}). {@code -Dsim.seed=N} replays one.
 */
final class Simulator {
    static final int EVENTS = 200;
    private static final int DEPTH = 4;
    private static final int SEGMENT = 8 * 1024;
    static final boolean VERBOSE = Boolean.getBoolean("sim.verbose");
    private static final String[] WORDS = {
        "a",
        "abc",
        "",
        "error: x",
        "\r",
        "line",
        "\u00e9t\u00e9",
        "\u20ac\u20ac",
        "\uD83D\uDE00",
        "x=1 y=2",
        "7%\r10%\r",
        "\rx=3",
        "0123456789012345678901234567890123456789"
    };

    private static final Pattern MASK = Pattern.compile("x=\\d?|abc|%$");

    final long seed;
    final Random random;
    final List<SimViewer> viewers = new ArrayList<>();
    private final Map<Run, Model> models = new IdentityHashMap<>();
    private final List<SimSource> sources = new ArrayList<>();
    private final Map<String, StreamOptions> options = new HashMap<>();
    private final Map<Model, Feed> feeds = new IdentityHashMap<>();
    private final Map<String, List<SimToken>> tokens = new HashMap<>();
    private final Set<ResumeToken> everKnown = new HashSet<>();
    private final Deque<Entry> log = new ArrayDeque<>();
    private final long memory;
    private final long firstSequence;
    private final int bulkBytes;
    private SimEngine sim;
    private Hub hub;
    private int depth;
    private int numbered;
    private int steps;
    private boolean calm;
    private Failure failed;

    Simulator(long seed) {
        this.seed = seed;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        this.memory = pick(9_000, 20_000, 60_000, 4_000_000); // one segment takes up to 8016 where masked
        this.firstSequence = pick(0, 0, 0, 0, (1L << 31) - 20, Long.MAX_VALUE / 2);
        this.bulkBytes = (int) pick(16, 40, 200, SegmentRing.BULK_BYTES);
        int streams = 1 + random.nextInt(3);
        for (int i = 0; i < streams; i++) {
            SimSource source = new SimSource(this, "s" + i);
            sources.add(source);
            options.put(source.name, streamOptions());
        }
        start();
    }

    /** A seed of 200 events; a failure tells the seed and what came before. */
    static void play(long seed) {
        Simulator simulator = new Simulator(seed);
        try {
            while (simulator.steps < EVENTS) {
                simulator.act();
                simulator.checkAll();
            }
            simulator.finish();
        } catch (Throwable e) {
            throw new AssertionError(simulator.report(e), e);
        } finally {
            Thread.interrupted();
        }
    }

    private String report(Throwable e) {
        StringBuilder text = new StringBuilder("seed " + seed + ": " + e + "\nreplay with -Dsim.seed=" + seed + "\n");
        log.forEach(line -> text.append("  ").append(line).append('\n'));
        for (SimViewer viewer : viewers) {
            text.append("  ")
                    .append(viewer.id)
                    .append(' ')
                    .append(viewer.options.policy())
                    .append('\n');
        }
        return text.toString();
    }

    // ---- what the parts call

    long now() {
        return sim.clock.now;
    }

    /** Remembers what is done, for the report. */
    void log(String format, Object... args) {
        log.add(new Entry(steps, depth, format, args));
        if (log.size() > (VERBOSE ? 2000 : 60)) {
            log.removeFirst();
        }
    }

    /** An entry of the log, put into words only when somebody reads it. */
    private record Entry(int step, int depth, String format, Object... args) {
        @Override
        public String toString() {
            return step + "  " + "  ".repeat(depth) + String.format(format, args);
        }
    }

    /** Something that is not as the reference says. */
    static final class Failure extends AssertionError {
        private static final long serialVersionUID = 1L;
        final String kind;

        Failure(String kind, String message) {
            super(message);
            this.kind = kind;
        }
    }

    Failure failure(String format, Object... args) {
        return failure(format, String.format(format, args));
    }

    Failure failure(String kind, String message) {
        Failure failure = new Failure(kind, message);
        failed = failed == null ? failure : failed;
        return failure;
    }

    /** Throws what a callback threw because something was wrong, and the core has caught. */
    void rethrow() {
        if (failed != null) {
            throw failed;
        }
    }

    void check(boolean holds, String format, Object... args) {
        if (!holds) {
            throw failure(format, args);
        }
    }

    private long pick(long... from) {
        return from[random.nextInt(from.length)];
    }

    /** Does other things before going on, if it is not in too deep. */
    void nest(int most) {
        if (depth < DEPTH && !calm && random.nextInt(6) == 0) {
            depth++;
            for (int i = random.nextInt(most) + 1; i > 0; i--) {
                if (random.nextInt(4) == 0) {
                    guard(this::act);
                } else {
                    sim.runOne();
                }
            }
            depth--;
        }
    }

    /** Everybody but who is in a callback now gets what there is, however long that takes. */
    void everyOtherGetsAll() {
        if (depth < DEPTH) {
            depth++;
            log("settle inside");
            guard(this::settle);
            depth--;
        }
    }

    Model modelOfCurrentTask() {
        Run run = field(sim.current.peek(), "run");
        return models.get(run);
    }

    /** Compares the tail with the model, which may owe an unfinished line that was quiet. */
    void synced(Model model) {
        if (model.run.ring.tail() != model.tail()) {
            flushed(model);
        }
        published(model);
    }

    /** An unfinished line that was quiet has been handed on. */
    void flushed(Model model) {
        StreamOptions options = model.run.options;
        model.flush(options.mask() == null ? options.partialAfter().toNanos() : 0, model.stepBegan);
    }

    void published(Model model) {
        SegmentRing ring = model.run.ring;
        if (ring.tail() != model.tail()) {
            throw failure(
                    "the tail of %s is at %d, not %d: %s",
                    model.run.name.id(), ring.tail(), model.tail(), lastOf(model));
        }
        check(ring.tailSequence() == model.sequence, "the sequence is %d, not %d", ring.tailSequence(), model.sequence);
    }

    static String lastOf(Model model) {
        StringBuilder text = new StringBuilder();
        SegmentRing ring = model.run.ring;
        for (long slot = Math.max(ring.head(), ring.tail() - 12); slot < ring.tail(); slot++) {
            Segment segment = ring.locate(slot);
            boolean marker = segment.isMarker(slot);
            text.append("\n    ring ").append(slot).append(' ');
            text.append(marker ? segment.marker(slot) : new Line(model.run.name, segment, segment.line(slot)));
        }
        for (long slot = Math.max(model.first, model.tail() - 12); slot < model.tail(); slot++) {
            text.append("\n    model ")
                    .append(slot)
                    .append(' ')
                    .append(model.entry(slot))
                    .append(' ')
                    .append(model.counts.get((int) (slot - model.first)));
        }
        return text.toString();
    }

    boolean mayLoseBlocked(Model model) {
        return memory < 1_000_000 || model.source == null;
    }

    /**
     * @param kept whether it was made when its viewer ended: what the source has told since is not in it
     */
    void token(ResumeToken given, Model model, long least, long most, boolean kept) {
        Token token = Token.decode(given.toBytes());
        if (token.epoch() != model.run.ring.epoch) {
            check(everKnown.contains(given), "a token of another run");
            return;
        }
        check(token.slot() >= least && token.slot() <= most, "a token for slot %d, not %d", token.slot(), least);
        check(token.sequence() == model.sequenceAt(token.slot()), "a token for sequence %d", token.sequence());
        long lines = model.counts.get((int) (token.slot() - model.first));
        check(
                token.lines() == lines || token.lines() == -1 && (kept || token.slot() < model.run.ring.head()),
                "a token after %d lines, not %d, for slot %d of %d..%d, %s",
                token.lines(),
                lines,
                token.slot(),
                model.run.ring.head(),
                model.tail(),
                model.counts.subList(Math.max(0, model.counts.size() - 5), model.counts.size()));
        int generation = model.source == null ? 0 : model.source.generation;
        SimToken known = new SimToken(
                ResumeToken.parse(given.toString()), model, token.slot(), model.place(token.slot()), generation);
        if (token.position() != null && model.source != null) {
            ByteBuffer data = ByteBuffer.wrap(token.position().data());
            int item = data.getInt();
            int offset = data.getInt();
            for (int c = 0; c < 2; c++) {
                long place = model.source.units(c, item, offset) + token.side(c).skip();
                check(
                        known.places()[c] < 0 || known.places()[c] == place,
                        "a token for unit %d of channel %d, not %d",
                        place,
                        c,
                        known.places()[c]);
            }
        }
        everKnown.add(given);
        List<SimToken> list = tokens.computeIfAbsent(model.run.name.id(), key -> new ArrayList<>());
        if (list.size() < 20) {
            list.add(known);
        } else {
            list.set(random.nextInt(20), known);
        }
    }

    void tokensOf(SimViewer viewer) {
        viewer.viewer.tokens().forEach((id, token) -> {
            for (SimCursor cursor : viewer.cursors) {
                if (cursor.model.run.name.id().equals(id)
                        && Token.decode(token.toBytes()).epoch() == cursor.model.run.ring.epoch
                        && !viewer.inStep) {
                    boolean left = !Arrays.asList(cursor.model.run.cursors).contains(cursor.cursor);
                    token(token, cursor.model, cursor.slot, cursor.slot, left);
                }
            }
        });
    }

    @SuppressWarnings("unchecked")
    static <T> T field(Object of, String name) {
        try {
            Field field = of.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return (T) field.get(of);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    // ---- the parts

    private void start() {
        sim = new SimEngine(random, memory, firstSequence, bulkBytes);
        hub = new Hub(new HubSettings(memory, 100, 10_000, 1, 1, 1, Duration.ZERO, sim.clock), sim.engine);
        sim.watch = new SimEngine.Watch() {
            @Override
            public void before(Object task) {
                if (task instanceof Reading || task instanceof Feed) {
                    models.get(Simulator.<Run>field(task, "run")).stepBegan = now();
                    return;
                }
                for (SimViewer viewer : viewers) {
                    if (viewer.viewer == task && !viewer.isPull()) {
                        viewer.before();
                    }
                }
            }

            @Override
            public void after(Object task) {
                guard(() -> afterStep(task));
            }
        };
        feeds.clear();
    }

    /** Keeps what goes wrong, since the core catches what is thrown inside a callback or a read. */
    private void guard(Runnable checks) {
        try {
            checks.run();
        } catch (Throwable e) {
            if (failed == null) {
                failed = new Failure(e.toString(), e.toString());
                failed.initCause(e);
            }
            throw e;
        }
    }

    private void afterStep(Object task) {
        if (task instanceof Reading) {
            Model model = models.get(Simulator.<Run>field(task, "run"));
            Object outcome = model.outcome;
            model.outcome = null;
            if (outcome instanceof LogReader.Outcome read) {
                model.read(read == LogReader.Outcome.PENDING);
                if (read == LogReader.Outcome.WAIT && model.live == Long.MAX_VALUE) {
                    model.live = model.tail();
                } else if (read == LogReader.Outcome.END) {
                    model.finish(true);
                }
            } else if (outcome instanceof Intake.Mismatch) {
                model.mismatch();
            } else if (outcome instanceof IOException e) {
                model.failed(e.getMessage());
            } else if (outcome instanceof Throwable) {
                model.finish(false);
            }
            synced(model);
        } else if (task instanceof Feed) {
            synced(models.get(Simulator.<Run>field(task, "run")));
        } else {
            for (SimViewer viewer : viewers) {
                if (viewer.viewer == task && !viewer.isPull()) {
                    viewer.after();
                }
            }
        }
    }

    private StreamOptions streamOptions() {
        StreamOptions.Builder builder = StreamOptions.builder()
                .retainLines((int) pick(1, 5, 30, 200, 5000))
                .retainBytes(pick(4096, 10_000, 70_000))
                .maxLineBytes((int) pick(16, 40, 300))
                .partialAfter(Duration.ofMillis(pick(0, 10, 1000)))
                .linger(Duration.ofMillis(pick(0, 20, 1000, 30_000)))
                .allowBlock(BackpressurePolicy.FOREVER)
                .charset(random.nextInt(4) == 0 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8)
                .retry(Duration.ofMillis(5), Duration.ofMillis(100))
                .carriageReturnUpdates(random.nextInt(3) == 0);
        return (random.nextInt(6) == 0 ? builder.mask(MASK) : builder).build();
    }

    private Stream stream(SimSource source) {
        return hub.stream(source.name, source, options.get(source.name));
    }

    private SimSource anySource() {
        return sources.get(random.nextInt(sources.size()));
    }

    private SimViewer anyViewer() {
        List<SimViewer> alive = viewers.stream().filter(v -> v.end == null).toList();
        return alive.isEmpty() ? null : alive.get(random.nextInt(alive.size()));
    }

    // ---- actions

    private void act() {
        steps++;
        int dice = random.nextInt(100);
        if (dice < 38) {
            for (int i = random.nextInt(12); i >= 0; i--) {
                sim.runOne();
            }
        } else if (dice < 56) {
            write(1 + random.nextInt(4));
        } else if (dice < 59) {
            write(10 + random.nextInt(90));
        } else if (dice < 66) {
            feed();
        } else if (dice < 75) {
            subscribeSomething();
        } else if (dice < 80) {
            poll();
        } else if (dice < 84) {
            sim.advance(pick(1_000, 5_000_000, 20_000_000, 1_100_000_000, 31_000_000_000L));
        } else if (dice < 88) {
            change();
        } else if (dice < 91) {
            breakSomething();
        } else if (dice < 94) {
            closeSomething();
        } else if (dice < 96 && depth == 0) {
            log("settle");
            settle();
        } else if (dice == 96 && depth == 0) {
            restart();
        } else {
            SimViewer viewer = anyViewer();
            if (viewer != null) {
                tokensOf(viewer);
            }
        }
    }

    private void write(int count) {
        SimSource source = anySource();
        if (source.finished) {
            return;
        }
        log("write %d to %s", count, source.name);
        for (int i = 0; i < count; i++) {
            int channel = random.nextInt(3) == 0 ? 1 : 0;
            switch (random.nextInt(40)) {
                case 0 -> source.appendGap();
                case 1 -> source.appendEvent();
                case 2, 3 -> source.appendLineEnd(channel);
                default -> source.append(channel, text());
            }
        }
        source.wakeReaders();
    }

    /** A few words and line ends, now and then many, cut anywhere. */
    private byte[] text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(bulkBytes < SegmentRing.BULK_BYTES ? 4 : 20) == 0 ? 200 : 6);
                i >= 0;
                i--) {
            text.append(WORDS[random.nextInt(WORDS.length)]);
            text.append(random.nextInt(3) == 0 ? "" : random.nextInt(3) == 0 ? "\r\n" : "\n");
        }
        text.append(text.length() == 0 ? "z" : "");
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        int from = random.nextInt(5) == 0 ? random.nextInt(bytes.length) : 0;
        int to = random.nextInt(5) == 0 ? from + 1 + random.nextInt(bytes.length - from) : bytes.length;
        return java.util.Arrays.copyOfRange(bytes, from, to);
    }

    private void feed() {
        if (feeds.isEmpty() && random.nextInt(4) == 0) {
            String name = "feed" + ++numbered;
            StreamOptions of = streamOptions();
            Feed feed = (Feed) hub.feed(name, of);
            Run run = field(feed, "run");
            Model model = newModel(run, null, 0);
            model.live = model.tail();
            feeds.put(model, feed);
            log("open %s", name);
        }
        for (Map.Entry<Model, Feed> entry : Map.copyOf(feeds).entrySet()) {
            Model model = entry.getKey();
            Feed feed = entry.getValue();
            if (feed.broadcaster().end().isPresent()) {
                feeds.remove(model);
            } else if (random.nextInt(60) == 0) {
                log("close %s", model.run.name.id());
                model.finish(true);
                feed.close();
                feeds.remove(model);
            } else if (random.nextInt(20) == 0) {
                SourceEvent event = SourceEvent.of(SourceEvent.Kind.RESTARTED, "by hand");
                model.event(event);
                feed.event(event);
            } else {
                int channel = random.nextInt(2);
                byte[] text = text();
                log("feed %s", model.run.name.id());
                model.bytes(channel, text, sim.clock.epochNanos(), now());
                feed.bytes(Model.channel(channel), ByteBuffer.wrap(text));
            }
            published(model);
        }
    }

    private Model newModel(Run run, SimSource source, long linesBefore) {
        int maxLine = (int) Math.min(
                run.options.maxLineBytes(), Math.min(run.options.retainBytes(), Math.max(4096, memory / 2)) / 4);
        Model model = new Model(run, source, firstSequence, linesBefore, maxLine);
        models.put(run, model);
        return model;
    }

    // ---- viewers

    void subscribeSomething() {
        Set<Stream> streams = new LinkedHashSet<>();
        for (Broadcaster broadcaster : hub.streams()) {
            streams.add((Stream) broadcaster);
        }
        SimSource source = anySource();
        Stream stream;
        if (streams.isEmpty() || random.nextInt(3) == 0) {
            stream = stream(source);
            streams.add(stream);
        } else {
            stream = List.copyOf(streams).get(random.nextInt(streams.size()));
        }
        if (stream.stats().subscribers() < 6) {
            subscribe(stream, List.copyOf(streams));
        }
    }

    private void subscribe(Stream stream, List<Stream> all) {
        SimToken given = null;
        Replay replay = switch (random.nextInt(8)) {
            case 0 -> Replay.none();
            case 1 -> Replay.last(1 + random.nextInt(40));
            case 2 ->
                Replay.since(
                        random.nextBoolean()
                                ? Instant.ofEpochSecond(random.nextInt(1000))
                                : Instant.ofEpochSecond(0, sim.clock.epochNanos()));
            case 3, 4 -> Replay.all();
            default -> null;
        };
        List<SimToken> known = tokens.getOrDefault(stream.id(), List.of());
        if (replay == null && !known.isEmpty()) {
            given = known.get(random.nextInt(known.size()));
            replay = Replay.after(stream.id(), given.token());
        } else if (replay == null) {
            replay = Replay.last(Replay.DEFAULT_LINES);
        }
        SubscribeOptions.Builder builder = SubscribeOptions.builder()
                .replay(replay)
                .policy(policy())
                .follow(random.nextInt(6) > 0)
                .batchLines((int) pick(1, 3, 20, 512));
        SimViewer[] self = new SimViewer[1];
        Filter filter = filter(self);
        builder.filter(filter.core);
        if (random.nextInt(6) == 0) {
            builder.executor(executor(self));
        }
        SubscribeOptions how = builder.build();
        SimViewer viewer = new SimViewer(this, ++numbered, how);
        self[0] = viewer;
        viewer.tricky = random.nextInt(3) > 0;
        viewer.filterThrows = filter.throwing;
        int kind = random.nextInt(8);
        Map<Stream, Run> before = new HashMap<>();
        all.forEach(s -> before.put(s, field(s, "run")));
        int count = hub.stats().subscribers();
        try {
            if (kind == 0 && all.size() > 1 && given == null) {
                log("merge as viewer %d: %s %s", viewer.id, replay, how.policy());
                viewer.viewer = (Viewer) hub.subscribe(List.<Broadcaster>copyOf(all), how, viewer);
            } else if (kind < 3) {
                log("pull %s as viewer %d: %s %s", stream.id(), viewer.id, replay, how.policy());
                viewer.viewer = (Viewer) stream.tail(how);
            } else {
                log("subscribe %s as viewer %d: %s %s", stream.id(), viewer.id, replay, how.policy());
                viewer.viewer = (Viewer) stream.subscribe(how, viewer);
            }
        } catch (LogStreamException e) {
            check(stream.end().isPresent() || kind == 0, "refused: %s", e);
            check(kind == 0 || hub.stats().subscribers() == count, "a viewer that was refused is counted");
            return;
        }
        for (Cursor cursor : viewer.viewer.viewing.cursors()) {
            Model model = models.get(cursor.run);
            boolean begun = model == null;
            if (model == null) {
                SimSource of = sources.stream()
                        .filter(s -> s.name.equals(cursor.run.name.id()))
                        .findFirst()
                        .orElseThrow();
                model = newModel(cursor.run, of, Placement.start(replay) instanceof Start.Beginning ? 0 : -1);
                model.fromBeginning = Placement.start(replay) instanceof Start.Beginning;
                if (given != null) {
                    model.beginAt(Token.decode(given.token().toBytes()));
                }
            }
            SimCursor modelled = new SimCursor(this, model, cursor, how.follow());
            modelled.filter = filter.model;
            modelled.policy = how.policy();
            modelled.place(replay, given, begun);
            viewer.cursors.add(modelled);
        }
        viewers.add(viewer);
    }

    private Executor executor(SimViewer[] self) {
        if (random.nextInt(4) > 0) {
            return sim.slow;
        }
        int[] left = {random.nextInt(20)};
        return task -> {
            if (left[0]-- == 0) {
                self[0].executorFails = true;
                throw new RejectedExecutionException("full");
            }
            sim.slow.execute(task);
        };
    }

    private BackpressurePolicy policy() {
        return switch (random.nextInt(8)) {
            case 0 -> BackpressurePolicy.dropNewest(1 + random.nextInt(30));
            case 1 -> BackpressurePolicy.block();
            case 2 -> BackpressurePolicy.block(Duration.ofMillis(pick(1, 10, 500)));
            case 3 ->
                BackpressurePolicy.block(
                        Duration.ofMillis(pick(1, 10, 500)), BackpressurePolicy.dropNewest(1 + random.nextInt(30)));
            case 4 -> BackpressurePolicy.disconnect(pick(1, 20, 1000));
            default -> BackpressurePolicy.dropOldest();
        };
    }

    private record Filter(LogFilter core, Predicate<Model.Line> model, boolean throwing) {}

    private Filter filter(SimViewer[] self) {
        return switch (random.nextInt(10)) {
            case 0 ->
                new Filter(
                        LogFilter.contains("a"),
                        line -> new String(line.content(), StandardCharsets.ISO_8859_1).contains("a"),
                        false);
            case 1 ->
                new Filter(
                        line -> {
                            if (!(self[0].viewer instanceof Pull)) {
                                nest(4);
                            }
                            return line.length() % 2 == 0;
                        },
                        line -> line.content().length % 2 == 0,
                        false);
            case 2 -> new Filter(line -> line.channel() == Channel.STDERR, line -> line.channel() == 1, false);
            case 3 ->
                random.nextInt(3) > 0
                        ? new Filter(LogFilter.all(), line -> true, false)
                        : new Filter(
                                line -> {
                                    throw new IllegalArgumentException("thrown by a filter");
                                },
                                line -> false,
                                true);
            default -> new Filter(LogFilter.all(), line -> true, false);
        };
    }

    void pauseOrResume(SimViewer viewer) {
        log("%s viewer %d", viewer.paused ? "resume" : "pause", viewer.id);
        viewer.paused = !viewer.paused;
        if (viewer.paused) {
            viewer.viewer.pause();
        } else {
            viewer.viewer.resume();
        }
    }

    private void change() {
        SimViewer viewer = anyViewer();
        if (viewer == null) {
            return;
        }
        if (random.nextInt(2) == 0) {
            pauseOrResume(viewer);
        } else if (random.nextInt(2) == 0) {
            BackpressurePolicy policy = policy();
            log("viewer %d has %s", viewer.id, policy);
            viewer.viewer.policy(policy);
            for (SimCursor cursor : viewer.cursors) {
                cursor.policy = policy;
                cursor.policyChanged = true;
            }
        } else if (!viewer.inStep) {
            Filter filter = filter(new SimViewer[] {viewer});
            log("viewer %d has another filter", viewer.id);
            viewer.viewer.filter(filter.core);
            viewer.filterThrows |= filter.throwing;
            viewer.cursors.forEach(cursor -> cursor.filter = filter.model);
        }
    }

    private void poll() {
        List<SimViewer> pulls =
                viewers.stream().filter(v -> v.isPull() && v.end == null).toList();
        if (!pulls.isEmpty()) {
            SimViewer viewer = pulls.get(random.nextInt(pulls.size()));
            for (int i = random.nextInt(30); i >= 0 && viewer.end == null; i--) {
                viewer.poll();
            }
        }
    }

    private void breakSomething() {
        SimSource source = anySource();
        switch (random.nextInt(14)) {
            case 0, 1, 2, 3 -> source.failRead = new IOException("read failed");
            case 4, 5 -> source.failOpen = new IOException("open failed");
            case 6 -> source.failRead = new LogStreamException("no such log");
            case 7 -> source.failRead = new IllegalStateException("a bug of the source");
            case 8 -> source.failOpen = new LogStreamException("no such log");
            case 9 -> source.failOpen = new AssertionError("a bug of the source");
            case 10 -> {
                if (random.nextInt(3) == 0) {
                    source.finished = true;
                }
            }
            default -> {
                source.replace();
                source.failRead = new IOException("replaced");
            }
        }
        log("break %s: %s %s", source.name, source.failRead, source.failOpen);
        source.wakeReaders();
    }

    private void closeSomething() {
        SimViewer viewer = anyViewer();
        if (random.nextInt(4) > 0 && viewer != null) {
            log("close viewer %d", viewer.id);
            viewer.closed = true;
            viewer.viewer.close();
            if (viewer.isPull()) {
                viewer.end = viewer.viewer.end().orElseThrow();
                viewer.cursors.forEach(cursor -> cursor.over = true);
            }
        } else if (!hub.streams().isEmpty() && random.nextInt(2) == 0) {
            Stream stream =
                    (Stream) hub.streams().get(random.nextInt(hub.streams().size()));
            log("close stream %s", stream.id());
            abort(field(stream, "run"));
            stream.close();
        }
    }

    private void abort(Run run) {
        for (SimViewer viewer : viewers) {
            for (SimCursor cursor : viewer.cursors) {
                cursor.aborted |= cursor.model.run == run && !cursor.over;
            }
        }
    }

    private void closeHub() {
        log("close hub");
        viewers.forEach(viewer -> viewer.hubClosed = true);
        hub.streams().forEach(stream -> abort(field(stream, "run")));
        hub.close();
        sim.runThrough(Long.MAX_VALUE);
        for (SimViewer viewer : viewers) {
            if (viewer.isPull() && viewer.end == null) {
                viewer.paused = false;
                viewer.viewer.resume();
                viewer.poll();
            }
            viewer.checkOver();
            viewer.checkAccount();
        }
        for (SimSource source : sources) {
            check(source.opened == source.closed, "%d readers were opened, %d closed", source.opened, source.closed);
        }
        check(hub.stats().streams() == 0, "%d streams are left", hub.stats().streams());
        check(hub.stats().subscribers() == 0, "%d viewers are left", hub.stats().subscribers());
        check(hub.stats().retainedBytes() == 0, "%d bytes are left", hub.stats().retainedBytes());
        models.clear();
        viewers.clear();
    }

    private void restart() {
        boolean before = calm;
        calm = true;
        closeHub();
        calm = before;
        for (SimSource source : sources) {
            source.finished = false;
        }
        start();
    }

    // ---- rest and checks

    /** Runs what can run without time going on: then nobody is owed anything. */
    private void settle() {
        sim.runAll(false);
        for (SimViewer viewer : viewers) {
            boolean held = sim.isWaiting(viewer.viewer);
            boolean unsignalled = viewer.cursors.stream().anyMatch(cursor -> isBeingRead(cursor.model));
            if (viewer.isPull() || held || unsignalled) {
                continue;
            }
            check(!viewer.isOwed(), "nobody wakes viewer %d: %s", viewer.id, viewer);
        }
        for (SimSource source : sources) {
            for (SimSource.SimReader reader : source.readers) {
                Model model = reader.model;
                check(
                        !reader.hasMore() || isBeingRead(model) || model.run.isBlocked() || sim.hasAlarm(),
                        "nobody reads %s: %d of %d",
                        source,
                        reader.item,
                        source.items.size());
            }
        }
    }

    /** Whether its reading task is in a step, so that it has not told yet what it has published. */
    private boolean isBeingRead(Model model) {
        return sim.current.stream().anyMatch(task -> task instanceof Reading && field(task, "run") == model.run);
    }

    private void checkAll() {
        long sum = 0;
        for (Model model : models.values()) {
            sum += Simulator.<Boolean>field(model.run.ring, "freed") ? 0 : model.run.ring.footprint();
        }
        check(
                sum == sim.engine.budget().used(),
                "the rings have %d bytes, the budget says %d",
                sum,
                sim.engine.budget().used());
        check(sum <= memory, "the histories take %d of %d bytes", sum, memory);
        for (Model model : models.values()) {
            checkSize(model.run);
        }
        viewers.forEach(SimViewer::checkAccount);
        rethrow();
    }

    /** A history is within its bounds, but for one segment, where nobody may hold it back. */
    private void checkSize(Run run) {
        boolean held = viewers.stream()
                .flatMap(viewer -> viewer.cursors.stream())
                .anyMatch(cursor -> cursor.model.run == run && cursor.mayBlock());
        long most = Math.min(run.options.retainBytes(), Math.max(4096, memory / 2));
        check(
                held || run.ring.footprint() <= most + SEGMENT,
                "the history of %s takes %d of %d bytes",
                run.name.id(),
                run.ring.footprint(),
                most);
    }

    /** Lets everything come to its end, and closes. */
    private void finish() {
        calm = true;
        for (SimSource source : sources) {
            source.failOpen = null;
            source.failRead = null;
        }
        for (SimViewer viewer : viewers) {
            if (viewer.paused) {
                pauseOrResume(viewer);
            }
            viewer.tricky = false;
        }
        sim.runThrough(2_000_000_000L);
        settle();
        for (SimViewer viewer : viewers) {
            while (viewer.isPull() && viewer.isOwed()) {
                viewer.poll();
            }
        }
        sim.runAll(true);
        checkAll();
        closeHub();
    }

    public static void main(String[] args) {
        long from = Long.getLong("sim.seed", 1);
        int count = Integer.getInteger("sim.count", System.getProperty("sim.seed") == null ? 1000 : 1);
        long start = System.nanoTime();
        int failures = 0;
        Map<String, Integer> kinds = new HashMap<>();
        for (long seed = from; seed < from + count; seed++) {
            try {
                play(seed);
            } catch (AssertionError e) {
                failures++;
                if (Boolean.getBoolean("sim.first")) {
                    count = (int) (seed - from + 1);
                }
                String kind = e.getCause() instanceof Failure failure ? failure.kind : String.valueOf(e.getCause());
                if (kinds.merge(kind, 1, Integer::sum) == 1) {
                    String text = e.getCause().toString();
                    System.out.println("---- seed " + seed + " " + text.substring(0, Math.min(400, text.length())));
                    if (count == 1) {
                        e.printStackTrace(System.out);
                    }
                }
            }
        }
        kinds.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(e -> System.out.println(e.getValue() + "  " + e.getKey()));
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("%d seeds in %.1f s, %.0f a second, %d failed%n", count, seconds, count / seconds, failures);
    }
}
