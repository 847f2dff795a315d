package io.logstream.internal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Broadcaster;
import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.LogLine;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a look at a source costs those who watch. */
class ReadingTest {
    private static final Duration LOOK = Duration.ofSeconds(1);

    private static final HubSettings SETTINGS = new HubSettings(1 << 20, 10, 10, 1, 1, 1, Duration.ZERO, null);

    private final SimEngine sim = new SimEngine(new Random(1), 1 << 20, 0, SegmentRing.BULK_BYTES);
    private final Polled source = new Polled();
    private final List<String> lines = new ArrayList<>();
    private int looksOfViewers;

    /** A log that has to be looked at again and again. */
    private static final class Polled implements LogSource {
        private String written = "";
        private int looks;
        private boolean isAsking;
        private boolean isAway;

        @Override
        public String identity() {
            return "polled";
        }

        @Override
        public LogReader open(Start start, SourceContext context) {
            return new LogReader() {
                @Override
                public Outcome read(LineSink sink) throws IOException {
                    looks++;
                    context.wakeWithin(LOOK);
                    if (isAsking) {
                        isAsking = false;
                        return Outcome.PENDING;
                    } else if (isAway) {
                        isAsking = true; // by the next reader
                        throw new IOException("nobody answers");
                    }
                    ByteBuffer bytes = ByteBuffer.wrap(written.getBytes(StandardCharsets.UTF_8));
                    written = "";
                    if (bytes.hasRemaining()) {
                        sink.bytes(Channel.STDOUT, bytes, LineSink.NO_TIME);
                    }
                    return Outcome.WAIT;
                }

                @Override
                public void close() {}
            };
        }
    }

    private void watch(int viewers) {
        Hub hub = new Hub(SETTINGS, sim.engine);
        for (int i = 0; i < viewers; i++) {
            hub.open("log", source, StreamOptions.defaults())
                    .subscribe(
                            SubscribeOptions.builder().replay(Replay.all()).build(),
                            batch -> batch.forEach(line -> lines.add(line.text())));
        }
        sim.runAll(true);
        sim.watch = new SimEngine.Watch() {
            @Override
            public void before(Object task) {
                looksOfViewers += task instanceof Reading ? 0 : 1; // the dispatcher's too, who would wake them
            }

            @Override
            public void after(Object task) {}
        };
    }

    private void look() {
        int before = source.looks;
        sim.advance(LOOK.toNanos());
        sim.runAll(true);
        assertThat(source.looks).isEqualTo(before + 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void look_wakesNobody_whereNothingHasCome(int viewers) {
        watch(viewers);

        look();
        look();

        assertThat(looksOfViewers).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void look_wakesEveryViewer_whereALineHasCome(int viewers) {
        watch(viewers);
        source.written = "a\n";

        look();

        assertThat(lines).hasSize(viewers).containsOnly("a");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void look_wakesEveryViewer_whereAnUnfinishedLineHasBeenQuiet(int viewers) {
        watch(viewers);
        source.written = "half";
        look();
        assertThat(lines).isEmpty();

        look();

        assertThat(lines).hasSize(viewers).containsOnly("half");
    }

    @Test
    void firstViewer_isThereBeforeItsLogIsRead() {
        Engine engine = sim.engine;
        Engine readsAtOnce = new Engine(
                engine.time(),
                engine.delivery(),
                new InThisThread(engine.reading()),
                engine.blocking(),
                engine.budget(),
                engine.random(),
                engine.firstSequence(),
                engine.bulkBytes());
        source.written = "line\n".repeat(1000);
        Broadcaster stream = new Hub(SETTINGS, readsAtOnce)
                .open("log", source, StreamOptions.builder().retainLines(100).build());

        LogCursor cursor =
                stream.tail(SubscribeOptions.builder().replay(Replay.all()).build());

        assertThat(cursor.poll())
                .as("what was read and is no longer retained")
                .isInstanceOfSatisfying(
                        Gap.class, gap -> assertThat(gap.first()).isZero());
    }

    @Test
    void history_isNotComplete_whileAnAnswerIsAwaited() {
        source.isAsking = true;
        source.written = "a\nb\n";
        LogCursor cursor = new Hub(SETTINGS, sim.engine)
                .open("log", source, StreamOptions.defaults())
                .tail(SubscribeOptions.builder()
                        .replay(Replay.all())
                        .follow(false)
                        .build());
        sim.runAll(true);
        assertThat(cursor.poll()).isNull();
        assertThat(cursor.end()).isEmpty();

        look();

        assertThat(((LogLine) requireNonNull(cursor.poll())).text()).isEqualTo("a");
        assertThat(((LogLine) requireNonNull(cursor.poll())).text()).isEqualTo("b");
        assertThat(cursor.poll()).isNull();
        assertThat(cursor.end()).map(EndReason::kind).contains(EndReason.Kind.HISTORY_COMPLETE);
    }

    @Test
    void outage_isNotOver_whileAnAnswerIsAwaited() {
        source.isAsking = true;
        source.isAway = true;
        List<SourceEvent.Kind> events = new ArrayList<>();
        Broadcaster stream = new Hub(SETTINGS, sim.engine).open("log", source, StreamOptions.defaults());
        LogCursor cursor =
                stream.tail(SubscribeOptions.builder().replay(Replay.all()).build());
        Runnable take = () -> {
            sim.runAll(true);
            for (LogEntry entry = cursor.poll(); entry != null; entry = cursor.poll()) {
                if (entry instanceof SourceEvent event) {
                    events.add(event.kind());
                }
            }
        };
        for (int i = 0; i < 1000; i++) {
            sim.advance(LOOK.toNanos());
            take.run();
        }
        assertThat(stream.stats().retries()).isGreaterThan(3);
        assertThat(events).containsExactly(SourceEvent.Kind.RECONNECTING);

        source.isAway = false;
        for (int i = 0; i < 1000; i++) {
            sim.advance(LOOK.toNanos());
            take.run();
        }

        assertThat(events)
                .containsExactly(
                        SourceEvent.Kind.RECONNECTING, SourceEvent.Kind.RECONNECTED, SourceEvent.Kind.CAUGHT_UP);
    }

    /** Threads so fast that whatever they are given is done by then. */
    private record InThisThread(Pool pool) implements Pool {
        @Override
        public void execute(Runnable work) {
            work.run();
        }

        @Override
        public boolean staysWith(SerialTask task, boolean more) {
            return more;
        }

        @Override
        public boolean isOwnThread() {
            return false;
        }

        @Override
        public int threads() {
            return pool.threads();
        }

        @Override
        public int stuck() {
            return pool.stuck();
        }

        @Override
        public void close() {
            pool.close();
        }

        @Override
        public void awaitEnd(Deadline deadline) {
            pool.awaitEnd(deadline);
        }
    }
}
