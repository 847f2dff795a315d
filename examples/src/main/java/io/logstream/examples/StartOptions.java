package io.logstream.examples;

import io.logstream.Replay;
import picocli.CommandLine.Option;

/** Where following begins: one of three options. */
final class StartOptions {
    @Option(
            names = "--history",
            paramLabel = "N",
            description = "Begin with the last N lines, counted before any filter (default: 1000).")
    private int history = Replay.DEFAULT_LINES;

    @Option(names = "--new-only", description = "Begin with the lines written from now on.")
    private boolean newOnly;

    @Option(names = "--from-start", description = "Begin with the first line there is.")
    private boolean fromStart;

    Replay replay() {
        if (history < 0) {
            throw new UserError("--history " + history + ": use 0 or more lines");
        }
        return newOnly ? Replay.none() : fromStart ? Replay.all() : Replay.last(history);
    }
}
