package io.logstream.examples;

import io.logstream.LogStreamException;
import io.logstream.docker.DockerContainer;
import io.logstream.docker.DockerContainers;
import io.logstream.docker.DockerDaemon;
import io.logstream.docker.DockerSource;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Understands {@code docker:NAME}, {@code docker:label=KEY=VALUE} and the like. All of them share one connection to the
 * daemon that the docker command would use; it lasts as long as the command.
 */
final class DockerScheme {
    private static final Pattern CONDITION = Pattern.compile("(label|name|image|project|service)=(.+)");

    private @Nullable DockerDaemon daemon;

    NamedSource source(String given, String rest, boolean follow) {
        if (rest.isEmpty()) {
            throw new UserError("'" + given
                    + "' names no container; 'docker:*' means all, and 'logstream containers' lists" + " them");
        }
        try {
            return rest.contains("=") || rest.equals("*")
                    ? NamedSource.of(given, "docker", containers(given, rest, follow))
                    : NamedSource.of(given, "docker", container(given, rest, follow));
        } catch (IllegalArgumentException | LogStreamException e) {
            throw new UserError(String.valueOf(e.getMessage()));
        }
    }

    private DockerContainers containers(String given, String rest, boolean follow) {
        DockerContainers.Builder builder = DockerContainers.builder(daemon()).follow(follow);
        if (!rest.equals("*")) {
            for (String condition : rest.split(",(?=(label|name|image|project|service)=)", -1)) {
                Matcher matcher = CONDITION.matcher(condition);
                if (!matcher.matches()) {
                    throw new UserError(
                            "'" + given + "': containers are found by label=KEY=VALUE, label=KEY, name=REGEX,"
                                    + " image=IMAGE, project=NAME and service=NAME (of compose), separated by commas");
                }
                String value = matcher.group(2);
                switch (matcher.group(1)) {
                    case "label" -> builder.label(value);
                    case "name" -> builder.name(value);
                    case "image" -> builder.image(value);
                    case "project" -> builder.composeProject(value);
                    default -> builder.composeService(value);
                }
            }
        }
        list(daemon()); // whoever is not there should be told of at once
        return builder.build();
    }

    /** A stream ends as failed without its container; the user of a command wants to know at once. */
    private DockerSource container(String given, String name, boolean follow) {
        DockerSource source =
                DockerSource.builder(daemon(), name).follow(follow).build();
        List<DockerContainer> all = list(daemon());
        boolean there =
                all.stream().anyMatch(one -> one.name().equals(name) || one.id().startsWith(name));
        if (!there) {
            String names =
                    all.stream().limit(20).map(DockerContainer::name).sorted().collect(Collectors.joining(", "));
            throw new UserError("there is no container '" + name + "' for '" + given + "'; there "
                    + (names.isEmpty() ? "are none" : "are: " + names));
        }
        return source;
    }

    private DockerDaemon daemon() {
        DockerDaemon known = daemon;
        if (known == null) {
            known = DockerDaemon.fromEnvironment();
            daemon = known;
        }
        return known;
    }

    /** All containers of a daemon. */
    static List<DockerContainer> list(DockerDaemon daemon) {
        try {
            return daemon.containers();
        } catch (LogStreamException | IOException e) {
            throw new UserError(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserError("interrupted");
        }
    }
}
