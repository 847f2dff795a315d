package io.logstream.benchmarks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the iterations of all forks measured, by case and metric. */
final class Samples {
    private record Key(Case of, String metric) {}

    private final Map<Key, List<Double>> values = new HashMap<>();

    void add(Case of, String metric, double value) {
        values.computeIfAbsent(new Key(of, metric), k -> new ArrayList<>()).add(value);
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
