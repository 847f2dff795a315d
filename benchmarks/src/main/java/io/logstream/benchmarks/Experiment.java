package io.logstream.benchmarks;

import java.util.List;

/** One name that {@code benchmarks/run} knows: measures, and reports. */
interface Experiment {

    /** The question it answers, in one line. */
    String question();

    /**
     * Measures and reports.
     *
     * @param limit when to be ready, and whether few figures will do
     * @return what could not be measured
     */
    List<String> run(TimeLimit limit, Report report);
}
