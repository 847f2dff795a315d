package io.logstream.benchmarks;

import java.io.IOException;
import java.util.List;

/** Runs {@link FileBulk}, {@link FileLive} and {@link FileIdle}. */
final class FileExperiment implements Experiment {

    @Override
    public String question() {
        return "What does it cost to read, to follow, and to wait for a file?";
    }

    @Override
    public List<String> run(TimeLimit limit, Report report) {
        try (Children children = new Children()) {
            Turns turns = new Turns(limit);
            boolean quick = limit.isQuick();
            FileIdle idle = new FileIdle(children, quick, turns);
            FileLive live = new FileLive(children, quick, turns);
            FileBulk bulk = new FileBulk(children, quick, turns);
            List<String> failures = turns.run();
            turns.describe(report);
            bulk.report(report);
            live.report(report);
            idle.report(report);
            return failures;
        } catch (IOException e) {
            return List.of("anything: " + e);
        }
    }
}
