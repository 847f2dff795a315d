package io.logstream.benchmarks;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * A peer with its subscribers, run in bursts: each ends when every subscriber has got, or provably lost, its last line. Of
 * those that are stuck in their first callback nothing is expected.
 */
final class Bursts implements AutoCloseable {
    private final Finish finish = new Finish();
    private final Peer peer;
    private final Work[] works;
    private final StalledWork[] stuck;
    private long published;

    Bursts(String name, int subscribers) {
        this(name, subscribers, 0);
    }

    Bursts(String name, int subscribers, int stalled) {
        works = new Work[subscribers];
        Arrays.setAll(works, i -> new Work(finish));
        stuck = new StalledWork[stalled];
        Arrays.setAll(stuck, i -> new StalledWork());
        peer = Peers.create(name);
        peer.start(
                Stream.<Work>concat(Arrays.stream(stuck), Arrays.stream(works)).toArray(Work[]::new));
    }

    /** Publishes so many lines, a multiple of {@link Lines#COUNT}; returns how many arrived at all subscribers together. */
    long run(int lines) {
        long before = delivered();
        long end = published + lines;
        for (Work work : works) {
            work.expect(end);
        }
        finish.expect(works.length);
        peer.publish(published, end);
        peer.endBurst(end);
        finish.await();
        published = end;
        return delivered() - before;
    }

    private long delivered() {
        long sum = 0;
        for (Work work : works) {
            sum += work.delivered();
        }
        return sum;
    }

    /** Fails if a line was missing or not in order. */
    @Override
    public void close() {
        for (Work work : works) {
            work.check();
        }
        for (StalledWork work : stuck) {
            work.release();
        }
        peer.close();
    }
}
