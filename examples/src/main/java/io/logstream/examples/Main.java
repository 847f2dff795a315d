package io.logstream.examples;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code logstream} command. */
@Command(name = "logstream", description = "Follows logs, live, with an exact account of anything missed.")
final class Main implements Runnable {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(new CommandLine(this), "nothing to follow yet");
    }
}
