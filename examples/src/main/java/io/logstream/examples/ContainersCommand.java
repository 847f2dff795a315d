package io.logstream.examples;

import io.logstream.LogStreamException;
import io.logstream.docker.DockerContainer;
import io.logstream.docker.DockerDaemon;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code containers}: lists what {@code follow docker:NAME} can follow. */
@Command(
        name = "containers",
        description = "Lists the containers of the Docker daemon that the docker command would use.",
        footer = {"", "Exit codes: 0 done, 2 the daemon can't be asked, or wrong usage."})
final class ContainersCommand implements Callable<Integer> {
    @Option(names = "--all", description = "Also those that do not run.")
    private boolean all;

    @Override
    public Integer call() {
        List<DockerContainer> containers;
        try (DockerDaemon daemon = DockerDaemon.fromEnvironment()) {
            containers = DockerScheme.list(daemon).stream()
                    .filter(one ->
                            all || one.state().equals("running") || one.state().equals("paused"))
                    .sorted((one, other) -> one.name().compareTo(other.name()))
                    .toList();
        } catch (LogStreamException e) {
            throw new UserError(String.valueOf(e.getMessage()));
        }
        int width =
                containers.stream().mapToInt(one -> one.name().length()).max().orElse(0);
        String row = "%-" + (Math.max(4, width) + "docker:".length()) + "s  %-10s  %-12s  %s%n";
        System.out.printf(row, "SOURCE", "STATE", "ID", "IMAGE");
        for (DockerContainer one : containers) {
            System.out.printf(
                    row,
                    "docker:" + TerminalSanitizer.sanitize(one.name()),
                    TerminalSanitizer.sanitize(one.state()),
                    one.id().substring(0, Math.min(12, one.id().length())),
                    TerminalSanitizer.sanitize(one.image()));
        }
        return 0;
    }
}
