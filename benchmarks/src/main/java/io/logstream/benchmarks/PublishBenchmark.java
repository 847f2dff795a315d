package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What does a line of 100 bytes cost the thread that publishes it, with 0 to 1000 subscribers, and with one that is stuck?
 *
 * <p>Bursts of 1024 lines, as many as every peer has room for; only the publisher's calls are timed, and between two
 * bursts the subscribers catch up. An operation is as many bursts as fit into a time, for each number of subscribers in
 * turn. Counted are the median burst and the mean in picoseconds per line.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@SuppressWarnings("NullAway.Init") // set by JMH, and in open()
public class PublishBenchmark {
    private static final int BURST = 1024;
    private static final int BURSTS = 4000;

    /** A name of {@link Peers}. */
    @Param("logstream-drop")
    public String peer;

    /** Milliseconds for each number of subscribers. */
    @Param("100")
    public int millis;

    /** Whether the peer can go on when one subscriber is stuck. */
    @Param("true")
    public boolean stall;

    private List<@Nullable Setting> settings;

    /** Picoseconds per line. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Count {
        /** Without subscribers. */
        public long s0;

        /** With one. */
        public long s1;

        /** With 16. */
        public long s16;

        /** With 1000. */
        public long s1000;

        /** With 16, one of them stuck in its callback. */
        public long sStuck;

        /** The mean of all bursts without subscribers. */
        public long mean0;

        /** The mean with one. */
        public long mean1;

        /** The mean with 16. */
        public long mean16;

        /** The mean with 1000. */
        public long mean1000;

        /** The mean with 16, one of them stuck in its callback. */
        public long meanStuck;
    }

    /** One number of subscribers. */
    private final class Setting {
        private final Peer fanout = Peers.create(peer);
        private final Work[] works;
        private final long[] nanos = new long[BURSTS];
        private long published;
        private long median;
        private long mean;

        Setting(int subscribers, boolean stalled) {
            works = new Work[subscribers];
            Finish nobodyWaits = new Finish();
            Arrays.setAll(works, i -> stalled && i == 0 ? new StalledWork() : new Work(nobodyWaits));
            fanout.start(works);
        }

        void run() {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            int bursts = 0;
            do {
                long begun = System.nanoTime();
                fanout.publish(published, published + BURST);
                nanos[bursts++] = System.nanoTime() - begun;
                published += BURST;
                settle();
            } while (bursts < BURSTS && System.nanoTime() < end);
            Arrays.sort(nanos, 0, bursts);
            median = nanos[bursts / 2] * 1000 / BURST;
            mean = Arrays.stream(nanos, 0, bursts).sum() * 1000 / bursts / BURST;
        }

        /** Waits until all have got everything, or nothing more comes because it is lost. */
        private void settle() {
            long all = published * works.length;
            long before = -1;
            long arrived = arrived();
            while (arrived < all && arrived != before) {
                LockSupport.parkNanos(this, 1_000_000);
                before = arrived;
                arrived = arrived();
            }
        }

        /** What has arrived, more or less: the counters are not read safely, which does no harm here. */
        private long arrived() {
            long sum = 0;
            for (Work work : works) {
                sum += work.next();
            }
            return sum;
        }

        void close() {
            for (Work work : works) {
                if (work instanceof StalledWork stuck) {
                    stuck.release();
                }
            }
            fanout.close();
        }
    }

    /** Starts the peer once for each number of subscribers. */
    @Setup
    public void open() {
        settings = new ArrayList<>();
        settings.add(new Setting(0, false));
        if (!peer.startsWith("floor")) {
            settings.add(new Setting(1, false));
            settings.add(new Setting(16, false));
            settings.add(peer.equals("seed-design") ? null : new Setting(1000, false)); // it takes 14 s for one burst
            settings.add(stall ? new Setting(16, true) : null);
        }
    }

    /** Publishes with each number of subscribers. */
    @Benchmark
    public void publish(Count count) {
        settings.stream().filter(Objects::nonNull).forEach(Setting::run);
        count.s0 = of(0, setting -> setting.median);
        count.s1 = of(1, setting -> setting.median);
        count.s16 = of(2, setting -> setting.median);
        count.s1000 = of(3, setting -> setting.median);
        count.sStuck = of(4, setting -> setting.median);
        count.mean0 = of(0, setting -> setting.mean);
        count.mean1 = of(1, setting -> setting.mean);
        count.mean16 = of(2, setting -> setting.mean);
        count.mean1000 = of(3, setting -> setting.mean);
        count.meanStuck = of(4, setting -> setting.mean);
    }

    /** What was found with one number of subscribers, or 0. */
    private long of(int index, ToLongFunction<Setting> found) {
        Setting setting = index < settings.size() ? settings.get(index) : null;
        return setting == null ? 0 : found.applyAsLong(setting);
    }

    /** Stops all. */
    @TearDown
    public void close() {
        for (Setting setting : settings) {
            if (setting != null) {
                setting.close();
            }
        }
    }
}
