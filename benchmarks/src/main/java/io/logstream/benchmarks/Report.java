package io.logstream.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run has found: tables to read, rows for programs, and which targets were missed. */
final class Report {
    private final PrintStream out;
    private final List<String> rows = new ArrayList<>();
    private final List<String> targets = new ArrayList<>();
    private final List<String> missed = new ArrayList<>();
    private final List<String> unmeasured = new ArrayList<>();
    private int met;

    Report(PrintStream out) {
        this.out = out;
    }

    /** Prints a line. */
    void say(String format, Object... values) {
        out.println(values.length == 0 ? format : String.format(Locale.ROOT, format, values));
    }

    /** Prints a table; the first row is its head, the first column text, the others numbers. */
    void table(List<List<String>> table) {
        int columns = table.get(0).size();
        int[] width = new int[columns];
        for (List<String> row : table) {
            for (int c = 0; c < columns; c++) {
                width[c] = Math.max(width[c], row.get(c).length());
            }
        }
        for (List<String> row : table) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String pad = " ".repeat(width[c] - row.get(c).length());
                line.append(c == 0 ? row.get(c) + pad : "  " + pad + row.get(c));
            }
            out.println(line.toString().stripTrailing());
        }
        out.println();
    }

    /** Adds a row of the file, unless it was not measured. */
    void row(String benchmark, Case of, double score, String unit) {
        if (!Double.isFinite(score)) {
            return;
        }
        StringBuilder json =
                new StringBuilder("{\"benchmark\":" + quoted(benchmark) + ",\"peer\":" + quoted(of.peer()));
        json.append(",\"params\":{");
        String comma = "";
        for (Map.Entry<String, String> param : of.params().entrySet()) {
            String value = param.getValue();
            boolean number = value.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?");
            json.append(comma).append(quoted(param.getKey())).append(':').append(number ? value : quoted(value));
            comma = ",";
        }
        json.append("},\"score\":").append(score);
        rows.add(json.append(",\"unit\":").append(quoted(unit)).append('}').toString());
    }

    /** Notes whether a target was met; returns "ok", "MISSED" or "-", to be shown in a table. */
    String target(String what, double value, double atLeast) {
        targets.add(json(what, value, "at_least", atLeast, value >= atLeast));
        if (Double.isNaN(value)) {
            unmeasured.add(what);
            return "-";
        }
        if (value >= atLeast) {
            met++;
            return "ok";
        }
        missed.add(String.format(Locale.ROOT, "%s: %.2f, to be at least %.2f", what, value, atLeast));
        return "MISSED";
    }

    /** Notes whether a bound was kept; returns "ok", "MISSED" or "-", to be shown in a table. */
    String bound(String what, double value, double atMost) {
        targets.add(json(what, value, "at_most", atMost, value <= atMost));
        if (Double.isNaN(value)) {
            unmeasured.add(what);
            return "-";
        }
        if (value <= atMost) {
            met++;
            return "ok";
        }
        missed.add(String.format(Locale.ROOT, "%s: %.2f, to be at most %.2f", what, value, atMost));
        return "MISSED";
    }

    /** Prints how many targets were met, and those that were not. */
    void targets() {
        say("targets: %d met, %d missed, %d not measured", met, missed.size(), unmeasured.size());
        missed.forEach(text -> say("  missed: %s", text));
        unmeasured.forEach(text -> say("  not measured: %s", text));
    }

    private static String json(String what, double value, String bound, double limit, boolean met) {
        boolean measured = Double.isFinite(value);
        return "{\"target\":" + quoted(what) + ",\"value\":" + (measured ? value : "null") + ",\"" + bound + "\":"
                + limit + ",\"met\":" + (measured ? met : "null") + '}';
    }

    /** Writes the rows, and behind them the targets, as a JSON array. */
    void write(Path file) throws IOException {
        List<String> all = new ArrayList<>(rows);
        all.addAll(targets);
        Files.writeString(file, "[\n" + String.join(",\n", all) + "\n]\n");
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    // ---- cells

    /** A number with three digits. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            return "-";
        }
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 99.95 ? "%.0f" : size >= 9.995 ? "%.1f" : "%.2f", value);
    }

    /** A ratio. */
    static String ratio(double value) {
        return Double.isFinite(value) ? number(value) + "x" : "-";
    }

    /** Parts of one as per cent; nothing for nothing. */
    static String percent(double part) {
        return part > 0 ? number(100 * part) + " %" : "";
    }
}
