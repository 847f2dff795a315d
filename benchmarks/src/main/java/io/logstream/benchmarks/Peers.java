package io.logstream.benchmarks;

import java.util.List;

/** The names of the peers, and what they are. */
final class Peers {
    /** All of them that can bring lines to subscribers, in the order of the tables. */
    static final List<String> ALL = List.of(
            "floor",
            "logstream-batch",
            "logstream-batch-pub1",
            "logstream-line",
            "logstream-drop",
            "submission-publisher",
            "disruptor-blocking",
            "disruptor-blocking-pub64",
            "disruptor-yielding",
            "disruptor-yielding-pub64");

    private Peers() {}

    /** A new peer. */
    static Peer create(String name) {
        return switch (name) {
            case "floor" -> new Floor();
            case "logstream-batch" -> new Logstream(Logstream.Form.BATCH);
            case "logstream-batch-pub1" -> new Logstream(Logstream.Form.BATCH_SINGLE);
            case "logstream-line" -> new Logstream(Logstream.Form.LINE);
            case "logstream-drop" -> new Logstream(Logstream.Form.DROP);
            case "submission-publisher" -> new Submission();
            case "disruptor-blocking" -> LmaxDisruptor.blocking();
            case "disruptor-blocking-pub64" -> LmaxDisruptor.blockingBatches();
            case "disruptor-yielding" -> LmaxDisruptor.yielding();
            case "disruptor-yielding-pub64" -> LmaxDisruptor.yieldingBatches();
            default -> throw new IllegalArgumentException("no peer '" + name + "'; there are: " + ALL);
        };
    }
}
