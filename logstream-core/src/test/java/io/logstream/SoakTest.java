package io.logstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Everything at once, on real threads: logs that fail, wait and lose lines, viewers of every form, policy and manners who
 * come and go, clocks that jump. Each viewer's account must be exact. A failure tells its seed and what was done;
 * {@code -Dsoak.seed=N} does the same things again, in threads that meet as they like.
 */
class SoakTest {
    private static final Duration ROUND = Duration.ofSeconds(10);

    @Test
    @Tag("stress")
    void everyViewerHasAnExactAccount_whateverHappens() throws Exception {
        long end = System.nanoTime() + StressTime.get().toNanos();
        Long given = Long.getLong("soak.seed");
        do {
            long left = Math.max(Duration.ofSeconds(2).toNanos(), end - System.nanoTime());
            long seed = given == null ? new Random().nextLong(1L << 40) : given;
            new Round(seed).play(Math.min(ROUND.toNanos(), left));
        } while (System.nanoTime() < end);
    }

    /** One hub with its streams and viewers, and one thread that does things to them. */
    private static final class Round {
        private static final int VIEWERS = 40;
        private static final int REMEMBERED = 100;
        private static final long AMPLE = 64 << 20;

        private final long seed;
        private final SplittableRandom random;
        private final long began = System.nanoTime();
        private final JumpingTime time = new JumpingTime();
        private final ExecutorService elsewhere = Executors.newCachedThreadPool(SoakTest::daemon);
        private final LogHub hub;
        private final long memory;
        private final List<NumberedLog> logs = new ArrayList<>();
        private final List<LogFeed> feeds = new ArrayList<>();
        private final List<Thread> writers = new ArrayList<>();
        private final List<Broadcaster> streams = new ArrayList<>();
        private final List<SoakViewer> viewers = new ArrayList<>();
        private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
        private final Deque<String> schedule = new ArrayDeque<>();
        private int numbered;
        private long actions;
        private long delivered;
        private long lost;

        Round(long seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            this.memory = random.nextBoolean() ? AMPLE : 1 << 17 + random.nextInt(6);
            this.hub = LogHub.builder()
                    .memoryBytes(memory)
                    .deliveryThreads(1 + random.nextInt(4))
                    .readerThreads(1 + random.nextInt(2))
                    .time(time)
                    .build();
        }

        void play(long nanos) throws Exception {
            try (time) {
                openLog();
                openLog();
                openFeed();
                while (System.nanoTime() - began < nanos && wrong.isEmpty()) {
                    act();
                    actions++;
                    LockSupport.parkNanos(1 + random.nextInt(400_000));
                }
                end();
                assertThat(wrong).isEmpty();
            } catch (Throwable e) {
                throw new AssertionError(report(wrong.isEmpty() ? e : wrong.element()), e);
            } finally {
                viewers.forEach(SoakViewer::letGoForGood);
                hub.close();
                elsewhere.shutdownNow();
            }
            System.out.printf(
                    "soak: seed %d, %.0f s, %,d actions, %d streams, %,d viewers, %,d lines delivered, %,d lost in gaps%n",
                    seed, (System.nanoTime() - began) / 1e9, actions, streams.size(), numbered, delivered, lost);
        }

        private String report(Throwable e) {
            String left = viewers.stream()
                    .filter(viewer -> !viewer.isOver())
                    .map(viewer -> "\nnot over: " + viewer)
                    .collect(Collectors.joining());
            return "seed " + seed + ": " + e + "\nagain with -Dsoak.seed=" + seed + ", memory " + memory + ", " + logs
                    + "\n  " + String.join("\n  ", schedule) + left;
        }

        private void log(String what) {
            if (schedule.size() == REMEMBERED) {
                schedule.remove();
            }
            schedule.add(String.format("%9.4f s  %s", (System.nanoTime() - began) / 1e9, what));
        }

        // ---- streams

        private StreamOptions options() {
            return StreamOptions.builder()
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .startAtOnce(true)
                    .retainLines(1 << 6 + random.nextInt(12))
                    .retainBytes(1 << 12 + random.nextInt(10))
                    .partialAfter(Duration.ofMillis(random.nextInt(50)))
                    .linger(Duration.ofMillis(random.nextInt(3000)))
                    .retry(Duration.ofMillis(1), Duration.ofMillis(20))
                    .build();
        }

        private void openLog() {
            NumberedLog source = new NumberedLog("log-" + streams.size(), random.split());
            log("open " + source);
            streams.add(hub.open(source.identity(), source, options()));
            logs.add(source);
        }

        private void openFeed() {
            log("open feed-" + streams.size());
            LogFeed feed = hub.feed("feed-" + streams.size(), options());
            streams.add(feed.broadcaster());
            feeds.add(feed);
            Thread writer = daemon(new Writer(feed, random.split()));
            writers.add(writer);
            writer.start();
        }

        /** Writes to a feed until that is closed. */
        private record Writer(LogFeed feed, SplittableRandom random) implements Runnable {
            @Override
            public void run() {
                try {
                    for (long offset = 0; ; ) {
                        int length = 1 + random.nextInt(2000);
                        feed.bytes(Channel.STDOUT, ByteBuffer.wrap(NumberedLog.content(offset, length)));
                        offset += length;
                        if (random.nextInt(20) == 0) {
                            LockSupport.parkNanos(random.nextInt(2_000_000));
                        }
                    }
                } catch (IllegalStateException e) {
                    // closed
                }
            }
        }

        // ---- what happens

        private void act() throws Exception {
            SoakViewer viewer = viewers.isEmpty() ? null : viewers.get(random.nextInt(viewers.size()));
            int what = random.nextInt(200);
            if (viewer == null || what < 20) {
                join();
            } else if (what < 30) {
                leave(viewer);
            } else if (what < 45) {
                log("pause " + viewer.name());
                viewer.pause();
            } else if (what < 100) {
                viewers.forEach(SoakViewer::resume);
            } else if (what < 115) {
                BackpressurePolicy policy = policy();
                log("policy of " + viewer.name() + " is " + policy);
                viewer.policy(policy);
            } else if (what < 117) {
                log("filter of " + viewer.name());
                viewer.filter(filter());
            } else if (what < 140) {
                viewer.letGo();
            } else if (what < 180) {
                viewer.check();
                viewer.poll(1 + random.nextInt(5000));
            } else if (what < 190) {
                Duration by = Duration.ofNanos(1L << random.nextInt(43)); // up to two hours
                log("jump by " + by);
                time.jump(by);
            } else if (what < 195) {
                time.setTimeOfDay(Duration.ofMinutes(random.nextInt(-1_000_000, 1_000_000)));
            } else if (what == 199 && random.nextInt(10) == 0) {
                replaceStream();
            }
        }

        private void join() throws Exception {
            for (SoakViewer viewer : viewers) {
                if (viewer.isOver()) {
                    settle(viewer);
                    break;
                }
            }
            if (viewers.size() < VIEWERS) {
                add(viewer(SubscribeOptions.builder().replay(replay())));
            }
        }

        private SoakViewer viewer(SubscribeOptions.Builder options) {
            options.policy(policy()).batchLines(1 + random.nextInt(700)).follow(random.nextInt(10) > 0);
            if (random.nextInt(5) == 0) {
                options.filter(filter());
            }
            if (random.nextInt(5) == 0) {
                options.executor(elsewhere);
            }
            SoakViewer.Form form = SoakViewer.Form.values()[random.nextInt(4)];
            int at = random.nextInt(Math.max(0, streams.size() - 4), streams.size());
            List<Broadcaster> chosen =
                    form == SoakViewer.Form.MERGED ? streams.subList(at, streams.size()) : List.of(streams.get(at));
            return new SoakViewer(
                    "viewer-" + ++numbered,
                    form,
                    SoakViewer.Manner.values()[random.nextInt(6)],
                    List.copyOf(chosen),
                    options.build(),
                    random.split(),
                    wrong);
        }

        private void add(SoakViewer viewer) {
            log("join " + viewer.description());
            try {
                viewers.add(viewer.join(hub));
            } catch (LogStreamException e) {
                log("refused: " + e.getMessage());
            }
        }

        private void leave(SoakViewer viewer) throws Exception {
            if (random.nextInt(10) > 0) {
                viewer.letGo(); // else it takes close the time that it gives a stuck callback
            }
            log("close " + viewer.name());
            viewer.close();
            if (viewer.canBeResumed() && random.nextInt(3) > 0) {
                SubscribeOptions.Builder options = SubscribeOptions.builder().replay(Replay.after(viewer.tokens()));
                add(viewer.successor(
                        "viewer-" + ++numbered, options.policy(policy()).build(), random.split()));
            }
            settle(viewer);
        }

        /** Compares a viewer's accounts, once it has ended. */
        private void settle(SoakViewer viewer) throws Exception {
            viewer.letGoForGood();
            viewer.settle(memory == AMPLE);
            delivered += viewer.delivered();
            lost += viewer.lost();
            viewers.remove(viewer);
        }

        private void replaceStream() {
            int which = random.nextInt(3);
            if (which == 0) {
                Broadcaster old = streams.get(random.nextInt(streams.size()));
                log("close stream " + old.id());
                old.close();
                viewers.forEach(SoakViewer::wasClosed);
            } else if (which == 1) {
                NumberedLog old = logs.get(random.nextInt(logs.size()));
                log("finish " + old);
                old.finish();
            } else {
                LogFeed old = feeds.get(random.nextInt(feeds.size()));
                log("close feed " + old.broadcaster().id());
                old.close();
            }
            if (random.nextBoolean()) {
                openLog();
            } else {
                openFeed();
            }
        }

        /** Everything comes to its end, or the hub is closed in the middle of it. */
        private void end() throws Exception {
            if (random.nextInt(3) == 0) {
                log("close the hub");
                hub.close();
                viewers.forEach(SoakViewer::wasClosed);
            }
            log("end");
            viewers.forEach(SoakViewer::letGoForGood);
            logs.forEach(NumberedLog::finish);
            feeds.forEach(LogFeed::close);
            Eventually.eventually("all viewers end", () -> {
                viewers.forEach(viewer -> {
                    viewer.resume();
                    viewer.poll(100_000);
                });
                return viewers.stream().allMatch(SoakViewer::isOver) || !wrong.isEmpty();
            });
            for (SoakViewer viewer : List.copyOf(viewers)) {
                settle(viewer);
            }
            assertThat(hub.stats().subscribers()).isZero();
        }

        // ---- choices

        private BackpressurePolicy policy() {
            return switch (random.nextInt(8)) {
                case 0, 1 -> BackpressurePolicy.dropNewest(1 + random.nextInt(5000));
                case 2 -> BackpressurePolicy.disconnect(1000 + random.nextInt(100_000));
                case 3 -> BackpressurePolicy.block();
                case 4 -> BackpressurePolicy.block(Duration.ofMillis(1 + random.nextInt(100)));
                case 5 -> BackpressurePolicy.block(Duration.ofMillis(10), BackpressurePolicy.dropNewest(100));
                default -> BackpressurePolicy.dropOldest();
            };
        }

        private Replay replay() {
            return switch (random.nextInt(4)) {
                case 0 -> Replay.none();
                case 1 -> Replay.last(random.nextInt(10_000));
                case 2 -> Replay.since(Instant.now().minusMillis(random.nextInt(5000)));
                default -> Replay.all();
            };
        }

        private LogFilter filter() {
            char digit = (char) ('0' + random.nextInt(10));
            return line -> line.length() > 0 && line.byteAt(line.length() - 1) == digit;
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "soak");
        thread.setDaemon(true);
        return thread;
    }
}
