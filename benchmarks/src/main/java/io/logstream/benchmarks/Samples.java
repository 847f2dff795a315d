package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the iterations of all forks measured, by case and metric. */
final class Samples {
    private record Key(Case of, String metric) {}

    private final Map<Key, List<Double>> values = new HashMap<>();
    private final Set<Case> shortened = new HashSet<>();

    void add(Case of, String metric, double value) {
        values.computeIfAbsent(new Key(of, metric), k -> new ArrayList<>()).add(value);
    }

    /** Whether there is anything about a case. */
    boolean has(Case of) {
        return values.keySet().stream().anyMatch(key -> key.of.equals(of));
    }

    /** A case is measured for a shorter time than it should be. */
    void shortened(Case of) {
        shortened.add(of);
    }

    /** The name of a case's peer for tables, marked if it was measured for a shorter time. */
    String name(Case of) {
        return name(of, of.peer());
    }

    /** A name of a case for tables, marked if it was measured for a shorter time. */
    String name(Case of, String name) {
        return shortened.contains(of) ? name + "*" : name;
    }

    /** The median over all iterations, or NaN if there is none: the case failed. */
    double median(Case of, String metric) {
        return quantile(of, metric, 0.5);
    }

    /** The least of all iterations, or NaN if there is none. */
    double least(Case of, String metric) {
        return quantile(of, metric, 0);
    }

    /** The most of all iterations, or NaN if there is none. */
    double most(Case of, String metric) {
        return quantile(of, metric, 1);
    }

    /** The distance of the quartiles in parts of the median. */
    double spread(Case of, String metric) {
        return (quantile(of, metric, 0.75) - quantile(of, metric, 0.25)) / median(of, metric);
    }

    private double quantile(Case of, String metric, double q) {
        List<Double> known = values.getOrDefault(new Key(of, metric), List.of());
        if (known.isEmpty()) {
            return Double.NaN;
        }
        double[] sorted = known.stream().mapToDouble(d -> d).sorted().toArray();
        double at = q * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
