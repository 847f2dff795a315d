package io.logstream.benchmarks;

import java.util.List;
import java.util.Set;

/** The names of the peers, and what they are. */
final class Peers {
    /** All that bring lines to subscribers, in the order of the tables. */
    static final List<String> ALL = List.of(
            "floor",
            "logstream-batch",
            "logstream-batch-pub1",
            "logstream-batch-1024",
            "logstream-line",
            "logstream-drop",
            "submission-publisher",
            "disruptor-blocking",
            "disruptor-blocking-pub64",
            "disruptor-yielding",
            "disruptor-yielding-pub64",
            "reactor-replay",
            "reactor-multicast",
            "rxjava-publish",
            "rxjava-replay",
            "mutiny",
            "agrona",
            "seed-design");

    /** Those of them that a quick run leaves out. */
    private static final Set<String> NOT_QUICK =
            Set.of("logstream-drop", "disruptor-blocking-pub64", "disruptor-yielding-pub64", "rxjava-replay");

    private Peers() {}

    /** All, or those that a quick run has the time for. */
    static List<String> of(boolean quick) {
        return quick ? ALL.stream().filter(peer -> !NOT_QUICK.contains(peer)).toList() : ALL;
    }

    /** Whether this is somebody else's. */
    static boolean isRival(String name) {
        return !name.startsWith("logstream") && !name.startsWith("floor");
    }

    /** A new peer that has history. */
    static ReplayingPeer replaying(String name) {
        return switch (name) {
            case "logstream" -> new Logstream(Logstream.Form.DROP);
            case "reactor-replay" -> ReactorSinks.replay();
            case "rxjava-replay" -> RxJava.replaying();
            default -> throw new IllegalArgumentException("no peer '" + name + "' that has history");
        };
    }

    /** A new peer. */
    static Peer create(String name) {
        return switch (name) {
            case "floor" -> Floor.blocks();
            case "logstream-batch" -> new Logstream(Logstream.Form.BATCH);
            case "logstream-batch-pub1" -> new Logstream(Logstream.Form.BATCH_SINGLE);
            case "logstream-batch-1024" -> Logstream.retaining(Logstream.Form.BATCH, 1024);
            case "logstream-line" -> new Logstream(Logstream.Form.LINE);
            case "logstream-drop" -> new Logstream(Logstream.Form.DROP);
            case "logstream", "logstream-drop-pub1" -> new Logstream(Logstream.Form.DROP_SINGLE);
            case "logstream-spin" -> Logstream.spinning(Logstream.Form.DROP_SINGLE);
            case "floor-parked" -> new ParkedThread();
            case "floor-pub1" -> Floor.singles();
            case "submission-offer" -> Submission.offering();
            case "submission-publisher" -> Submission.submitting();
            case "disruptor-blocking" -> LmaxDisruptor.blocking();
            case "disruptor-blocking-pub64" -> LmaxDisruptor.blockingBatches();
            case "disruptor-yielding" -> LmaxDisruptor.yielding();
            case "disruptor-yielding-pub64" -> LmaxDisruptor.yieldingBatches();
            case "reactor-replay" -> ReactorSinks.replay();
            case "reactor-multicast" -> ReactorSinks.multicast();
            case "rxjava-publish" -> RxJava.publishing();
            case "rxjava-replay" -> RxJava.replaying();
            case "mutiny" -> new MutinyBroadcast();
            case "agrona" -> new AgronaBroadcast();
            case "seed-design" -> new SeedDesign();
            default -> throw new IllegalArgumentException("no peer '" + name + "'; there are: " + ALL);
        };
    }
}
