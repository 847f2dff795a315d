package io.logstream.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is measured: a peer under certain parameters.
 *
 * @param peer its name
 * @param params the other parameters of the benchmark
 */
record Case(String peer, Map<String, String> params) {

    @Override
    public String toString() {
        return params.isEmpty() ? peer : peer + " " + params;
    }

    /** A case with one parameter. */
    static Case of(String peer, String param, Object value) {
        return new Case(peer, Map.of(param, value.toString()));
    }

    /** A case with two parameters. */
    static Case of(String peer, String param, Object value, String param2, Object value2) {
        Map<String, String> params = new LinkedHashMap<>();
        params.put(param, value.toString());
        params.put(param2, value2.toString());
        return new Case(peer, params);
    }

    /** The same with one parameter more, which comes last. */
    Case with(String param, Object value) {
        Map<String, String> more = new LinkedHashMap<>(params);
        more.put(param, value.toString());
        return new Case(peer, more);
    }
}
