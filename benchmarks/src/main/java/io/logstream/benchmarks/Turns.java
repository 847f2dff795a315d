package io.logstream.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Measurements that take turns within a time limit. When one takes longer than it should, those that follow are made
 * shorter, to a quarter at the least; what has no time left even then is left out.
 */
final class Turns {
    private static final double LEAST = 0.25;
    private static final int TOO_SLOW = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** One measurement. */
    interface Turn {
        /**
         * Measures.
         *
         * @param share the part of its effort that there is time for, at most 1
         * @param patience when it must have ended
         */
        void take(double share, Duration patience) throws IOException, InterruptedException;
    }

    private record Planned(String what, double seconds, Turn turn) {}

    private final TimeLimit limit;
    private final List<Planned> turns = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private double shortest = 1;

    Turns(TimeLimit limit) {
        this.limit = limit;
    }

    /** Plans one more, which should take so many seconds. */
    void plan(String what, double seconds, Turn turn) {
        turns.add(new Planned(what, seconds, turn));
    }

    /** Takes all turns; returns what could not be measured. */
    List<String> run() {
        double left = turns.stream().mapToDouble(Planned::seconds).sum();
        int n = 0;
        for (Planned now : turns) {
            double share = Math.min(1, limit.left() / 1e9 / left);
            System.err.printf(
                    "%d of %d: %s%s%n",
                    ++n, turns.size(), now.what, share < LEAST ? ", no time left" : share < 1 ? ", shortened" : "");
            if (share < LEAST) {
                failures.add("no time left for " + now.what);
            } else {
                shortest = Math.min(shortest, share);
                take(now, share);
            }
            left -= now.seconds;
        }
        return failures;
    }

    private void take(Planned now, double share) {
        Duration most = PATIENCE.plusMillis((long) (1000 * TOO_SLOW * now.seconds));
        Duration grace = Duration.ofNanos(limit.grace());
        try {
            now.turn.take(share, grace.compareTo(most) < 0 ? grace : most);
        } catch (IOException | RuntimeException e) {
            fail(now.what, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(now.what, "interrupted");
        }
    }

    private void fail(String what, String why) {
        System.err.println("FAILED " + what + ": " + why);
        failures.add(what + ": " + why);
    }

    /** Says what had to be shortened. */
    void describe(Report report) {
        if (shortest < 1) {
            report.say(
                    "the machine was late: some were measured for a shorter time, %s of it at the least",
                    Report.percent(shortest));
        }
    }
}
