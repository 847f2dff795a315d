package io.logstream.benchmarks;

import java.util.Arrays;

/** A peer with its subscribers, run in bursts: each ends when every subscriber has got, or provably lost, its last line. */
final class Bursts implements AutoCloseable {
    private final Finish finish = new Finish();
    private final Peer peer;
    private final Work[] works;
    private long published;

    Bursts(String name, int subscribers) {
        works = new Work[subscribers];
        Arrays.setAll(works, i -> new Work(finish));
        peer = Peers.create(name);
        peer.start(works);
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
        peer.close();
    }
}
